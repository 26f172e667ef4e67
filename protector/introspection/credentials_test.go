package introspection_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector/introspection"
)

// question is what a server got to see of one call.
type question struct {
	method        string
	contentType   string
	accept        string
	authorization string
	idempotency   []string
	form          url.Values
}

// asked introspects once with these credentials and returns the question.
func asked(t *testing.T, credentials introspection.Credentials) question {
	t.Helper()
	var q question
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		h := r.Header
		q = question{
			r.Method, h.Get("Content-Type"), h.Get("Accept"), h.Get("Authorization"), h.Values("Idempotency-Key"), nil,
		}
		if r.ParseForm() == nil {
			q.form = r.PostForm
		}
		answering(activeAnswer)(w, r)
	})
	c := config(server.URL)
	c.Credentials = credentials
	_, err := newClient(t, c).Introspect(t.Context(), token)
	require.NoError(t, err)
	return q
}

// checklist 171, 179
func TestQuestion(t *testing.T) {
	q := asked(t, introspection.ClientSecretBasic("api", "secret"))
	require.Equal(t, http.MethodPost, q.method)
	require.Equal(t, "application/x-www-form-urlencoded", q.contentType)
	require.Equal(t, "application/json", q.accept)
	require.Empty(t, q.idempotency)
	require.Equal(t, url.Values{"token": {token}, "token_type_hint": {"access_token"}}, q.form)
}

// checklist 171
func TestClientSecretBasic(t *testing.T) {
	// The id and the secret have every character that the encoding is about.
	q := asked(t, introspection.ClientSecretBasic("https://api:1", "p ss:w%rd+é"))
	encoded, ok := strings.CutPrefix(q.authorization, "Basic ")
	require.True(t, ok)
	pair, err := base64.StdEncoding.DecodeString(encoded)
	require.NoError(t, err)
	require.Equal(t, "https%3A%2F%2Fapi%3A1:p+ss%3Aw%25rd%2B%C3%A9", string(pair))
	require.NotContains(t, q.form, "client_secret")
}

// checklist 171
func TestClientSecretBasicUnencoded(t *testing.T) {
	q := asked(t, introspection.ClientSecretBasicUnencoded("https//api 1", "p ss:w%rd+é"))
	encoded, ok := strings.CutPrefix(q.authorization, "Basic ")
	require.True(t, ok)
	pair, err := base64.StdEncoding.DecodeString(encoded)
	require.NoError(t, err)
	require.Equal(t, "https//api 1:p ss:w%rd+é", string(pair))
}

// Servers that do not decode refuse a secret that has something to encode: the error
// says what to try, and nothing of the secret.
func TestRefusedSecretNamesTheOtherForm(t *testing.T) {
	basic, plain := introspection.ClientSecretBasic, introspection.ClientSecretBasicUnencoded
	for name, tc := range map[string]struct {
		credentials introspection.Credentials
		says        string
	}{
		"encoded":           {basic("api", "hush+/="), "try ClientSecretBasicUnencoded"},
		"encoded id":        {basic("api 1", "hush"), "try ClientSecretBasicUnencoded"},
		"unencoded":         {plain("api", "hush+/="), "try ClientSecretBasic"},
		"no difference":     {basic("api", "hush-._~9"), ""},
		"no difference now": {plain("api", "hush-._~9"), ""},
		"in the form":       {introspection.ClientSecretPost("api", "hush+/="), ""},
	} {
		for _, body := range []string{`{"error":"invalid_client"}`, ``} {
			t.Run(name, func(t *testing.T) {
				c := config(serve(t, withStatus(401, body)).URL)
				c.Credentials = tc.credentials
				_, err := newClient(t, c).Introspect(t.Context(), token)
				require.Error(t, err)
				require.NotContains(t, err.Error(), "hush")
				if tc.says == "" {
					require.NotContains(t, err.Error(), "ClientSecretBasic")
					return
				}
				require.ErrorContains(t, err, tc.says)
			})
		}
	}
}

// checklist 171
func TestClientSecretPost(t *testing.T) {
	q := asked(t, introspection.ClientSecretPost("api", "p ss:w%rd"))
	require.Empty(t, q.authorization)
	require.Equal(t, "api", q.form.Get("client_id"))
	require.Equal(t, "p ss:w%rd", q.form.Get("client_secret"))
}

// checklist 171
func TestBearerToken(t *testing.T) {
	q := asked(t, introspection.BearerToken(func(ctx context.Context) (string, error) {
		_, limited := ctx.Deadline()
		require.True(t, limited)
		return "ours", nil
	}))
	require.Equal(t, "Bearer ours", q.authorization)
}

