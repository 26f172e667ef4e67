package jwt_test

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// checklist 36, 48, 50, 51, 55, 58
func TestConfigFaults(t *testing.T) {
	issuer, _ := strict(t)
	for _, tt := range []struct {
		name   string
		change func(*jwt.Config)
		want   []string // one of each fault, with its remedy
	}{
		{"everything empty", func(c *jwt.Config) { *c = jwt.Config{} }, []string{
			"Config.Issuer is empty: set it", "Config.Audiences is empty: name the identifier", "Config.Keys is nil: set it",
		}},
		{"issuer is no URI", func(c *jwt.Config) { c.Issuer = "https://issuer example" }, []string{
			`Config.Issuer is "https://issuer example": it holds a ':' and is not a URI`,
		}},
		{"audience is no URI", func(c *jwt.Config) { c.Audiences = []string{"ok", "1:x", "a:b c"} }, []string{
			`Config.Audiences names "1:x": it holds`, `Config.Audiences names "a:b c": it holds`,
		}},
		{"white space beside the names", func(c *jwt.Config) {
			c.Keys = keySource(func(context.Context, string, string) ([]crypto.PublicKey, error) {
				return nil, nil
			})
			c.Issuer, c.Audiences = "https://issuer.example\n", []string{" https://api.example", "api\t", " "}
		}, []string{
			`Config.Issuer is "https://issuer.example\n": remove the white space at its beginning or end`,
			`Config.Audiences names " https://api.example": remove the white space`,
			`Config.Audiences names "api\t": remove the white space`,
			`Config.Audiences names " ": remove the white space`,
		}},
		{"empty names", func(c *jwt.Config) {
			c.Audiences, c.Required, c.Confirmations = []string{"x", ""}, []string{""}, []string{""}
		}, []string{
			"Config.Audiences holds an empty string: is an environment variable unset?",
			"Config.Required holds an empty string: remove it",
			"Config.Confirmations holds an empty string: remove it",
		}},
		{"a nil pointer for keys", func(c *jwt.Config) { c.Keys = (*jwttest.Issuer)(nil) },
			[]string{"Config.Keys is nil: set it"}},
		{"a nil function for keys", func(c *jwt.Config) { c.Keys = keySource(nil) }, []string{"Config.Keys is nil: set it"}},
		{"algorithms", func(c *jwt.Config) { c.Algorithms = []string{"RS256", "none", "ES256K", "rs256", ""} }, []string{
			`names "none", which is not supported: use any of RS256`, `"ES256K", which is not`, `"rs256", which is not`,
			`"", which is not`,
		}},
		{"only unknown algorithms, no keys, a secret",
			func(c *jwt.Config) { c.Algorithms, c.Keys, c.Secret = []string{"X"}, nil, secret }, []string{
				`"X", which is not supported`, "Config.Keys is nil: set it", "names no HS algorithm: remove one or name the other",
			}},
		{"a secret without HS", func(c *jwt.Config) { c.Secret = secret },
			[]string{"Config.Secret is set and Config.Algorithms names no HS algorithm"}},
		{"an empty secret without HS", func(c *jwt.Config) { c.Secret = []byte{} },
			[]string{"Config.Secret is set and Config.Algorithms names no HS algorithm"}},
		{"HS without secret", func(c *jwt.Config) { c.Keys, c.Algorithms = nil, []string{"HS256"} },
			[]string{"Config.Secret has 0 bytes: the algorithms named need at least 32"}},
		{"HS with keys and a short secret",
			func(c *jwt.Config) { c.Algorithms, c.Secret = []string{"HS256", "HS512"}, secret[:63] }, []string{
				"Config.Keys is set and Config.Algorithms names HS algorithms",
				"Config.Secret has 63 bytes: the algorithms named need at least 64",
			}},
		{"HS384", func(c *jwt.Config) { c.Keys, c.Algorithms, c.Secret = nil, []string{"HS384"}, secret[:47] },
			[]string{"has 47 bytes: the algorithms named need at least 48"}},
		{"a PEM secret", func(c *jwt.Config) {
			c.Keys, c.Algorithms, c.Secret = nil, []string{"HS256"}, []byte("\n-----BEGIN PUBLIC KEY-----\nAAAAAAAAAAAAAAAAAA")
		}, []string{"Config.Secret is a PEM block: a key pair goes with an asymmetric algorithm"}},
		{"mixed", func(c *jwt.Config) { c.Algorithms, c.Secret = []string{"RS256", "HS256"}, secret },
			[]string{"mixes HS algorithms with others: an issuer that does both needs two validators"}},
		{"limits", func(c *jwt.Config) { c.Leeway, c.MaxTokenBytes = time.Hour, -1 }, []string{
			"Config.Leeway is 1h0m0s: use up to 5m0s, or NoLeeway", "Config.MaxTokenBytes is -1: leave it 0",
		}},
		{"a leeway without its unit", func(c *jwt.Config) { c.Leeway = 30 },
			[]string{"Config.Leeway is 30ns, as a number without its unit is"}},
		{"a leeway just too short", func(c *jwt.Config) { c.Leeway = time.Millisecond - 1 },
			[]string{"Config.Leeway is 999.999µs"}},
		{"a length just too large", func(c *jwt.Config) { c.MaxTokenBytes = 1<<20 + 1 },
			[]string{"Config.MaxTokenBytes is 1048577: use up to 1048576"}},
		{"the largest length", func(c *jwt.Config) { c.MaxTokenBytes = math.MaxInt }, []string{"use up to 1048576"}},
		{"the keys of another issuer", func(c *jwt.Config) { c.Keys = keysOf{c.Keys, "https://other.example"} }, []string{
			`Config.Issuer is "https://issuer.example", and Config.Keys are those of "https://other.example": leave`,
		}},
		{"the keys of another spelling", func(c *jwt.Config) { c.Keys = keysOf{c.Keys, "https://issuer.example/"} }, []string{
			`and Config.Keys are those of "https://issuer.example/"`,
		}},
		{"no issuer, and keys of nobody", func(c *jwt.Config) { c.Issuer, c.Keys = "", keysOf{c.Keys, ""} },
			[]string{"Config.Issuer is empty"}},
		{"no issuer, and keys that are nil", func(c *jwt.Config) { c.Issuer, c.Keys = "", (*keysOf)(nil) }, []string{
			"Config.Issuer is empty", "Config.Keys is nil",
		}},
		{"long values", func(c *jwt.Config) {
			long := strings.Repeat("a:é", 200_000)
			c.Issuer, c.Keys, c.Audiences, c.Algorithms = long, keysOf{c.Keys, long + "x"}, []string{long}, []string{long}
		}, []string{"Config.Issuer is", "Config.Keys are those of", "Config.Audiences names", "Config.Algorithms names"}},
		{"empty names in the profile", func(c *jwt.Config) {
			c.Profile = jwt.Profile{
				Types: []string{""}, Required: []string{""}, Audience: []string{""}, ClientID: []string{""}, ID: []string{""},
				Scope: []string{""},
				Equal: map[string]string{"": "x"}, Absent: []string{""}, Groups: []jwt.ClaimPath{{}},
				Roles: []jwt.ClaimPath{{"a", ""}},
			}
		}, []string{
			"Profile.Types holds an empty string: remove it", "Profile.Required holds", "Profile.Audience holds",
			"Profile.ClientID holds", "Profile.ID holds", "Profile.Scope holds", "Profile.Equal holds",
			"Profile.Absent holds", `Profile.Absent names ""`, "holds a path that is empty, or has a name that is empty",
			"Profile.Groups, Roles or Entitlements holds a path",
		}},
		{"contradictions in the profile", func(c *jwt.Config) {
			c.Required = []string{"c"}
			c.Profile = jwt.Profile{Required: []string{"a"}, Equal: map[string]string{"b": "x"},
				Absent: []string{"a", "b", "c", "d", "iss", "exp"}}
		}, []string{
			`Profile.Absent names "a", which is required as well: remove one`, `Profile.Absent names "b"`,
			`Profile.Absent names "c"`, `Profile.Absent names "iss"`, `Profile.Absent names "exp"`,
		}},
		{"no subject, and one required", func(c *jwt.Config) {
			c.Profile = jwt.Profile{AllowMissingSubject: true, Required: []string{"sub"}}
		}, []string{"Profile.AllowMissingSubject is set, and Profile.Required or Config.Required names sub: remove one"}},
		{"no subject, and one required beside the profile", func(c *jwt.Config) {
			c.Profile, c.Required = jwt.Profile{AllowMissingSubject: true}, []string{"sub"}
		}, []string{"Config.Required names sub: remove one"}},
		{"no issuer, and one required", func(c *jwt.Config) {
			c.Profile = jwt.Profile{AllowMissingIssuer: true, Required: []string{"iss"}}
		}, []string{"Profile.AllowMissingIssuer is set, and Profile.Required or Config.Required names iss: remove one"}},
		{"no subject in a trust domain", func(c *jwt.Config) {
			c.Profile = jwt.Profile{AllowMissingSubject: true, TrustDomain: "prod.example"}
		}, []string{"Profile.TrustDomain demands a subject: remove one"}},
		{"an owner by name", func(c *jwt.Config) { c.Profile = jwt.GitHubActions("octo-org") },
			[]string{`Config.Profile.Equal is "octo-org" for repository_owner_id: use the number`}},
		{"a namespace by name", func(c *jwt.Config) { c.Profile = jwt.GitLabCI("shop/orders") },
			[]string{`Config.Profile.Equal is "shop/orders" for namespace_id: use the number`}},
		{"a trust domain as a URI", func(c *jwt.Config) { c.Profile.TrustDomain = "spiffe://prod.example" },
			[]string{`Config.Profile.TrustDomain is "spiffe://prod.example": use the name alone`}},
		{"a trust domain in capitals", func(c *jwt.Config) { c.Profile.TrustDomain = "Prod.example" },
			[]string{"Config.Profile.TrustDomain is"}},
		{"the issuer is another trust domain", func(c *jwt.Config) {
			c.Issuer, c.Profile.TrustDomain = "spiffe://other.example", "prod.example"
		}, []string{`Config.Issuer is "spiffe://other.example", and Profile.TrustDomain is another: ` +
			`set it to "spiffe://prod.example"`}},
		{"nobody's workflows", func(c *jwt.Config) { c.Profile = jwt.GitHubActions("") },
			[]string{`Config.Profile.Equal["repository_owner_id"] is empty: set it to what the claim must hold`}},
		{"nobody's jobs", func(c *jwt.Config) { c.Profile = jwt.GitLabCI("") },
			[]string{`Config.Profile.Equal["namespace_id"] is empty`}},
		{"no trust domain", func(c *jwt.Config) { c.Profile = jwt.SPIFFE("") },
			[]string{"Config.Profile.TrustDomain is empty"}},
		{"no trust domain, and a mark", func(c *jwt.Config) {
			c.Profile = jwt.SPIFFE("")
			c.Profile.Required = append(c.Profile.Required, "extra")
		}, []string{"Config.Profile.TrustDomain is empty"}},
		{"paths that no claim can be at", func(c *jwt.Config) {
			c.Profile.Groups = []jwt.ClaimPath{jwt.KeysOf()}
			c.Profile.Roles = []jwt.ClaimPath{{"a\xffb"}, jwt.KeysOf("a", "")}
			c.Profile.Entitlements = []jwt.ClaimPath{jwt.KeysOf(jwt.KeysOf("a")...)}
		}, []string{"holds a path", "holds a path", "holds a path", "holds a path"}},
		{"a contradiction to the default", func(c *jwt.Config) { c.Profile.Absent = []string{"client_id"} },
			[]string{`Profile.Absent names "client_id"`}},
		{"a profile that takes ID tokens", func(c *jwt.Config) {
			c.Profile = jwt.Profile{Types: []string{"at+jwt", "application/jwt"},
				Required: []string{"sub", "azp", "nonce", "jti"}}
		}, []string{"accepts typ JWT or none, and nothing in it tells access tokens from ID tokens: name what does"}},
		{"a profile that takes ID tokens without typ", func(c *jwt.Config) {
			c.Profile = jwt.Profile{AllowMissingType: true, Required: []string{"sub"}}
		}, []string{"accepts typ JWT or none"}},
		{"faults of every kind", func(c *jwt.Config) {
			*c = jwt.Config{Issuer: "1:x", Algorithms: []string{"none"}, Leeway: -5, Profile: jwt.Profile{Types: []string{""}}}
		}, []string{"Config.Issuer", "Config.Audiences", "Config.Algorithms", "Config.Keys", "Config.Leeway",
			"Profile.Types"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			config := configOf(issuer)
			tt.change(&config)
			v, err := jwt.NewValidator(config)
			require.Nil(t, v)
			require.Error(t, err)
			faults := strings.Split(err.Error(), "\n")
			require.Len(t, faults, len(tt.want), "%v", err)
			for _, want := range tt.want {
				require.ErrorContains(t, err, want)
			}
			for _, fault := range faults {
				require.True(t, strings.HasPrefix(fault, "jwt: "), fault)
			}
			require.NotContains(t, err.Error(), string(secret[:20]))
			require.Less(t, len(err.Error()), 5000)
			var invalid *jwt.Error
			require.False(t, errors.As(err, &invalid))
		})
	}
}

