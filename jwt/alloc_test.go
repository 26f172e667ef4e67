// The race detector makes pools forget and memory grow, so what is counted here
// is counted without it.

//go:build !race

package jwt_test

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
)

// The signature check allocates on its own account, so the ceiling is what
// validation adds to it.
func TestValidateAllocatesLittle(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	keys, err := jwks.ParseStatic(issuer.JWKS())
	require.NoError(t, err)
	validator, err := jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()},
		Keys: keys})
	require.NoError(t, err)

	bearer := issuer.Token(jwttest.Scope("openid profile email"))
	last := strings.LastIndexByte(bearer, '.')
	signed, key := []byte(bearer[:last]), issuer.PublicKey(issuer.KeyID()).(*rsa.PublicKey)
	floor := testing.AllocsPerRun(100, func() {
		signature, _ := base64.RawURLEncoding.DecodeString(bearer[last+1:])
		sum := sha256.Sum256(signed)
		require.NoError(t, rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature))
	})
	validate := testing.AllocsPerRun(100, func() {
		if _, err := validator.Validate(t.Context(), bearer); err != nil {
			t.Fatal(err)
		}
	})
	require.LessOrEqual(t, validate-floor, 2.0)
}

func TestRefusingAllocatesLittle(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	validator, err := jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()},
		Keys: issuer})
	require.NoError(t, err)
	good := issuer.Token()
	header, payload, _ := strings.Cut(good, ".")
	for name, bad := range map[string]string{
		"junk":     strings.Repeat("a", 8<<10),
		"megabyte": strings.Repeat("a", 1<<20),
		"header":   header + strings.Repeat("a", 1<<20) + "." + payload,
		"payload":  header + "." + strings.Repeat("a", 1<<20) + payload,
		"none":     issuer.Token(jwttest.Alg("none")),
		"dots":     strings.Repeat(".", 16<<10),
		"depth":    issuer.Token(jwttest.RawHeader(`{"alg":` + strings.Repeat("[", 4000))),
		"members":  issuer.Token(jwttest.RawHeader(`{"alg":"RS256"` + strings.Repeat(`,"a":1`, 900) + `}`)),
	} {
		t.Run(name, func(t *testing.T) {
			allocs := testing.AllocsPerRun(20, func() {
				if _, err := validator.Validate(t.Context(), bad); err == nil {
					t.Fatal("accepted")
				}
			})
			require.LessOrEqual(t, allocs, 20.0)
		})
	}
}

// An idle resource server: the validator, its keys and the protector.
func TestIdleMemory(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	document := issuer.JWKS()
	before := heap()
	keys, err := jwks.ParseStatic(document)
	require.NoError(t, err)
	tokens, err := jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: keys})
	require.NoError(t, err)
	guard, err := protector.New(protector.Config{Validators: []protector.Validator{protector.Bearer(tokens.Validate)}})
	require.NoError(t, err)
	require.Less(t, heap()-before, 1<<20)
	runtime.KeepAlive(guard)
}

func heap() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// A tenant that is idle costs what it knows and little beside: its Remote with one key, its validator with what it
// remembers of a token, and its place in the table.
//
// checklist 213
func TestATenantIsSmall(t *testing.T) {
	const many, most = 500, 4 << 10
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	client := issuer.Client()
	tenants, err := jwt.NewTenants(jwt.TenantsConfig{Resolve: func(_ context.Context, iss string) (jwt.Config, error) {
		keys, err := jwks.NewRemote(jwks.Config{Issuer: iss, URL: issuer.JWKSURL(), HTTPClient: client})
		return jwt.Config{Keys: keys, Audiences: []string{issuer.Audience()}}, err
	}})
	require.NoError(t, err)
	tokens := make([]string, many)
	for i := range tokens {
		tokens[i] = issuer.Token(jwttest.Claim("iss", fmt.Sprintf("https://issuer.example/tenants/%d", i)))
	}
	before := heap()
	for _, token := range tokens {
		_, err := tenants.Validate(t.Context(), token)
		require.NoError(t, err)
	}
	each := (heap() - before) / many
	t.Logf("%d bytes each", each)
	runtime.KeepAlive(tokens)
	require.Equal(t, many, tenants.Status().Live)
	require.Less(t, each, most)
}
