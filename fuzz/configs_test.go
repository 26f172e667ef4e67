package fuzz_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/introspection"
)

// A configured is a room whose constructor takes a Config.
type configured struct {
	name  string
	valid func() any      // a pointer to a Config without fault, to break
	build func(any) error // the constructor's error
	// free are the fields that have no fault by themselves: switches, functions, and what is replaced whole.
	free string
}

func room[C, T any](name, free string, build func(C) (T, error), valid func() C) configured {
	return configured{
		name: name, free: free,
		valid: func() any { c := valid(); return &c },
		build: func(c any) error { _, err := build(*c.(*C)); return err },
	}
}

const secret = "hunter2hunter2hunter2hunter2hunter2" // in a Config, and nowhere else

// rooms are the rooms that are configured, each with a configuration that works.
func rooms(t *testing.T) []configured {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	keys, err := jwks.ParseStatic(issuer.JWKS())
	require.NoError(t, err)
	tokens, err := jwt.NewValidator(jwt.Config{Issuer: "https://a.example", Audiences: []string{"a"}, Keys: keys})
	require.NoError(t, err)
	return []configured{
		room("jwks", "HTTPClient Logger InsecureAllowPlainHTTP SnapshotFile", jwks.NewRemote, func() jwks.Config {
			return jwks.Config{Issuer: "https://a.example"}
		}),
		room("keyendpoint", "Issuer HTTPClient Logger InsecureAllowPlainHTTP", newKeyEndpoint, func() jwks.KeyEndpointConfig {
			return jwks.KeyEndpointConfig{URL: "https://a.example/{kid}"}
		}),
		room("jwt", "Profile Decrypt Now", jwt.NewValidator, func() jwt.Config {
			return jwt.Config{Issuer: "https://a.example", Audiences: []string{"a"}, Keys: keys}
		}),
		room("tenants", "Resolve Admit AllowAnyIssuer", newTenants, func() jwt.TenantsConfig {
			return jwt.TenantsConfig{Resolve: func(context.Context, string) (jwt.Config, error) {
				return jwt.Config{}, jwt.ErrUnknownIssuer
			}}
		}),
		room("tokencache", "CountLookups",
			func(c tokencache.Config) (*tokencache.Cache[*jwt.Token], error) {
				return tokencache.New(tokens.Validate, c)
			},
			func() tokencache.Config { return tokencache.Config{} }),
		room("protector", "RequestCheck ErrorHandler OnDecision Hierarchy Logger Now ScopeInChallenge", protector.New,
			func() protector.Config {
				return protector.Config{
					Resource: "https://a.example", Validators: []protector.Validator{protector.Bearer(tokens.Validate)},
				}
			}),
		room("dpop", "Replay Now", dpop.NewVerifier, func() dpop.Config {
			return dpop.Config{PublicOrigins: []string{"https://a.example"}}
		}),
		room("mutualtls", "", newMutualTLS, func() protector.MutualTLSConfig {
			return protector.MutualTLSConfig{Proxies: proxy, Encoding: protector.CertificatePEM, Header: "X-Client-Cert"}
		}),
		room("introspection", "HTTPClient Logger Now InsecureAllowPlainHTTP AllowMissingTokenType AnyAudience Issuer OnCall",
			introspection.New, func() introspection.Config {
				return introspection.Config{
					Endpoint: "https://a.example/introspect", Audiences: []string{"a"},
					Credentials: introspection.ClientSecretBasic("a", secret),
				}
			}),
	}
}

var proxy = []netip.Prefix{netip.MustParsePrefix("10.0.0.7/32")}

// newMutualTLS builds a protector with the proof, since it is New that reports what is wrong with it, as faults of the
// validator. What stands for that in the front of each is replaced here by what all constructors have there.
func newMutualTLS(config protector.MutualTLSConfig) (*protector.Protector, error) {
	guard, err := protector.New(protector.Config{Validators: []protector.Validator{
		protector.Scheme("Token", lookup).Proving(protector.MutualTLS(config)),
	}})
	if err != nil {
		const front = "protector: Config.Validators[0] is not usable: MutualTLSConfig."
		err = errors.New(strings.ReplaceAll(err.Error(), front, "mutualtls: Config."))
	}
	return guard, err
}