// keysOf states whose keys they are.
type keysOf struct {
	jwt.KeySource
	issuer string
}

func (k keysOf) Issuer() string { return k.issuer }

// checklist 30, 57
func TestTheKeySourceMayNameTheIssuer(t *testing.T) {
	issuer, _ := strict(t)
	remote, err := jwks.NewRemote(jwks.Config{Issuer: issuer.URL(), HTTPClient: issuer.Client()})
	require.NoError(t, err)
	for name, config := range map[string]jwt.Config{
		"remote":     {Keys: remote},
		"keys alone": {Keys: keysOf{issuer, issuer.URL()}},
		"both":       {Keys: keysOf{issuer, issuer.URL()}, Issuer: issuer.URL()},
		"no answer":  {Keys: keysOf{issuer, ""}, Issuer: issuer.URL()},
	} {
		config.Audiences = []string{issuer.Audience()}
		v, err := jwt.NewValidator(config)
		require.NoError(t, err, name)
		require.Equal(t, issuer.URL(), v.Issuer(), name)
		require.Equal(t, issuer.URL(), accept(t, v, issuer.Token()).Issuer(), name)
		refuse(t, v, issuer.Token(jwttest.Claim("iss", "https://other.example")), jwt.ReasonIssuer)
	}
}

// A source that does not say whose its keys are leaves that to Config.Issuer, and one
// that says another name than that is a fault at construction: later, the key would be
// blamed.
//
// checklist 30, 57
func TestTheKeySourceAndTheIssuerMustAgree(t *testing.T) {
	issuer, _ := strict(t)
	byIssuer, err := jwks.NewRemote(jwks.Config{Issuer: issuer.URL(), HTTPClient: issuer.Client()})
	require.NoError(t, err)
	byURL, err := jwks.NewRemote(jwks.Config{URL: issuer.JWKSURL(), HTTPClient: issuer.Client()})
	require.NoError(t, err)
	static, err := jwks.ParseStatic(issuer.JWKS())
	require.NoError(t, err)
	const other = "https://other.example"
	for _, tt := range []struct {
		name   string
		keys   jwt.KeySource
		issuer string
		fault  string
	}{
		{"remote by issuer", byIssuer, "", ""},
		{"remote by issuer, same", byIssuer, issuer.URL(), ""},
		{"remote by issuer, other", byIssuer, other, "Config.Keys are those of"},
		{"remote by issuer, slash", byIssuer, issuer.URL() + "/", "Config.Keys are those of"},
		{"remote by URL", byURL, "", "Issuer is empty"},
		{"remote by URL, named", byURL, issuer.URL(), ""},
		{"static", static, "", "Issuer is empty"},
		{"static, named", static, issuer.URL(), ""},
		{"one of your own", keysOf{issuer, other}, issuer.URL(), "Config.Keys are those of"},
		{"one that does not say", keysOf{issuer, ""}, "", "Issuer is empty"},
		{"zero remote", new(jwks.Remote), "", "Issuer is empty"},
		{"nil remote", (*jwks.Remote)(nil), "", "Issuer is empty"},
		{"nil remote, named", (*jwks.Remote)(nil), issuer.URL(), "Keys is nil"},
	} {
		config := jwt.Config{Issuer: tt.issuer, Audiences: []string{issuer.Audience()}, Keys: tt.keys}
		v, err := jwt.NewValidator(config)
		if tt.fault != "" {
			require.ErrorContains(t, err, tt.fault, tt.name)
			continue
		}
		require.NoError(t, err, tt.name)
		require.Equal(t, issuer.URL(), accept(t, v, issuer.Token()).Issuer(), tt.name)
	}
}

