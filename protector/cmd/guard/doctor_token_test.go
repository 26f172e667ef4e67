package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/jwttest"
)

func TestDoctorFindsTheProfile(t *testing.T) {
	t.Parallel()
	issuer := jwttest.NewIssuer(t)
	jwtType := jwttest.Typ("JWT")
	for profile, options := range map[string][]jwttest.TokenOption{
		"rfc9068":  nil,
		"keycloak": {jwtType, jwttest.Claim("typ", "Bearer"), jwttest.Claim("azp", "shop"), jwttest.Without("client_id")},
		"cognito": {
			jwttest.WithoutHeader("typ"), jwttest.Claim("token_use", "access"), jwttest.Without("aud"),
			jwttest.ClientID("https://api.example"),
		},
	} {
		t.Run(profile, func(t *testing.T) {
			r := run(t, issuer.Token(options...), flagsFor("doctor", issuer, "-token", "-")...)
			require.Equal(t, 0, r.code, r.out+r.err)
			require.Contains(t, r.out, "accepted with the profile "+profile)
			require.Contains(t, r.out, "func newGuard()")
		})
	}
	t.Run("none", func(t *testing.T) {
		token := issuer.Token(jwtType, jwttest.Without("sub", "jti"), jwttest.ExpiresIn(-time.Hour))
		r := run(t, token, flagsFor("doctor", issuer, "-token", "-")...)
		require.Equal(t, 1, r.code, r.out+r.err)
		require.Contains(t, r.out, "FAILED      exp")
		requireUnrepeated(t, token, r)
	})
	t.Run("none, and no key", func(t *testing.T) {
		token := issuer.Token(jwtType, jwttest.Without("sub", "jti"), jwttest.Unpublished())
		require.Contains(t, run(t, token, flagsFor("doctor", issuer, "-token", "-")...).out, "FAILED      key")
	})
	t.Run("no audience at all", func(t *testing.T) {
		for _, audience := range []string{`https://"shop".example`, "", strings.Repeat("a", 5000)} {
			r := run(t, issuer.Token(jwttest.Audience(audience)), "doctor", "-issuer", issuer.URL(), "-token", "-")
			require.Equal(t, 1, r.code, r.out+r.err)
			require.Contains(t, r.out, "most like the profile rfc9068")
			require.Contains(t, r.out, "FAILED      aud")
		}
	})
	t.Run("garbage", func(t *testing.T) {
		for _, token := range []string{
			"\x1b[2J", "a.b.c", strings.Repeat("a.", 40_000), "eyJhbGciOiJub25lIn0.eyJhdWQiOjd9.",
		} {
			r := run(t, token, "doctor", "-issuer", issuer.URL(), "-token", "-")
			require.Equal(t, 1, r.code, r.out+r.err)
		}
	})
}

// offline is an issuer of any name, whose keys are in a file.
func offline(t *testing.T, name string) (issuer *jwttest.Issuer, flags []string) {
	t.Helper()
	issuer = jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.At(name))
	file := filepath.Join(t.TempDir(), "keys.json")
	require.NoError(t, os.WriteFile(file, issuer.JWKS(), 0o600))
	return issuer, []string{"doctor", "-issuer", name, "-jwks-file", file}
}

const gitHub, gitLab = "https://token.actions.githubusercontent.com", "https://gitlab.com"

// job is a token of a job of GitHub's or GitLab's, as these platforms write it, for whoever has an account there.
func job(platform string) []jwttest.TokenOption {
	options := []jwttest.TokenOption{
		jwttest.Typ("JWT"), jwttest.Without("client_id", "scope"), jwttest.Claim("ref", "refs/heads/main"),
		jwttest.Claim("runner_environment", "github-hosted"),
	}
	if platform == gitHub {
		return append(options, jwttest.Subject("repo:stranger/shop:environment:production"),
			jwttest.Claim("repository", "stranger/shop"), jwttest.Claim("repository_owner", "stranger"),
			jwttest.Claim("repository_owner_id", "666"), jwttest.Claim("actor", "stranger"))
	}
	return append(options, jwttest.Subject("project_path:stranger/shop:ref_type:branch:ref:main"),
		jwttest.Claim("project_path", "stranger/shop"), jwttest.Claim("namespace_id", "666"),
		jwttest.Claim("namespace_path", "stranger"), jwttest.Claim("pipeline_id", "574"))
}

