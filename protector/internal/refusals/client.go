package refusals

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"example.com/resourceserver/jwt/jwttest"
)

// client holds a key, and proves it (RFC 9449 §4.2).
type client struct {
	key *ecdsa.PrivateKey
	jwk string
}

func newClient() client {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	point := must(key.PublicKey.Bytes())
	// The members that the thumbprint is of, in its order (RFC 7638 §3.2).
	return client{key, fmt.Sprintf(`{"crv":"P-256","kty":"EC","x":%q,"y":%q}`, encoded(point[1:33]), encoded(point[33:]))}
}

// bound is the option for a token that is bound to the client's key.
func (c client) bound() jwttest.TokenOption {
	return jwttest.Claim("cnf", map[string]string{"jkt": hashed(c.jwk)})
}

// proof returns a header field.
func (c client) proof(method, path, token, nonce string, at time.Time) string {
	claims := map[string]any{
		"jti": rand.Text(), "htm": method, "htu": origin + path, "iat": at.Unix(), "ath": hashed(token),
	}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	signed := encoded([]byte(`{"typ":"dpop+jwt","alg":"ES256","jwk":`+c.jwk+`}`)) + "." +
		encoded(must(json.Marshal(claims)))
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, c.key, digest[:])
	if err != nil {
		panic(err)
	}
	signature := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	return "DPoP: " + signed + "." + encoded(signature)
}

func encoded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func hashed(s string) string {
	sum := sha256.Sum256([]byte(s))
	return encoded(sum[:])
}
