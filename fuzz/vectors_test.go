package fuzz_test

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// vectorSecret is the secret of the HS256 examples in RFC 7515 and 7797 (RFC 7515 A.1.1).
var vectorSecret = signedVectors[0].key

// vectorValidator takes what the examples have instead of an access token's header: no typ, or "JWT".
func vectorValidator(t *testing.T, alg, key string) *jwt.Validator {
	t.Helper()
	config := jwt.Config{
		Issuer: "joe", Audiences: []string{"api"}, Algorithms: []string{alg},
		Profile: jwt.Profile{AllowMissingType: true, Types: []string{"JWT"}, Absent: []string{"nonce"}},
		Now:     func() time.Time { return time.Unix(1300819379, 0) },
	}
	if strings.HasPrefix(alg, "HS") {
		secret, err := base64.RawURLEncoding.DecodeString(key)
		require.NoError(t, err)
		config.Secret = secret
	} else {
		keys, err := jwks.ParseStatic([]byte(`{"keys":[` + key + `]}`))
		require.NoError(t, err)
		require.Empty(t, keys.Skipped())
		config.Keys = keys
	}
	v, err := jwt.NewValidator(config)
	require.NoError(t, err)
	return v
}

func reason(t *testing.T, v *jwt.Validator, token string) jwt.Reason {
	t.Helper()
	accepted, err := v.Validate(t.Context(), token)
	require.Nil(t, accepted)
	var refusal *jwt.Error
	require.ErrorAs(t, err, &refusal)
	return refusal.Reason
}

// checklist 32, 39, 52
func TestSignedVectors(t *testing.T) {
	for _, vector := range signedVectors {
		t.Run(vector.section+" "+vector.alg, func(t *testing.T) {
			v := vectorValidator(t, vector.alg, vector.key)
			require.Equal(t, vector.reason, reason(t, v, vector.token))

			// The same signature over anything else, and any other signature, are refused as such.
			segments := strings.Split(vector.token, ".")
			require.Equal(t, jwt.ReasonSignature, reason(t, v, segments[0]+"."+segments[1]+"AA."+segments[2]))
			require.Equal(t, jwt.ReasonSignature, reason(t, v, segments[0]+"."+segments[1]+"."+flipFirst(segments[2])))
		})
	}
}

// flipFirst changes the first bit of a base64url text.
func flipFirst(text string) string {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		panic(err)
	}
	b[0] ^= 0x80
	return base64.RawURLEncoding.EncodeToString(b)
}

// checklist 72, 75, 79, 109
func TestRefusedVectors(t *testing.T) {
	v := vectorValidator(t, "HS256", vectorSecret)
	for _, vector := range refusedVectors {
		t.Run(vector.section+" "+vector.what, func(t *testing.T) {
			require.Equal(t, vector.reason, reason(t, v, vector.token))
		})
	}
}

func TestThumbprintVectors(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory())
	for _, vector := range thumbprintVectors {
		t.Run(vector.section, func(t *testing.T) {
			issuer.SetJWKS([]byte(`{"keys":[` + vector.key + `]}`))
			keys, err := jwks.NewRemote(jwks.Config{URL: issuer.JWKSURL(), HTTPClient: issuer.Client()})
			require.NoError(t, err)
			require.NoError(t, keys.Refresh(t.Context()))
			require.Len(t, keys.Status().Keys, 1)
			require.Equal(t, vector.thumbprint, keys.Status().Keys[0].Thumbprint)
		})
	}
}

// TestAccessTokenVector signs the example of RFC 9068 §2.2, which the RFC prints without a signature.
//
// checklist 28, 30, 31, 37, 39
func TestAccessTokenVector(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.At("https://authorization-server.example.com/"))
	token := issuer.Token(
		jwttest.RawHeader(`{"typ":"at+JWT","alg":"RS256","kid":"`+issuer.KeyID()+`"}`),
		jwttest.RawPayload(`{
     "iss": "https://authorization-server.example.com/",
     "sub": "5ba552d67",
     "aud":   "https://rs.example.com/",
     "exp": 1639528912,
     "iat": 1618354090,
     "jti" : "dbe39bf3a3ba4238a513f51d6e1691c4",
     "client_id": "s6BhdRkqt3",
     "scope": "openid profile reademail"
   }`))
	for at, want := range map[int64]jwt.Reason{1618354090 - 31: jwt.ReasonIssuedInFuture, 1618354090: "", 1639528911: "",
		1639528912 + 30: jwt.ReasonExpired} {
		v, err := jwt.NewValidator(jwt.Config{
			Issuer: "https://authorization-server.example.com/", Audiences: []string{"https://rs.example.com/"}, Keys: issuer,
			Now: func() time.Time { return time.Unix(at, 0) },
		})
		require.NoError(t, err)
		if want != "" {
			require.Equal(t, want, reason(t, v, token))
			continue
		}
		accepted, err := v.Validate(t.Context(), token)
		require.NoError(t, err)
		require.Equal(t, "5ba552d67", accepted.Subject())
		require.Equal(t, "s6BhdRkqt3", accepted.ClientID())
		require.Equal(t, "dbe39bf3a3ba4238a513f51d6e1691c4", accepted.ID())
		require.Equal(t, "openid profile reademail", accepted.Scopes().String())
		require.Equal(t, time.Unix(1639528912, 0), accepted.ExpiresAt())
		require.Equal(t, time.Unix(1618354090, 0), accepted.IssuedAt())
	}
}