// A platform signs for strangers, too: what is advised names an owner, and asks whether it is the right one.
func TestDoctorOfPlatformsForEverybody(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		issuer string
		token  []jwttest.TokenOption
		code   int
		says   []string
	}{
		"GitHub": {gitHub, job(gitHub), 0, []string{
			"accepted with the profile github:666\n", `jwt.GitHubActions("666"), // what the token says: is it yours?`,
			"warning  profile    github:666 is not enough alone", "-> whoever has a GitHub account",
		}},
		"GitHub, of a plain sub": {gitHub, append(job(gitHub), jwttest.Subject("stranger")), 0, []string{
			`jwt.GitHubActions("666")`,
		}},
		"GitHub, of a form of its own": {gitHub, append(job(gitHub), jwttest.Without("repository_owner_id")), 1, []string{
			"most like the profile github\n", `jwt.GitHubActions(os.Getenv("OWNER_ID"))`,
		}},
		"GitHub, an access token": {gitHub, nil, 1, []string{`jwt.GitHubActions(os.Getenv("OWNER_ID"))`}},
		"GitHub, unsigned": {gitHub, append(job(gitHub), jwttest.Unpublished()), 1, []string{
			`jwt.GitHubActions(os.Getenv("OWNER_ID")), // without yours it would let strangers in`,
		}},
		"an owner by name": {gitHub, append(job(gitHub), jwttest.Claim("repository_owner_id", `x"`)), 1, []string{
			`jwt.GitHubActions(os.Getenv("OWNER_ID"))`,
		}},
		"GitLab": {gitLab, job(gitLab), 0, []string{
			"accepted with the profile gitlab:666\n", `jwt.GitLabCI("666"), // what the token says: is it yours?`,
			"warning  profile    gitlab:666 is not enough alone",
		}},
		"GitLab of one's own": {"https://git.example", job(gitLab), 0, []string{
			"accepted with the profile gitlab:666\n", "nothing in the issuer's name says so", `jwt.GitLabCI("666")`,
		}},
		"SPIFFE": {"https://oidc.prod.example", []jwttest.TokenOption{
			jwttest.WithoutHeader("typ"), jwttest.Without("client_id", "scope", "jti"),
			jwttest.Subject("spiffe://prod.example/checkout"),
		}, 0, []string{"accepted with the profile spiffe:prod.example\n", `jwt.SPIFFE("prod.example")`}},
		"Google": {"https://accounts.google.com", []jwttest.TokenOption{
			jwttest.Typ("JWT"), jwttest.Claim("azp", "stranger"),
		}, 0, []string{"accepted with the profile google-id\n", "warning  profile    google-id is not enough alone"}},
	} {
		t.Run(name, func(t *testing.T) {
			issuer, flags := offline(t, c.issuer)
			token := issuer.Token(c.token...)
			r := run(t, token, append(flags, "-audience", issuer.Audience(), "-token", "-")...)
			require.Equal(t, c.code, r.code, r.out+r.err)
			for _, says := range c.says {
				require.Contains(t, r.out, says)
			}
			require.NotContains(t, r.out, "IAP")
			require.NotContains(t, r.out, "the others: ")
			requireUnrepeated(t, token, r)
		})
	}
}

// Without a token the name of such a platform says enough to warn.
func TestDoctorOfPlatformsWithoutToken(t *testing.T) {
	t.Parallel()
	for issuer, says := range map[string]string{
		gitHub:                        `jwt.GitHubActions(os.Getenv("OWNER_ID"))`,
		gitLab:                        `jwt.GitLabCI(os.Getenv("NAMESPACE_ID"))`,
		"https://accounts.google.com": "jwt.GoogleIDToken()",
	} {
		_, flags := offline(t, issuer)
		r := run(t, "", flags...)
		require.Contains(t, r.out, says)
		require.Contains(t, r.out, "is not enough alone")
	}
}

