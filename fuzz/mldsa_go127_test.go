//go:build go1.27 && !fips140v1.0

package fuzz_test

import (
	"crypto"
	"crypto/mldsa"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwks/jwk"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
)

var postQuantum = []string{"ML-DSA-44", "ML-DSA-65", "ML-DSA-87"}

var postQuantumKeys = map[string]*mldsa.PrivateKey{
	"ML-DSA-44": must(mldsa.GenerateKey(mldsa.MLDSA44())),
	"ML-DSA-65": must(mldsa.GenerateKey(mldsa.MLDSA65())),
	"ML-DSA-87": must(mldsa.GenerateKey(mldsa.MLDSA87())),
}

// Their keys, and what is none, take part in the sweeps.
func init() {
	for alg, key := range postQuantumKeys {
		schemes[alg] = scheme{alg, 0, nil}
		moreSigners = append(moreSigners, keySigner{alg, key, []string{alg}, nil})
	}
	moreNoKeys = append(moreNoKeys, (*mldsa.PublicKey)(nil), &mldsa.PublicKey{}, mldsa.PublicKey{},
		postQuantumKeys["ML-DSA-44"], *postQuantumKeys["ML-DSA-44"].PublicKey())
}

// TestRFC9964 reads the keys that the RFC prints, whose kid is their thumbprint, and verifies its signatures, which are
// over a text and no claims.
//
// checklist 183
func TestRFC9964(t *testing.T) {
	var vectors []struct {
		JWK json.RawMessage `json:"jwk"`
		JWS string          `json:"jws"`
	}
	require.NoError(t, json.Unmarshal(must(os.ReadFile("testdata/rfc9964.json")), &vectors))
	require.Len(t, vectors, len(postQuantum))
	for i, vector := range vectors {
		key, err := jwk.Parse(vector.JWK)
		require.NoError(t, err)
		require.Equal(t, "AKP", key.Type)
		require.Equal(t, key.ID, key.Thumbprint)
		require.Equal(t, postQuantum[i:i+1], key.Algorithms)

		// The private key of each is 32 bytes of zero.
		parameters := []mldsa.Parameters{mldsa.MLDSA44(), mldsa.MLDSA65(), mldsa.MLDSA87()}[i]
		private := must(mldsa.NewPrivateKey(parameters, make([]byte, mldsa.PrivateKeySize)))
		require.True(t, jwk.Same(private.Public(), key.Public))

		v := vectorValidator(t, postQuantum[i], string(vector.JWK))
		require.Equal(t, jwt.ReasonClaims, reason(t, v, vector.JWS))
		segments := strings.Split(vector.JWS, ".")
		require.Equal(t, jwt.ReasonSignature, reason(t, v, segments[0]+"."+segments[1]+"AA."+segments[2]))
		require.Equal(t, jwt.ReasonSignature, reason(t, v, segments[0]+"."+segments[1]+"."+flipFirst(segments[2])))
	}
}

// TestContextIsEmpty signs for another purpose with the same key (FIPS 204 §5.2), and in the two ways that RFC 9964
// §5 leaves out: over a hash of the text, and with another parameter set.
//
// checklist 183
func TestContextIsEmpty(t *testing.T) {
	header := encode64(`{"alg":"ML-DSA-44","typ":"at+jwt"}`)
	signed := []byte(header + "." + encode64(fuzzClaims))
	key := postQuantumKeys["ML-DSA-44"]
	v := must(jwt.NewValidator(jwt.Config{Issuer: fuzzIssuer, Audiences: []string{fuzzAudience},
		Keys: careless{key.Public()}, Algorithms: postQuantum,
		Now: func() time.Time { return fuzzNow }}))
	for name, tc := range map[string]struct {
		text    []byte
		options crypto.SignerOpts
		good    bool
	}{
		"no options":      {signed, nil, true},
		"empty context":   {signed, &mldsa.Options{}, true},
		"another context": {signed, &mldsa.Options{Context: "JWS"}, false},
		"a hash":          {fuzzDigest(crypto.SHA512, string(signed)), nil, false},
	} {
		token := string(signed) + "." + encode64(string(must(key.Sign(nil, tc.text, tc.options))))
		_, err := v.Validate(t.Context(), token)
		if tc.good {
			require.NoError(t, err, name)
		} else {
			require.Equal(t, jwt.ReasonSignature, reason(t, v, token), name)
		}
	}
}

// TestMLDSAOverHTTP sends the longest token there is through a server as it comes, with keys that are fetched: first
// those of an issuer that has no other, then those of one that adds such a key under a kid that is in use.
//
// checklist 183, 187
func TestMLDSAOverHTTP(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.FirstKey("ES256"))
	keys := must(jwks.NewRemote(jwks.Config{Issuer: issuer.URL()}))
	validator := must(jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: keys,
		Algorithms: []string{"ES256", "ML-DSA-87"}}))
	guard := must(protector.New(protector.Config{Validators: []protector.Validator{protector.Bearer(validator.Validate)}}))
	server := httptest.NewServer(guard.Require()(http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })))
	defer server.Close()
	status := func(token string) int {
		request := must(http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil))
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := server.Client().Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		return response.StatusCode
	}
	old := issuer.KeyID()
	require.Equal(t, http.StatusNoContent, status(issuer.Token()))

	issuer.Alter(issuer.AddKey("ML-DSA-87"), func(jwk map[string]any) { jwk["kid"] = old })
	token := issuer.Token(jwttest.Alg("ML-DSA-87"), jwttest.Header("kid", old))
	require.Greater(t, len(token), 6<<10)
	require.Equal(t, http.StatusNoContent, status(token), "one fetch, at once")
	require.Equal(t, http.StatusNoContent, status(issuer.Token()))
	forged := issuer.Token(jwttest.Alg("ML-DSA-87"), jwttest.Header("kid", old), jwttest.Tampered())
	require.Equal(t, http.StatusUnauthorized, status(forged))
	require.Equal(t, 2, issuer.Requests().JWKS)

	listed := keys.Status().Keys
	require.Len(t, listed, 2)
	require.Equal(t, "AKP", listed[1].Type)
	require.Equal(t, []string{"ML-DSA-87"}, listed[1].Algorithms)
	require.Len(t, listed[1].Thumbprint, 43)
}
