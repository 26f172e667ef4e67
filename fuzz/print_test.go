package fuzz_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"go/types"
	"log/slog"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/fuzz/architecture"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
)

// hush is in every secret, and in every claim, of the specimens below.
const hush = "hush, hush, hush, hush, hush, hush, hush"

// specimens are values of the exported types, with secrets wherever there is room for one. A type without one has
// the reason why it needs none.
func specimens(t *testing.T) map[string]any {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	claims := jwttest.Claim("hush", hush)
	config := jwt.Config{
		Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Algorithms: []string{"HS256"}, Secret: []byte(hush),
		Confirmations: []string{"jkt"},
	}
	validator := must(jwt.NewValidator(config))
	bearer := issuer.Token(jwttest.Secret([]byte(hush)), jwttest.Subject(hush), jwttest.ClientID(hush), claims,
		jwttest.Claim("jti", hush), jwttest.Claim("acr", hush), jwttest.Claim("amr", []string{hush}),
		jwttest.Scope("hush"), jwttest.Claim("cnf", map[string]string{"jkt": hush}))
	token := must(validator.Validate(t.Context(), bearer))
	unscoped := issuer.Token(jwttest.Secret([]byte(hush)), jwttest.Subject(hush), jwttest.ClientID(hush), claims,
		jwttest.Claim("jti", hush), jwttest.Claim("acr", hush), jwttest.Claim("email", hush),
		jwttest.Claim("cnf", map[string]string{"jkt": hush, "jwk": hush}))
	_, refusal := validator.Validate(t.Context(), bearer+"A")
	return map[string]any{
		"jwt.Config":         config,
		"jwt.Validator":      validator,
		"jwt.Issuers":        must(jwt.ByIssuer(validator)),
		"jwt.Tenants":        tenantsWith(t, config, bearer),
		"jwt.TenantsConfig":  "functions and numbers",
		"jwt.TenantsStatus":  "numbers, and an error of the application's own",
		"jwt.Token":          token,
		"jwt.Error":          refusal,
		"jwt.Reason":         "a constant",
		"jwt.Explanation":    validator.Explain(t.Context(), unscoped+"A"),
		"jwt.Finding":        validator.Explain(t.Context(), unscoped).Findings[0],
		"jwt.Outcome":        "a constant",
		"jwt.Profile":        "names of claims",
		"jwt.ClaimPath":      "names of claims",
		"jwt.IssuerTemplate": "what is before and after a name",

		"tokencache.Cache":  cacheUnderWay(t, validator, bearer),
		"tokencache.Config": "two numbers",
	}
}

// tenantsWith returns tenants one of which is live.
func tenantsWith(t *testing.T, config jwt.Config, bearer string) *jwt.Tenants {
	tenants := must(jwt.NewTenants(jwt.TenantsConfig{
		Resolve: func(context.Context, string) (jwt.Config, error) { return config, nil },
	}))
	must(tenants.Validate(t.Context(), bearer))
	return tenants
}

// cacheUnderWay returns a cache that remembers a bearer token and is validating another.
func cacheUnderWay(t *testing.T, validator *jwt.Validator, bearer string) *tokencache.Cache[*jwt.Token] {
	release := make(chan struct{})
	cache := must(tokencache.New(func(ctx context.Context, token string) (*jwt.Token, error) {
		if token != bearer {
			<-release
		}
		return validator.Validate(ctx, token)
	}, tokencache.Config{}))
	must(cache.Validate(t.Context(), bearer))
	go func() { _, _ = cache.Validate(context.Background(), bearer+hush) }()
	synctest.Wait()
	t.Cleanup(func() { close(release) })
	return cache
}

// Every exported type of every package prints no secret, no claim and no part of a bearer token.
//
// checklist 27
func TestPrintingShowsNoSecret(t *testing.T) {
	exported := exportedTypes(t)
	synctest.Test(t, func(t *testing.T) {
		known := specimens(t)
		maps.Copy(known, otherRooms(t))
		for _, name := range exported {
			specimen, ok := known[name]
			assert.True(t, ok, "%s has no specimen", name)
			if reason, ok := specimen.(string); ok {
				require.NotEmpty(t, reason)
				continue
			}
			showsNothing(t, name, specimen)
		}
	})
}