func TestBearerTokenSourceFails(t *testing.T) {
	for name, source := range map[string]func(context.Context) (string, error){
		"error":     func(context.Context) (string, error) { return "", errors.New("vault is sealed") },
		"empty":     func(context.Context) (string, error) { return "", nil },
		"splitting": func(context.Context) (string, error) { return "a\r\nX: b", nil },
		"panic":     func(context.Context) (string, error) { panic("token " + token) },
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("asked without credentials") })
			c := config(server.URL)
			c.Credentials = introspection.BearerToken(source)
			_, err := newClient(t, c).Introspect(t.Context(), token)
			requireUnavailable(t, err, introspection.FailureNoCredentials)
		})
	}
}

// checklist 171
func TestPrivateKeyJWT(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)

	for alg, key := range map[string]crypto.Signer{"ES256": ec, "RS256": rs, "EdDSA": ed} {
		t.Run(alg, func(t *testing.T) {
			q := asked(t, introspection.PrivateKeyJWT("api", "https://issuer.example", "key-1", key))
			require.Empty(t, q.authorization)
			require.Equal(t, "api", q.form.Get("client_id"))
			require.Equal(t, "urn:ietf:params:oauth:client-assertion-type:jwt-bearer", q.form.Get("client_assertion_type"))
			header, claims := readAssertion(t, q.form.Get("client_assertion"), key.Public())
			require.Equal(t, map[string]any{"alg": alg, "typ": "JWT", "kid": "key-1"}, header)
			require.Equal(t, "api", claims["iss"])
			require.Equal(t, "api", claims["sub"])
			require.Equal(t, "https://issuer.example", claims["aud"])
			require.NotEmpty(t, claims["jti"])
			require.Equal(t, time.Minute.Seconds(), claims["exp"].(float64)-claims["iat"].(float64))
		})
	}
}

func TestPrivateKeyJWTIsNewEachTime(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	credentials := introspection.PrivateKeyJWT("api", "https://issuer.example", "", key)
	header, first := readAssertion(t, asked(t, credentials).form.Get("client_assertion"), key.Public())
	_, second := readAssertion(t, asked(t, credentials).form.Get("client_assertion"), key.Public())
	require.NotEqual(t, first["jti"], second["jti"])
	require.NotContains(t, header, "kid")
}

// A question that is sent again because its kept connection was closed has an
// assertion of its own: the server may have seen the other.
func TestAssertionIsSentOnce(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	var mu sync.Mutex
	sent := make(map[string]int)
	questions := 0
	address := hangingUp(t, func(r *http.Request) {
		assertion := r.PostFormValue("client_assertion")
		mu.Lock()
		defer mu.Unlock()
		sent[assertion]++
		questions++
	})
	c := config("http://" + address)
	c.Credentials = introspection.PrivateKeyJWT("api", "https://issuer.example", "", key)
	client := newClient(t, c)
	for i := range 5 {
		_, err := client.Introspect(t.Context(), fmt.Sprint("token", i))
		require.NoError(t, err)
	}
	require.Greater(t, questions, 5, "some were sent again")
	require.Len(t, sent, questions)
	for assertion := range sent {
		readAssertion(t, assertion, key.Public())
	}
}

// brokenSigner has a good key and makes bad signatures.
type brokenSigner struct {
	crypto.Signer
	signature []byte
	err       error
}

func (b brokenSigner) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return b.signature, b.err
}

func TestPrivateKeyJWTSignerFails(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	for name, signer := range map[string]crypto.Signer{
		"error":        brokenSigner{Signer: key, err: errors.New("no card in the reader")},
		"not ASN.1":    brokenSigner{Signer: key, signature: []byte("R and S")},
		"out of range": brokenSigner{Signer: key, signature: []byte{0x30, 6, 2, 1, 0, 2, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			c := config(serve(t, answering(activeAnswer)).URL)
			c.Credentials = introspection.PrivateKeyJWT("api", "https://issuer.example", "", signer)
			_, err := newClient(t, c).Introspect(t.Context(), token)
			requireUnavailable(t, err, introspection.FailureNoCredentials)
		})
	}
}

// readAssertion verifies a JWT by the standard library alone.
func readAssertion(t *testing.T, jwt string, key crypto.PublicKey) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(jwt, ".")
	require.Len(t, parts, 3)
	raw := make([][]byte, 3)
	for i, part := range parts {
		var err error
		raw[i], err = base64.RawURLEncoding.DecodeString(part)
		require.NoError(t, err)
	}
	require.NoError(t, json.Unmarshal(raw[0], &header))
	require.NoError(t, json.Unmarshal(raw[1], &claims))

	input := []byte(parts[0] + "." + parts[1])
	digest := sha256.Sum256(input)
	switch key := key.(type) {
	case *ecdsa.PublicKey:
		require.Len(t, raw[2], 64)
		r, s := new(big.Int).SetBytes(raw[2][:32]), new(big.Int).SetBytes(raw[2][32:])
		require.True(t, ecdsa.Verify(key, digest[:], r, s))
	case *rsa.PublicKey:
		require.NoError(t, rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], raw[2]))
	case ed25519.PublicKey:
		require.True(t, ed25519.Verify(key, input, raw[2]))
	}
	return header, claims
}
