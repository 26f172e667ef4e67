package jwt_test

import (
	"testing"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// An explanation may take three times as long as the validation beside it.
func BenchmarkExplain(b *testing.B) {
	for _, alg := range []string{"RS256", "ES256", "HS256"} {
		issuer := jwttest.NewIssuer(b, jwttest.InMemory(), jwttest.FirstKey("RS256"))
		config, kid := configOf(issuer), jwttest.Key(issuer.AddKey("ES256"))
		if alg == "RS256" {
			kid = jwttest.Key(issuer.KeyID())
		}
		if alg == "HS256" {
			withSecret(&config)
			kid = jwttest.Secret(secret)
		}
		v, err := jwt.NewValidator(config)
		if err != nil {
			b.Fatal(err)
		}
		for name, token := range map[string]string{
			"good":   issuer.Token(kid, jwttest.Scope("openid profile email")),
			"faulty": issuer.Token(kid, jwttest.Typ("JWT"), jwttest.Audience("other"), jwttest.Without("jti")),
		} {
			b.Run("alg="+alg+"/token="+name+"/call=Validate", func(b *testing.B) {
				for b.Loop() {
					_, _ = v.Validate(b.Context(), token)
				}
			})
			b.Run("alg="+alg+"/token="+name+"/call=Explain", func(b *testing.B) {
				for b.Loop() {
					v.Explain(b.Context(), token)
				}
			})
		}
	}
}