// newTenants reports the faults of TenantsConfig, the second Config of its package, as all are written.
func newTenants(config jwt.TenantsConfig) (*jwt.Tenants, error) {
	tenants, err := jwt.NewTenants(config)
	if err != nil {
		err = errors.New(strings.ReplaceAll(err.Error(), "jwt: TenantsConfig.", "tenants: Config."))
	}
	return tenants, err
}

// newKeyEndpoint does so for KeyEndpointConfig.
func newKeyEndpoint(config jwks.KeyEndpointConfig) (*jwks.KeyEndpoint, error) {
	endpoint, err := jwks.NewKeyEndpoint(config)
	if err != nil {
		err = errors.New(strings.ReplaceAll(err.Error(), "jwks: KeyEndpointConfig.", "keyendpoint: Config."))
	}
	return endpoint, err
}

// A misconfiguration breaks something, and names the fields of which it is a fault.
type misconfiguration struct {
	room, name string
	change     func(any)
	fields     []string
}

func broken[C any](room, name string, change func(*C), fields ...string) misconfiguration {
	return misconfiguration{room, name, func(c any) { change(c.(*C)) }, fields}
}

// ordinary are the faults that every field of a type can have.
func ordinary(r configured) (faults []misconfiguration) {
	config := reflect.TypeOf(r.valid()).Elem()
	for i := range config.NumField() {
		field := config.Field(i)
		var values []any
		switch reflect.Zero(field.Type).Interface().(type) {
		case int:
			values = []any{-2, math.MinInt, math.MaxInt}
		case int64:
			values = []any{int64(-2), int64(math.MinInt64), int64(math.MaxInt64)}
		case time.Duration:
			values = []any{time.Duration(-2), -time.Hour, time.Duration(1), time.Duration(30), time.Duration(math.MaxInt64)}
		case []string:
			values = []any{[]string{""}, []string{"a", ""}}
		}
		for _, value := range values {
			faults = append(faults, misconfiguration{
				r.name, fmt.Sprintf("%s %v", field.Name, value),
				func(c any) { reflect.ValueOf(c).Elem().Field(i).Set(reflect.ValueOf(value)) },
				[]string{field.Name},
			})
		}
	}
	return faults
}

// otherIssuer is a source of another issuer's keys.
type otherIssuer struct{ jwt.KeySource }

func (otherIssuer) Issuer() string { return "https://b.example" }

func lookup(*http.Request, string) (*jwt.Token, error) { return nil, nil }

func validate(context.Context, string) (*jwt.Token, error) { return nil, nil }

