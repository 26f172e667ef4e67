package redisstore_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks/jwk"
	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/redisstore"
	"example.com/resourceserver/scopes"
)

// publicOrigin is where clients believe the replicas to be, wherever those listen.
const publicOrigin = "https://api.example"

// newService is one replica: an API in front of which used proofs are looked up in
// the store. Its one token is bound to the key with that thumbprint.
func newService(store *redisstore.Store, thumbprint string) (http.Handler, error) {
	proofs, err := dpop.NewVerifier(dpop.Config{PublicOrigins: []string{publicOrigin}, Replay: store})
	if err != nil {
		return nil, err
	}
	authenticate := func(context.Context, string) (*token, error) { return &token{thumbprint}, nil }
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.DPoP(authenticate, proofs)},
	})
	if err != nil {
		return nil, err
	}
	return guard.Require()(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})), nil
}

type token struct{ thumbprint string }

func (*token) Scopes() scopes.Set                { return scopes.Set{} }
func (*token) ExpiresAt() time.Time              { return time.Time{} }
func (t *token) Confirmation() map[string]string { return map[string]string{"jkt": t.thumbprint} }

// client makes proofs (RFC 9449 §4.2).
type client struct {
	key        *ecdsa.PrivateKey
	header     string
	thumbprint string
}

func newClient(t *testing.T) *client {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	point, err := key.PublicKey.Bytes()
	require.NoError(t, err)
	public := fmt.Sprintf(`{"kty":"EC","crv":"P-256","x":%q,"y":%q}`, encoded(point[1:33]), encoded(point[33:]))
	parsed, err := jwk.Parse([]byte(public))
	require.NoError(t, err)
	return &client{key, encoded([]byte(`{"typ":"dpop+jwt","alg":"ES256","jwk":` + public + `}`)), parsed.Thumbprint}
}

func (c *client) proof(t *testing.T) string {
	hash := sha256.Sum256([]byte(accessToken))
	claims, err := json.Marshal(map[string]any{
		"jti": rand.Text(), "htm": "GET", "htu": publicOrigin + "/", "iat": time.Now().Unix(), "ath": encoded(hash[:]),
	})
	require.NoError(t, err)
	signed := c.header + "." + encoded(claims)
	digest := sha256.Sum256([]byte(signed))
	r, s, err := ecdsa.Sign(rand.Reader, c.key, digest[:])
	require.NoError(t, err)
	return signed + "." + encoded(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

func encoded(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

const accessToken = "a-token"

// get sends the token and a proof, and returns the answer without its body.
func get(ctx context.Context, address, proof string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/", nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "DPoP "+accessToken)
	request.Header.Set("DPoP", proof)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	return response, response.Body.Close()
}