// uncopied are types that hold a lock, so that go vet finds every copy of them.
var uncopied = []string{"tokencache.Cache", "jwt.Tenants",
	"introspection.Client", "jwks.Remote", "jwks.KeyEndpoint", "protector.Protector", "dpop.Memory"}

// showsNothing prints a specimen in every way.
func showsNothing(t *testing.T, name string, specimen any) {
	t.Helper()
	if specimen == nil {
		return
	}
	showsNothingIn(t, name, places(specimen))
}

// showsNothingAtWork prints a specimen that others are changing meanwhile, where its methods are asked. To follow its
// pointers past them, as fmt does in a private field, is a race whatever is found.
func showsNothingAtWork(t *testing.T, name string, specimen any) {
	t.Helper()
	showsNothingIn(t, name, placesAsked(specimen))
}

func showsNothingIn(t *testing.T, name string, values map[string]any) {
	t.Helper()
	for how, text := range prints(values) {
		switch {
		case strings.HasSuffix(name, ".Token") && strings.HasPrefix(how, "in a private field"):
			continue // no method is asked there, and some verbs follow the pointer: to claims, which are no secret
		case strings.HasPrefix(how, "a copy") && (strings.Contains(name, " ") || slices.Contains(uncopied, name)):
			continue // nobody copies a context, or what holds a lock
		case strings.HasPrefix(name, "what ") && !strings.HasSuffix(how, "%v") && !strings.HasSuffix(how, "%s"):
			continue // the verbs that ask an error of another package for its text
		}
		require.NotEmpty(t, text, "%s: %s", name, how)
		for _, form := range forms() {
			assert.NotContains(t, text, form, "%s: %s", name, how)
		}
	}
}

// forms are how a secret, or the bearer token that it is in, could be printed.
func forms() []string {
	return []string{
		hush, "hush", strings.Trim(fmt.Sprint([]byte("hush")), "[]"), "0x68, 0x75, 0x73, 0x68",
		hex.EncodeToString([]byte("hush")),
		strings.ToUpper(hex.EncodeToString([]byte("hush"))), base64.StdEncoding.EncodeToString([]byte(hush))[:16],
		"eyJhbGci", hex.EncodeToString([]byte("eyJhbGci")), "NTMg", "101 121 74 104",
	}
}

// placesAsked returns v, and v inside of other things, by where it is, where its methods are asked.
func placesAsked(v any) map[string]any {
	return map[string]any{
		"itself": v, "in a field": struct{ V any }{v}, "in a list": []any{v}, "in a map": map[string]any{"v": v},
	}
}

// places adds where they are not, and where v is another value.
func places(v any) map[string]any {
	values := placesAsked(v)
	if r := reflect.ValueOf(v); r.Kind() == reflect.Pointer {
		values["in a private field"] = struct{ v any }{v}
		values["a copy"] = r.Elem().Interface()
	} else {
		p := reflect.New(r.Type())
		p.Elem().Set(r)
		values["a pointer"] = p.Interface()
	}
	return values
}

// prints returns what the values print as, by how.
func prints(values map[string]any) map[string]string {
	all := make(map[string]string)
	for where, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%t", "%c", "%U", "%o", "%b", "%e"} {
			all[where+" by "+verb] = fmt.Sprintf(verb, value)
		}
		for handler, log := range map[string]func(*bytes.Buffer) slog.Handler{
			"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			"JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var b bytes.Buffer
			slog.New(log(&b)).Info("m", "v", value)
			all[where+" by slog as "+handler] = b.String()
		}
		encoded, err := json.Marshal(value)
		all[where+" as JSON"] = fmt.Sprint(string(encoded), err)
	}
	return all
}

// exportedTypes returns the names of the types that the packages of this module export, save interfaces.
func exportedTypes(t *testing.T) (names []string) {
	t.Helper()
	rooms, err := architecture.Public(os.DirFS(".."))
	require.NoError(t, err)
	from, err := architecture.Packages()
	require.NoError(t, err)
	for _, room := range rooms {
		pkg, err := from.Import(architecture.Module + "/" + room)
		require.NoError(t, err)
		for _, name := range pkg.Scope().Names() {
			object, ok := pkg.Scope().Lookup(name).(*types.TypeName)
			if ok && object.Exported() && !types.IsInterface(object.Type()) {
				names = append(names, pkg.Name()+"."+name)
			}
		}
	}
	require.NotEmpty(t, names)
	return names
}