var misconfigurations = []misconfiguration{
	broken("jwks", "nothing", func(c *jwks.Config) { *c = jwks.Config{} }, "Issuer"),
	broken("jwks", "both", func(c *jwks.Config) { c.URL, c.DiscoveryURL = "https://a.example/keys", "https://a.example" },
		"DiscoveryURL"),
	broken("jwks", "whose metadata", func(c *jwks.Config) { *c = jwks.Config{DiscoveryURL: "https://a.example"} },
		"DiscoveryURL"),
	broken("jwks", "plain metadata", func(c *jwks.Config) { c.DiscoveryURL = "http://a.example" }, "DiscoveryURL"),
	broken("jwks", "password in metadata", func(c *jwks.Config) { c.DiscoveryURL = "https://a:" + secret + "@b" },
		"DiscoveryURL"),
	broken("jwks", "file and URL", func(c *jwks.Config) { c.File, c.URL = "keys", "https://a.example" }, "File"),
	broken("jwks", "encoding", func(c *jwks.Config) { c.Encoding = "der" }, "Encoding"),
	broken("jwks", "encoding of a set", func(c *jwks.Config) { c.Encoding = jwks.EncodingCertificates }, "Encoding"),
	broken("jwks", "PEM at a URL", func(c *jwks.Config) {
		*c = jwks.Config{URL: "https://a.example", Encoding: jwks.EncodingPEM}
	}, "Encoding"),
	broken("jwks", "plain", func(c *jwks.Config) { c.Issuer = "http://a.example" }, "Issuer"),
	broken("jwks", "relative", func(c *jwks.Config) { c.Issuer = "a.example" }, "Issuer"),
	broken("jwks", "query", func(c *jwks.Config) { c.Issuer = "https://a.example?b" }, "Issuer"),
	broken("jwks", "fragment", func(c *jwks.Config) { c.Issuer = "https://a.example#b" }, "Issuer"),
	broken("jwks", "password", func(c *jwks.Config) { c.Issuer = "https://a:" + secret + "@a.example" }, "Issuer"),
	broken("jwks", "no URL", func(c *jwks.Config) { c.Issuer = "https://%zz:" + secret + "/" }, "Issuer"),
	broken("jwks", "plain URL", func(c *jwks.Config) { *c = jwks.Config{URL: "http://a.example"} }, "URL"),
	broken("jwks", "password in URL", func(c *jwks.Config) { *c = jwks.Config{URL: "https://a:" + secret + "@b"} }, "URL"),
	broken("jwks", "many", func(c *jwks.Config) { *c = jwks.Config{MaxStale: 1, Cooldown: -1, FetchTimeout: 2} },
		"Issuer", "MaxStale", "Cooldown", "FetchTimeout"),

	broken("jwt", "nothing", func(c *jwt.Config) { *c = jwt.Config{} }, "Issuer", "Audiences", "Keys"),
	broken("jwt", "no issuer", func(c *jwt.Config) { c.Issuer = "" }, "Issuer"),
	broken("jwt", "no URI", func(c *jwt.Config) { c.Issuer = "a b:c" }, "Issuer"),
	broken("jwt", "other keys", func(c *jwt.Config) { c.Keys = otherIssuer{c.Keys} }, "Issuer"),
	broken("jwt", "audience no URI", func(c *jwt.Config) { c.Audiences = []string{"a b:c"} }, "Audiences"),
	broken("keyendpoint", "nothing", func(c *jwks.KeyEndpointConfig) { c.URL = "" }, "URL"),
	broken("keyendpoint", "no kid", func(c *jwks.KeyEndpointConfig) { c.URL = "https://a.example/" }, "URL"),
	broken("keyendpoint", "query", func(c *jwks.KeyEndpointConfig) { c.URL = "https://a.example?{kid}" }, "URL"),
	broken("keyendpoint", "plain", func(c *jwks.KeyEndpointConfig) { c.URL = "http://a.example/{kid}" }, "URL"),
	broken("keyendpoint", "password", func(c *jwks.KeyEndpointConfig) { c.URL = "https://a:" + secret + "@b/{kid}" },
		"URL"),
	broken("keyendpoint", "many", func(c *jwks.KeyEndpointConfig) {
		*c = jwks.KeyEndpointConfig{MaxStale: 1, Cooldown: -1, MaxKeys: 1025}
	}, "URL", "MaxStale", "Cooldown", "MaxKeys"),

	broken("jwt", "nil keys", func(c *jwt.Config) { c.Keys = (*jwks.Remote)(nil) }, "Keys"),
	broken("jwt", "none", func(c *jwt.Config) { c.Algorithms = []string{"none"} }, "Algorithms"),
	broken("jwt", "mixed", func(c *jwt.Config) { c.Algorithms = []string{"HS256", "RS256"} }, "Algorithms"),
	broken("jwt", "a secret, too", func(c *jwt.Config) { c.Secret = []byte(secret) }, "Secret"),
	broken("jwt", "keys and secret", func(c *jwt.Config) {
		c.Algorithms, c.Secret = []string{"HS256"}, []byte(secret)
	}, "Keys"),
	broken("jwt", "short secret", func(c *jwt.Config) {
		c.Keys, c.Algorithms, c.Secret = nil, []string{"HS512"}, []byte(secret)
	}, "Secret"),
	broken("jwt", "a JWK", func(c *jwt.Config) {
		c.Keys, c.Algorithms, c.Secret = nil, []string{"HS256"}, []byte(`{"kty":"RSA","n":"`+secret+`","e":"AQAB"}`)
	}, "Secret"),
	broken("jwt", "leeway of hours", func(c *jwt.Config) { c.Leeway = time.Hour }, "Leeway"),
	broken("jwt", "profile of ID tokens", func(c *jwt.Config) {
		c.Profile.Types, c.Profile.Absent = []string{"JWT"}, []string{}
	}, "Profile"),
	broken("jwt", "many", func(c *jwt.Config) { c.Audiences, c.Leeway, c.MaxTokenBytes = nil, -2, -1 },
		"Audiences", "Leeway", "MaxTokenBytes"),

	broken("tenants", "nobody to ask", func(c *jwt.TenantsConfig) { c.Resolve = nil }, "Resolve"),
	broken("tenants", "stale at once", func(c *jwt.TenantsConfig) { c.MaxStale = time.Minute }, "MaxStale"),
	broken("tenants", "many", func(c *jwt.TenantsConfig) { *c = jwt.TenantsConfig{MaxTenants: -1, RefuseFor: 1} },
		"Resolve", "MaxTenants", "RefuseFor"),

	broken("dpop", "nothing", func(c *dpop.Config) { *c = dpop.Config{} }, "PublicOrigins"),
	broken("dpop", "none", func(c *dpop.Config) { c.Algorithms = []string{"none"} }, "Algorithms"),
	broken("dpop", "a path alone", func(c *dpop.Config) { c.PublicOrigins = []string{"/a"} }, "PublicOrigins"),
	broken("dpop", "a password", func(c *dpop.Config) {
		c.PublicOrigins = []string{"https://a:" + secret + "@a.example"}
	}, "PublicOrigins"),
	broken("dpop", "a short key", func(c *dpop.Config) { c.NonceKeys = [][]byte{[]byte(secret[:8])} }, "NonceKeys"),
	broken("dpop", "no keys", func(c *dpop.Config) { c.NonceLifetime = time.Hour }, "NonceLifetime"),
	broken("dpop", "many", func(c *dpop.Config) { *c = dpop.Config{MaxAge: -1, MaxProofBytes: -1} },
		"PublicOrigins", "MaxAge", "MaxProofBytes"),

	broken("protector", "nothing", func(c *protector.Config) { *c = protector.Config{} }, "Validators"),
	broken("protector", "zero validator", func(c *protector.Config) { c.Validators[0] = protector.Validator{} },
		"Validators"),
	broken("protector", "no function", func(c *protector.Config) {
		c.Validators[0] = protector.Bearer[*jwt.Token](nil)
	}, "Validators"),
	broken("protector", "no scheme", func(c *protector.Config) {
		c.Validators = append(c.Validators, protector.Scheme("a b", lookup))
	}, "Validators"),
	broken("protector", "twice", func(c *protector.Config) { c.Validators = append(c.Validators, c.Validators[0]) },
		"Validators"),
	broken("protector", "no preflight", func(c *protector.Config) { c.Preflight = http.HandlerFunc(nil) }, "Preflight"),
	broken("protector", "realm", func(c *protector.Config) { c.Realm = "a\r\nb" }, "Realm"),
	broken("protector", "cookie", func(c *protector.Config) { c.AmbientCookie = "a b" }, "AmbientCookie"),
	broken("protector", "protocol", func(c *protector.Config) { c.WebSocketProtocol = "a,b" }, "WebSocketProtocol"),
	broken("protector", "protocol without Bearer", func(c *protector.Config) {
		c.WebSocketProtocol, c.Validators = "a", []protector.Validator{protector.Scheme("Token", lookup)}
	}, "WebSocketProtocol"),
	broken("protector", "a field with a meaning", func(c *protector.Config) {
		c.Validators = append(c.Validators, protector.Field("Authorization", validate))
	}, "Validators"),
	broken("protector", "no field name", func(c *protector.Config) {
		c.Validators = append(c.Validators, protector.Field("a b", validate))
	}, "Validators"),
	broken("protector", "no function for a field", func(c *protector.Config) {
		c.Validators = append(c.Validators, protector.Field[*jwt.Token]("Txn-Token", nil))
	}, "Validators"),
	broken("protector", "a field named as a scheme", func(c *protector.Config) {
		c.Validators = append(c.Validators, protector.Scheme("Txn", lookup), protector.Field("txn", validate))
	}, "Validators"),
	broken("protector", "origins alone", func(c *protector.Config) { c.CrossOrigin = &http.CrossOriginProtection{} },
		"CrossOrigin"),
	broken("protector", "form limit alone", func(c *protector.Config) { c.MaxFormBytes = 1 }, "MaxFormBytes"),
	broken("protector", "cookie without Bearer", func(c *protector.Config) {
		c.AmbientCookie, c.Validators = "a", []protector.Validator{protector.Scheme("Token", lookup)}
	}, "AmbientCookie"),
	broken("protector", "query without Bearer", func(c *protector.Config) {
		c.InsecureQueryTokens, c.Validators = true, []protector.Validator{protector.Scheme("Token", lookup)}
	}, "InsecureQueryTokens"),
	broken("protector", "form without Bearer", func(c *protector.Config) {
		c.BufferedFormTokens, c.Validators = true, []protector.Validator{protector.Scheme("Token", lookup)}
	}, "BufferedFormTokens"),
	broken("protector", "plain resource", func(c *protector.Config) { c.Resource = "http://a.example" }, "Resource"),
	broken("protector", "password in resource", func(c *protector.Config) { c.Resource = "https://a:" + secret + "@b" },
		"Resource"),
	broken("protector", "no URL", func(c *protector.Config) { c.Resource = "https://%zz:" + secret + "/" }, "Resource"),
	broken("protector", "servers alone", func(c *protector.Config) {
		c.Resource, c.AuthorizationServers = "", []string{"https://a.example"}
	}, "AuthorizationServers"),
	broken("protector", "no servers", func(c *protector.Config) { c.AuthorizationServers = []string{} },
		"AuthorizationServers"),
	broken("protector", "a server twice", func(c *protector.Config) {
		c.AuthorizationServers = []string{"https://a.example", "https://a.example"}
	}, "AuthorizationServers"),
	broken("protector", "a server with a query", func(c *protector.Config) {
		c.AuthorizationServers = []string{"https://a.example?b"}
	}, "AuthorizationServers"),
	broken("protector", "a server's password", func(c *protector.Config) {
		c.AuthorizationServers = []string{"https://a:" + secret + "@b"}
	}, "AuthorizationServers"),
	broken("protector", "metadata alone", func(c *protector.Config) {
		c.Resource, c.ResourceMetadata.Name = "", "a"
	}, "ResourceMetadata"),
	broken("protector", "metadata", func(c *protector.Config) {
		c.ResourceMetadata = protector.ResourceMetadata{
			Scopes: []string{"", "a b", `a"b`, "offline_access"}, Name: "a\nb", Documentation: "a.example",
			PolicyURI: "http://a.example", TermsURI: "javascript:alert(1)", JWKSURI: "https://a:" + secret + "@b",
			SigningAlgorithms: []string{"none", "", "a b"}, AuthorizationDetailsTypes: []string{"", " ", "\xff"},
			Translations: map[string]string{
				"resource_name": "a", "resource_name#": "a", "resource_name#d e": "a", "resource#de": "a",
				"resource_name#de": "", "resource_name#en": "\x00", "resource_tos_uri#de": "http://a.example",
			},
		}
	}, "ResourceMetadata"),
	broken("protector", "many",
		func(c *protector.Config) { *c = protector.Config{Realm: "\x00", MaxTokenBytes: -1, MaxFormBytes: -1} },
		"Validators", "Realm", "MaxTokenBytes", "MaxFormBytes"),

	broken("mutualtls", "everybody", func(c *protector.MutualTLSConfig) {
		c.Proxies = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}
	}, "Proxies"),
	broken("mutualtls", "no prefix", func(c *protector.MutualTLSConfig) { c.Proxies = []netip.Prefix{{}} }, "Proxies"),
	broken("mutualtls", "no such encoding", func(c *protector.MutualTLSConfig) { c.Encoding = "pem" }, "Encoding"),
	broken("mutualtls", "no field", func(c *protector.MutualTLSConfig) { c.Header = "" }, "Header"),
	broken("mutualtls", "no field name", func(c *protector.MutualTLSConfig) { c.Header = "a\r\nb" }, "Header"),
	broken("mutualtls", "no proxies", func(c *protector.MutualTLSConfig) { c.Proxies = nil }, "Encoding", "Header"),
	broken("mutualtls", "many", func(c *protector.MutualTLSConfig) {
		c.Proxies = []netip.Prefix{netip.MustParsePrefix("::/0"), netip.MustParsePrefix("10.0.0.7/8")}
		c.Encoding = "pem"
	}, "Encoding", "Proxies"),

	broken("introspection", "nothing", func(c *introspection.Config) { *c = introspection.Config{} },
		"Endpoint", "Credentials", "Audiences"),
	broken("introspection", "plain", func(c *introspection.Config) { c.Endpoint = "http://a.example" }, "Endpoint"),
	broken("introspection", "relative", func(c *introspection.Config) { c.Endpoint = "a.example/i" }, "Endpoint"),
	broken("introspection", "fragment", func(c *introspection.Config) { c.Endpoint = "https://a.example#a" }, "Endpoint"),
	broken("introspection", "password", func(c *introspection.Config) { c.Endpoint = "https://a:" + secret + "@b/" },
		"Endpoint"),
	broken("introspection", "no URL", func(c *introspection.Config) { c.Endpoint = "https://%zz:" + secret + "/" },
		"Endpoint"),
	broken("introspection", "no id", func(c *introspection.Config) {
		c.Credentials = introspection.ClientSecretPost("", secret)
	}, "Credentials"),
	broken("introspection", "no source", func(c *introspection.Config) { c.Credentials = introspection.BearerToken(nil) },
		"Credentials"),
	broken("introspection", "any and some", func(c *introspection.Config) { c.AnyAudience = true }, "Audiences"),
	broken("introspection", "leeway of hours", func(c *introspection.Config) { c.Leeway = time.Hour }, "Leeway"),
	broken("introspection", "many", func(c *introspection.Config) { c.Endpoint, c.Timeout, c.CacheSize = "", -1, -1 },
		"Endpoint", "Timeout", "CacheSize"),
}

