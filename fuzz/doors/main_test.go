package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const log = `=== RUN   TestRefusals
=== RUN   TestRefusals/no_token
    try.go:27: decided {"row":"no token","status":401,"error":"unauthorized","reason":"no_credentials","ran":false}
    try.go:27: decided {"row":"granted","status":200,"error":"","reason":"","ran":true}
PASS
`

func TestRead(t *testing.T) {
	outcomes, err := read([]byte(log))
	require.NoError(t, err)
	require.Len(t, outcomes, 2)
	require.Equal(t, "401 unauthorized no_credentials", outcomes[0].String())
	require.Equal(t, "200 granted", outcomes[1].String())
	_, err = read([]byte("PASS\n"))
	require.ErrorContains(t, err, "no outcome")
	_, err = read([]byte("a.go:1: decided {\n"))
	require.Error(t, err)
}

// What is not the same is said, and fails.
func TestTable(t *testing.T) {
	refused := outcome{"no token", 401, "unauthorized", "no_credentials", false}
	for name, tt := range map[string]struct {
		other []outcome
		want  string
		fault string
	}{
		"same":              {[]outcome{refused}, "=", ""},
		"twice the same":    {[]outcome{refused, refused}, "=", ""},
		"not asked":         {nil, "-", `gin was not asked about "no token"`},
		"another status":    {[]outcome{{"no token", 403, "", "", false}}, "403", `gin decides otherwise about "no token"`},
		"another reason":    {[]outcome{{"no token", 401, "unauthorized", "other", false}}, "401 unauthorized other", "gin"},
		"refused, and ran":  {[]outcome{{"no token", 401, "unauthorized", "no_credentials", true}}, "401 AND RAN", "gin"},
		"not in every way":  {[]outcome{refused, {"no token", 500, "", "", false}}, "no_credentials / 500", "gin"},
		"granted, not ran":  {[]outcome{{"no token", 200, "", "", false}}, "200", "gin"},
		"granted, and ran":  {[]outcome{{"no token", 200, "", "", true}}, "200 granted", "gin"},
		"asked another row": {[]outcome{refused, {"other", 200, "", "", true}}, "=", ""},
	} {
		t.Run(name, func(t *testing.T) {
			table := lay([]door{{name: "net/http"}, {name: "gin"}}, [][]outcome{{refused}, tt.other})
			require.Contains(t, table.String(), tt.want)
			err := table.faults([]string{"no token"})
			if tt.fault == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, tt.fault)
			}
		})
	}
}
