package strictjson

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFaultsAreTold(t *testing.T) {
	deep := strings.Repeat(`{"a":`, MaxDepth) + `{}` + strings.Repeat(`}`, MaxDepth)
	for text, fault := range map[string]error{
		`{"a":1,"a":2}`:                         errDuplicate,
		`{"a":{"b":1,"\u0062":2}}`:              errDuplicate,
		"{\"\xff\":1}":                          errUTF8,
		"{\"a\":[\"\xc0\x80\"]}":                errUTF8,
		deep:                                    errDepth,
		`{"a":` + strings.Repeat(`[`, MaxDepth): errDepth,
		``:                                      errSyntax,
		`[]`:                                    errSyntax,
		`{"a":1} {}`:                            errSyntax,
		`{"a":1`:                                errSyntax,
		`{"a":"\ud800"}`:                        errSyntax,
		"{\"a\":\"\x1f\"}":                      errSyntax,
	} {
		_, err := Parse(nil, text)
		require.Equal(t, fault, err, "%.40q", text)
	}
}