// faultForm is how each fault is written: the room, the field, what is wrong with its value, and the remedy.
var faultForm = regexp.MustCompile(`^([a-z]+): Config\.([A-Z]\w*)((?:\.[A-Z]\w*|\[\d+\])*) [a-z]+ .+: .+[^.]$`)

// TestConfigFaultsHaveOneForm breaks every field in every way, and sees that each fault is found at construction, is
// written as all the others are, and gives no secret away.
func TestConfigFaultsHaveOneForm(t *testing.T) {
	for _, r := range rooms(t) {
		require.NoError(t, r.build(r.valid()), r.name)
		seen := make(map[string]bool)
		all := ordinary(r)
		for _, m := range misconfigurations {
			if m.room == r.name {
				all = append(all, m)
			}
		}
		for _, m := range all {
			t.Run(r.name+"/"+m.name, func(t *testing.T) {
				config := r.valid()
				m.change(config)
				err := r.build(config)
				require.Error(t, err)
				require.NotContains(t, err.Error(), secret[:7])
				var fields []string
				for line := range strings.Lines(err.Error()) {
					form := faultForm.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
					require.NotNil(t, form, "%q is not of the form that all have", line)
					require.Equal(t, r.name, form[1])
					fields = append(fields, form[2])
					seen[form[2]] = true
				}
				slices.Sort(fields)
				require.ElementsMatch(t, m.fields, slices.Compact(fields), "%v", err)
			})
		}
		config := reflect.TypeOf(r.valid()).Elem()
		for i := range config.NumField() {
			if name := config.Field(i).Name; name != "_" && !strings.Contains(" "+r.free+" ", " "+name+" ") {
				require.True(t, seen[name], "%s: no case breaks Config.%s", r.name, name)
			}
		}
	}
}
