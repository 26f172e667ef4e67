package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/jwttest"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	issuer := jwttest.NewIssuer(t)
	token := issuer.Token()
	for name, c := range map[string]struct {
		input string
		code  int
		says  []string
	}{
		"valid":           {token, 0, []string{"The token is accepted", "passed      signature"}},
		"with a scheme":   {"Authorization: Bearer " + token + "\n", 0, []string{"accepted"}},
		"expired":         {issuer.Token(jwttest.ExpiresIn(-time.Hour)), 1, []string{"FAILED      exp"}},
		"another API":     {issuer.Token(jwttest.Audience("https://other.example")), 1, []string{"FAILED      aud"}},
		"another issuer":  {issuer.Token(jwttest.Claim("iss", "https://other.example")), 1, []string{"FAILED      iss"}},
		"a stranger's":    {issuer.Token(jwttest.Unpublished()), 1, []string{"FAILED      key"}},
		"tampered with":   {issuer.Token(jwttest.Tampered()), 1, []string{"FAILED      signature"}},
		"unsigned":        {issuer.Token(jwttest.Alg("none")), 1, []string{"FAILED      alg"}},
		"not typed":       {issuer.Token(jwttest.Typ("JWT")), 1, []string{"FAILED      typ"}},
		"without subject": {issuer.Token(jwttest.Without("sub")), 1, []string{"FAILED      required"}},
		"three faults": {
			issuer.Token(jwttest.Typ("JWT"), jwttest.Audience("x"), jwttest.ExpiresIn(-time.Hour)), 1,
			[]string{"FAILED      typ", "FAILED      aud", "FAILED      exp"},
		},
		"a stranger's, not typed": {issuer.Token(jwttest.Typ("JWT"), jwttest.Unpublished()), 1, []string{
			"FAILED      typ", "FAILED      key",
		}},
		"cut short":   {token[:100], 1, []string{"FAILED      form"}},
		"opaque":      {"2YotnFZFEjr1zCsicMWpAA", 1, []string{"FAILED      form"}},
		"two tokens":  {token + "\n" + token, 1, []string{"refused"}},
		"far too big": {strings.Repeat("a", 3<<20), 1, []string{"too_large"}},
		"bytes":       {"\x1b]0;owned\x07\x00\xff.\x1b[2J.\u202e", 1, []string{"refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, c.input, flagsFor("explain", issuer)...)
			require.Equal(t, c.code, r.code, r.err)
			for _, says := range c.says {
				require.Contains(t, r.out, says)
			}
			requireUnrepeated(t, c.input, r)
		})
	}
}

// requireUnrepeated: none of the parts of a token is in the output.
func requireUnrepeated(t *testing.T, token string, r result) {
	t.Helper()
	for _, part := range strings.FieldsFunc(token, func(r rune) bool { return r == '.' || r == '\n' || r == ' ' }) {
		if len(part) > 20 {
			require.NotContains(t, r.out+r.err, part[:20])
		}
	}
}

func TestExplainClaimsThatATerminalWouldObey(t *testing.T) {
	t.Parallel()
	issuer := jwttest.NewIssuer(t)
	evil := "\x1b[2J\x1b]0;owned\x07\r\n  passed      signature\u202e\u0085\u009b31m"
	for name, option := range map[string]jwttest.TokenOption{
		"aud":         jwttest.Audience(evil),
		"iss":         jwttest.Claim("iss", evil),
		"scope":       jwttest.Scope(evil),
		"typ":         jwttest.Typ(evil),
		"alg":         jwttest.Header("alg", evil),
		"kid":         jwttest.Header("kid", evil),
		"a name":      jwttest.Claim(evil, evil),
		"cnf":         jwttest.Claim("cnf", map[string]string{evil: evil}),
		"a long one":  jwttest.Audience(strings.Repeat(evil, 100)),
		"many":        jwttest.Audience(strings.Split(strings.Repeat(evil+" ", 50), " ")...),
		"raw payload": jwttest.RawPayload(`{"iss":"` + "\x1b[2J" + `"}`),
	} {
		t.Run(name, func(t *testing.T) {
			token := issuer.Token(option, jwttest.Tampered())
			for _, more := range [][]string{nil, {"-json"}} {
				r := run(t, token, flagsFor("explain", issuer, more...)...)
				require.Equal(t, 1, r.code, r.err)
				require.NotContains(t, r.out, "\n  passed      signature")
				require.Less(t, len(r.out), 32<<10)
			}
		})
	}
}

func TestExplainAsJSON(t *testing.T) {
	t.Parallel()
	issuer := jwttest.NewIssuer(t)
	r := run(t, issuer.Token(jwttest.Audience("x")), flagsFor("explain", issuer, "-json")...)
	var document struct {
		Verdict, Reason string
		Findings        []struct{ Check, Outcome, Remedy string }
	}
	require.NoError(t, json.Unmarshal([]byte(r.out), &document))
	require.Equal(t, "refused", document.Verdict)
	require.Equal(t, "audience", document.Reason)
	require.NotEmpty(t, document.Findings)
}

// A token of which nothing is known is neither good nor bad.
func TestExplainWithoutKeys(t *testing.T) {
	t.Parallel()
	issuer := jwttest.NewIssuer(t)
	issuer.Refuse()
	r := run(t, issuer.Token(), flagsFor("explain", issuer)...)
	require.Equal(t, 3, r.code, r.err)
	require.Contains(t, r.out, "The token is undecided")
}

func TestExplainKeysFromElsewhere(t *testing.T) {
	t.Parallel()
	issuer := jwttest.NewIssuer(t)
	file := filepath.Join(t.TempDir(), "keys.json")
	require.NoError(t, os.WriteFile(file, issuer.JWKS(), 0o600))
	token := issuer.Token()
	metadata := issuer.URL() + "/.well-known/openid-configuration"
	for name, more := range map[string][]string{
		"file":      {"-jwks-file", file},
		"URL":       {"-jwks-url", issuer.JWKSURL()},
		"discovery": {"-discovery-url", metadata},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, token, flagsFor("explain", issuer, more...)...)
			require.Equal(t, 0, r.code, r.out+r.err)
		})
	}
}

func TestExplainProfiles(t *testing.T) {
	t.Parallel()
	issuer := jwttest.NewIssuer(t)
	keycloak := issuer.Token(jwttest.Typ("JWT"), jwttest.Claim("typ", "Bearer"), jwttest.Claim("azp", "shop"))
	custom := `{"types":["JWT"],"equal":{"use":"access"}}`
	file := filepath.Join(t.TempDir(), "profile.json")
	require.NoError(t, os.WriteFile(file, []byte(custom), 0o600))
	home := issuer.Token(jwttest.Typ("JWT"), jwttest.Claim("use", "access"))
	for name, c := range map[string]struct{ profile, token string }{
		"by name": {"keycloak", keycloak},
		"JSON":    {custom, home},
		"file":    {file, home},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, 1, run(t, c.token, flagsFor("explain", issuer)...).code, "by RFC 9068")
			r := run(t, c.token, flagsFor("explain", issuer, "-profile", c.profile)...)
			require.Equal(t, 0, r.code, r.out+r.err)
		})
	}
}

func TestExplainBoundTokens(t *testing.T) {
	t.Parallel()
	issuer := jwttest.NewIssuer(t)
	token := issuer.Token(jwttest.BoundTo(jwttest.NewClient(t)))
	require.Equal(t, 1, run(t, token, flagsFor("explain", issuer)...).code)
	require.Equal(t, 0, run(t, token, flagsFor("explain", issuer, "-confirmation", "jkt")...).code)
}