// checklist 55
func TestShortestSecrets(t *testing.T) {
	issuer, _ := strict(t)
	for alg, size := range map[string]int{"HS256": 32, "HS384": 48, "HS512": 64} {
		v := validatorOf(t, issuer, withSecret, func(c *jwt.Config) { c.Algorithms, c.Secret = []string{alg}, secret[:size] })
		accept(t, v, issuer.Token(jwttest.Secret(secret[:size]), jwttest.Alg(alg)))
	}
}

func TestConfigIsCopied(t *testing.T) {
	issuer, _ := strict(t)
	config := jwt.Config{
		Issuer: issuer.URL(), Audiences: []string{"orders"}, Algorithms: []string{"HS256"}, Secret: bytes.Clone(secret),
		Required: []string{"tenant"}, Confirmations: []string{"jkt"},
		Profile: jwt.Profile{
			Types: []string{"jwt"}, Required: []string{"sub"}, Audience: []string{"aud"}, ClientID: []string{"azp"},
			Scope:  []string{"perms"},
			Groups: []jwt.ClaimPath{{"a", "b"}}, Roles: []jwt.ClaimPath{{"r"}}, Entitlements: []jwt.ClaimPath{{"e"}},
			Equal: map[string]string{"use": "x"}, Absent: []string{"nonce"},
		},
	}
	v, err := jwt.NewValidator(config)
	require.NoError(t, err)
	for _, list := range [][]string{
		config.Audiences, config.Algorithms, config.Required, config.Confirmations, config.Profile.Types,
		config.Profile.Required, config.Profile.Audience, config.Profile.ClientID,
		config.Profile.Scope, config.Profile.Groups[0], config.Profile.Roles[0], config.Profile.Entitlements[0],
		config.Profile.Absent,
	} {
		list[0] = "changed"
	}
	clear(config.Secret)
	config.Profile.Equal["more"] = "x"
	token := accept(t, v, issuer.Token(
		jwttest.Secret(secret), jwttest.Typ("JWT"), jwttest.Audience("orders"), jwttest.Claim("tenant", "t"),
		jwttest.Claim("azp", "c"), jwttest.Claim("perms", "p"), jwttest.Claim("use", "x"),
		jwttest.Claim("cnf", raw(`{"jkt":"k"}`)), jwttest.Claim("a", raw(`{"b":["g"]}`)), jwttest.Claim("r", []string{"r"}),
		jwttest.Claim("e", []string{"e"})))
	require.Equal(t, "c", token.ClientID())
	for _, set := range []interface{ Has(string) bool }{token.Scopes(), token.Groups(), token.Roles(),
		token.Entitlements()} {
		require.True(t, set.Has("p") || set.Has("g") || set.Has("r") || set.Has("e"))
	}
	refuse(t, v, issuer.Token(jwttest.Secret(secret), jwttest.Typ("JWT"), jwttest.Audience("orders"),
		jwttest.Claim("use", "x")), jwt.ReasonMissingClaim)
	refuse(t, v, issuer.Token(jwttest.Secret(secret), jwttest.Typ("JWT"), jwttest.Audience("orders"),
		jwttest.Claim("use", "x"), jwttest.Claim("nonce", 1)), jwt.ReasonType)
}

