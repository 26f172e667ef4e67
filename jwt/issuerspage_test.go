package jwt_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

var (
	pageSection = regexp.MustCompile(`(?m)^### (.+)$`)
	pageRow     = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (.+) \\| .+ \\|$")
)

// page returns the rows of ISSUERS.md, reason and cause, by their section.
func page(t *testing.T) map[string][][2]string {
	t.Helper()
	text, err := os.ReadFile("ISSUERS.md")
	require.NoError(t, err)
	document, _, ok := strings.Cut(string(text), "\n## What each profile relaxes\n")
	require.True(t, ok)
	rows := make(map[string][][2]string)
	starts := pageSection.FindAllStringSubmatchIndex(document, -1)
	for i, at := range starts {
		end := len(document)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		for _, row := range pageRow.FindAllStringSubmatch(document[at[0]:end], -1) {
			heading := document[at[2]:at[3]]
			rows[heading] = append(rows[heading], [2]string{row[1], row[2]})
		}
	}
	return rows
}

// pageVendors are the vendors that have a section.
func pageVendors() []vendor {
	all := vendors
	for _, v := range plainIssuers {
		v.header = `{"typ": "at+jwt"}`
		v.profile = func() jwt.Profile { return jwt.Profile{AllowMissingSubject: true} }
		all = append(all, v.vendor)
	}
	return all
}

// The page names the reason that the library gives for the mistake it describes, and
// has three of them for every issuer.
//
// checklist 28, 30, 31, 37
func TestIssuersPageTellsWhatTheLogSays(t *testing.T) {
	rows, seen := page(t), 0
	for _, v := range pageVendors() {
		made, ok := mistakes[v.name]
		if !ok {
			require.Contains(t, withoutSection, v.name)
			continue
		}
		seen++
		t.Run(v.name, func(t *testing.T) {
			keys := jwttest.NewIssuer(t, jwttest.InMemory())
			var want [][2]string
			for _, m := range made {
				want = append(want, [2]string{m.says, m.what})
				require.Equal(t, m.says, m.refusal(t, v, keys), m.what)
			}
			require.Len(t, want, 3)
			require.Equal(t, want, rows[sections[v.name]])
		})
	}
	require.Len(t, mistakes, seen, "a mistake of no vendor")
	require.Len(t, rows, seen, "a section of no vendor")
}

// withoutSection are vendors that share one.
var withoutSection = []string{"EntraIDv1", "Duende IdentityServer, scopes as a string"}

// refusal makes the mistake and returns what the log says of it. Without the mistake
// the token is good.
func (m mistake) refusal(t *testing.T, v vendor, keys *jwttest.Issuer) string {
	t.Helper()
	config := jwt.Config{
		Issuer: v.issuer, Audiences: v.audiences[:1], Keys: keys, Profile: v.profile(),
		Now: func() time.Time { return vendorTime },
	}
	good, err := jwt.NewValidator(config)
	require.NoError(t, err)
	_, err = good.Validate(t.Context(), v.sign(t, keys, v.access, nil))
	require.NoError(t, err)

	if m.config != nil {
		m.config(&config)
	}
	validator, err := jwt.NewValidator(config)
	require.NoError(t, err)
	token := m.token
	switch {
	case m.idToken != "":
		require.Contains(t, v.idTokens, m.idToken)
		token = v.sign(t, keys, v.idTokens[m.idToken].payload, nil)
	case token == "":
		token = v.sign(t, keys, v.access, m.changes, m.sign...)
	}
	_, err = validator.Validate(t.Context(), token)
	var invalid *jwt.Error
	require.ErrorAs(t, err, &invalid, m.what)
	text := strings.TrimPrefix(invalid.Error(), "jwt: invalid token: ")
	said, _, _ := strings.Cut(text, ":")
	return said
}
