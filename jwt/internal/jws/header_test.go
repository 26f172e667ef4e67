package jws

import (
	"encoding/base64"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/internal/strictjson"
)

// read reads a header as each kind of token does.
func read(rules *Rules, text string) (Header, error) {
	var buf [12]strictjson.Member
	parameters, err := ParseHeader(buf[:0], base64.RawURLEncoding.EncodeToString([]byte(text)))
	if err != nil {
		return Header{}, err
	}
	return rules.Check(parameters)
}

// Two kinds of token are told apart by their rules, and by nothing in the code.
// checklist 28, 48, 62, 63
func TestRules(t *testing.T) {
	access := &Rules{Algorithms: map[string]*Algorithm{"ES256": AlgorithmOf("ES256")}, Types: []string{"at+jwt"}}
	proof := &Rules{Algorithms: map[string]*Algorithm{"EdDSA": AlgorithmOf("EdDSA")}, Types: []string{"dpop+jwt"}}
	untyped := &Rules{Algorithms: access.Algorithms, Types: access.Types, AllowMissingType: true}
	for _, tt := range []struct {
		rules *Rules
		text  string
		want  error
	}{
		{access, `{"alg":"ES256","typ":"at+jwt","kid":"a"}`, nil},
		{access, `{"alg":"ES256","typ":"application/AT+JWT"}`, nil},
		{access, `{"alg":"EdDSA","typ":"at+jwt"}`, ErrAlgorithm},
		{access, `{"alg":"ES256","typ":"dpop+jwt"}`, ErrType},
		{access, `{"alg":"ES256","typ":"jwt"}`, ErrTypeJWT},
		{access, `{"alg":"ES256"}`, ErrNoType},
		{access, `{"alg":"ES256","typ":""}`, ErrNoType},
		{access, `{"alg":"ES256","typ":null}`, ErrTypeNoString},
		{access, `{"typ":"at+jwt"}`, ErrNoAlgorithm},
		{access, `{"alg":null,"typ":"at+jwt"}`, ErrNoAlgorithm},
		{access, `{"alg":"ES256","typ":"at+jwt","kid":1}`, ErrKeyID},
		{access, `{"alg":"ES256","typ":"at+jwt","kid":null}`, ErrKeyID},
		{access, `{"alg":"ES256","typ":"at+jwt","crit":null}`, ErrCritical},
		{access, `{"alg":"ES256","typ":"at+jwt","b64":true}`, ErrUnencoded},
		{proof, `{"alg":"EdDSA","typ":"dpop+jwt","jwk":{"kty":"OKP"}}`, nil},
		{proof, `{"alg":"ES256","typ":"dpop+jwt"}`, ErrAlgorithm},
		{proof, `{"alg":"EdDSA","typ":"at+jwt"}`, ErrType},
		{untyped, `{"alg":"ES256"}`, nil},
		{untyped, `{"alg":"ES256","typ":""}`, ErrNoType},
	} {
		header, err := read(tt.rules, tt.text)
		require.Equal(t, tt.want, err, tt.text)
		require.Equal(t, tt.want == nil, header.Algorithm != nil, tt.text)
	}
}

// Tokens are kept, and with them their header. A chain of certificates beside the kid
// must not be.
func TestAHeaderKeepsNoOtherParameter(t *testing.T) {
	text := `{"alg":"ES256","kid":"a key","typ":"at+jwt","x5c":["` + strings.Repeat("A", 4000) + `"]}`
	parameters, err := strictjson.Parse(nil, text)
	require.NoError(t, err)
	rules := &Rules{Algorithms: map[string]*Algorithm{"ES256": AlgorithmOf("ES256")}, Types: []string{"at+jwt"}}
	header, err := rules.Check(parameters)
	require.NoError(t, err)
	require.Equal(t, "a key", header.KeyID)
	kid, begin := uintptr(unsafe.Pointer(unsafe.StringData(header.KeyID))),
		uintptr(unsafe.Pointer(unsafe.StringData(text)))
	require.False(t, kid >= begin && kid < begin+uintptr(len(text)))
}

// checklist 64, 66, 68
func TestParseHeaderFaults(t *testing.T) {
	for _, encoded := range []string{"", "e30=", "e3", "e3\n0", "e31", "+30", "e30 "} {
		_, err := ParseHeader(nil, encoded)
		require.Equal(t, ErrHeaderEncoding, err, "%q", encoded)
	}
	for _, text := range []string{"[]", `{"a":1,"a":2}`, "{} {}",
		`{"a":[1` + strings.Repeat(",1", maxHeaderValues-1) + `]}`} {
		_, err := read(&Rules{}, text)
		require.Error(t, err)
		require.NotContains(t, err.Error(), text)
	}
}

// checklist 64, 65
func TestCut(t *testing.T) {
	long := func(n int) string { return strings.Repeat("A", n) }
	for _, tt := range []struct {
		text string
		want error
	}{
		{"a.b.c", nil}, {"..", nil}, {"a.b.", nil}, {".b.c", nil},
		{"", ErrNotCompact}, {"a", ErrNotCompact}, {"a.b", ErrNotCompact}, {"a.b.c.d", ErrNotCompact},
		{"a.b.c.", ErrNotCompact},
		{"a.b.c.d.e", ErrNotCompact}, {"eyJ.b.c.d.e", ErrEncrypted}, {"ewo.b.c.d.e", ErrEncrypted},
		{"eyJ.b.c.d.e.f", ErrNotCompact},
		{long(maxHeaderBytes) + "..", nil}, {long(maxHeaderBytes+1) + "..", ErrHeaderTooLarge},
		{".." + long(maxSignatureBytes), nil}, {".." + long(maxSignatureBytes+1), ErrSignatureTooLarge},
		{"." + long(MaxBytes-2) + ".", nil}, {"." + long(MaxBytes-1) + ".", ErrTooLarge},
	} {
		c, err := Cut(tt.text, MaxBytes)
		require.Equal(t, tt.want, err, "%.20q", tt.text)
		if err == nil {
			require.Equal(t, tt.text, c.Header+"."+c.Payload+"."+c.Signature)
			require.Equal(t, tt.text, c.Signed+"."+c.Signature)
		} else {
			require.Zero(t, c)
		}
	}
}
