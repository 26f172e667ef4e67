package redisstore_test

import (
	"context"
	"net/http"
	"time"

	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/jwt/jwttest"
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

const accessToken = "a-token"

// newProof returns one that no other equals.
func newProof(client *jwttest.Client) string {
	return client.Proof(http.MethodGet, publicOrigin+"/", accessToken)
}

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