func TestTheConfigOfOthersIsNotChanged(t *testing.T) {
	issuer, _ := strict(t)
	required := make([]string, 1, 8)
	required[0] = "sub"
	config := configOf(issuer)
	config.Profile.Types = []string{"application/at+jwt"}
	config.Profile.Required = required
	config.Required = []string{"tenant"}
	_, err := jwt.NewValidator(config)
	require.NoError(t, err)
	require.Equal(t, []string{"application/at+jwt"}, config.Profile.Types)
	require.Empty(t, required[:2][1])
	require.Zero(t, config.Leeway)
	require.Nil(t, config.Algorithms)
}

// Literals of Config and Profile need names, and neither compares.
func TestConfigTypesAreGuarded(t *testing.T) {
	require.False(t, reflect.TypeFor[jwt.Config]().Comparable())
	require.False(t, reflect.TypeFor[jwt.Profile]().Comparable())
}

// A validator that was not made by NewValidator accepts nothing.
// checklist 52
func TestTheZeroValidatorAcceptsNothing(t *testing.T) {
	issuer, v := strict(t)
	require.Equal(t, issuer.URL(), v.Issuer())
	refuse(t, new(jwt.Validator), issuer.Token(), jwt.ReasonTooLarge)
	refuse(t, new(jwt.Issuers), issuer.Token(), jwt.ReasonTooLarge)
}

// NewValidator asks nobody.
func TestNewValidatorDoesNoIO(t *testing.T) {
	_, err := jwt.NewValidator(jwt.Config{Issuer: "i", Audiences: []string{"a"},
		Keys: keySource(func(context.Context, string, string) ([]crypto.PublicKey, error) {
			panic("asked")
		})})
	require.NoError(t, err)
}