// A profile that one platform has is not for another issuer, and one that only looks right is warned of.
func TestDoctorDoubtsProfiles(t *testing.T) {
	t.Parallel()
	const warning = "by the look of the token: nothing in the issuer's name says so"
	jwtType := jwttest.Typ("JWT")
	keycloak := []jwttest.TokenOption{
		jwtType, jwttest.Claim("typ", "Bearer"), jwttest.Claim("azp", "shop"), jwttest.Without("client_id"),
	}
	bare := []jwttest.TokenOption{jwtType, jwttest.Without("client_id", "jti", "scope")}
	for name, c := range map[string]struct {
		issuer string
		token  []jwttest.TokenOption
		code   int
		says   string
		warns  bool
	}{
		"Keycloak by its name":  {"https://id.example/realms/shop", keycloak, 0, "profile keycloak", false},
		"Keycloak by its looks": {"https://id.example", keycloak, 0, "profile keycloak", true},
		"RFC 9068":              {"https://id.example", nil, 0, "profile rfc9068", false},
		"what the proxy has":    {"https://id.example", bare, 1, "refused", true},
		"what the proxy signs":  {"https://cloud.google.com/iap", bare, 0, "profile google-iap", false},
		"beside another's name": {"https://cloud.google.com.evil.example/iap", bare, 1, "refused", true},
		"what Firebase has": {"https://id.example", append(bare, jwttest.Claim("auth_time", 1),
			jwttest.Claim("firebase", map[string]any{"identities": 1})), 1, "refused", true},
		"what a cluster's pod has": {"https://id.example", []jwttest.TokenOption{
			jwttest.WithoutHeader("typ"), jwttest.Claim("kubernetes.io", map[string]any{"namespace": "shop"}),
		}, 0, "profile kubernetes", true},
	} {
		t.Run(name, func(t *testing.T) {
			issuer, flags := offline(t, c.issuer)
			r := run(t, issuer.Token(c.token...), append(flags, "-audience", issuer.Audience(), "-token", "-")...)
			require.Equal(t, c.code, r.code, r.out+r.err)
			require.Contains(t, r.out, c.says)
			require.Equal(t, c.warns, strings.Contains(r.out, warning), r.out)
		})
	}
}

// An audience that was not given is not made up from what nobody signed, nor from several.
func TestDoctorDoubtsAudiences(t *testing.T) {
	t.Parallel()
	issuer := jwttest.NewIssuer(t)
	const left = `Audiences: []string{os.Getenv("AUDIENCE")}, // this API`
	for name, c := range map[string]struct {
		token []jwttest.TokenOption
		code  int
		says  []string
	}{
		"one": {[]jwttest.TokenOption{jwttest.Audience(`"shop"`)}, 0, []string{
			`not given: "\"shop\"" is what the token names`, `{"\"shop\""}, // what the token says: does it name this API`,
		}},
		"several": {[]jwttest.TokenOption{jwttest.Audience("account", "https://graph.example")}, 0, []string{
			`the token names several: "account", "https://graph.example"`, left,
		}},
		"unsigned": {[]jwttest.TokenOption{jwttest.Audience("https://evil.example", "api"), jwttest.Unpublished()}, 1,
			[]string{`nobody vouches for what the token names: "https://evil.example", "api"`, left}},
		"one, unsigned": {[]jwttest.TokenOption{jwttest.Tampered()}, 1, []string{"nobody vouches", left}},
		"one, expired": {[]jwttest.TokenOption{jwttest.ExpiresIn(-time.Hour)}, 1, []string{
			`"https://api.example"}, // what the token says`,
		}},
		"none": {[]jwttest.TokenOption{jwttest.Without("aud")}, 1, []string{"the token names none", left}},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, issuer.Token(c.token...), "doctor", "-issuer", issuer.URL(), "-token", "-")
			require.Equal(t, c.code, r.code, r.out+r.err)
			require.Contains(t, r.out, "warning  audience ")
			for _, says := range c.says {
				require.Contains(t, r.out, says)
			}
			_, code, _ := strings.Cut(r.out, "Save as guard.go:")
			require.NotContains(t, code, "evil")
		})
	}
	r := run(t, issuer.Token(), flagsFor("doctor", issuer, "-token", "-")...)
	require.NotContains(t, r.out, "warning  audience ", "given")
}
