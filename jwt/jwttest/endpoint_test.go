package jwttest_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/jwttest"
)

// both runs a test against an issuer with a socket and one without: they are
// to be told apart by nothing but their URL.
func both(t *testing.T, test func(t *testing.T, issuer *jwttest.Issuer)) {
	t.Run("loopback", func(t *testing.T) { test(t, jwttest.NewIssuer(t, jwttest.FirstKey("ES256"))) })
	t.Run("memory", func(t *testing.T) { test(t, jwttest.NewIssuer(t, jwttest.FirstKey("ES256"), jwttest.InMemory())) })
}

func get(t *testing.T, issuer *jwttest.Issuer, url string, headers ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := issuer.Client().Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(body)
}

func TestMetadataNamesTheIssuerAndItsKeys(t *testing.T) {
	both(t, func(t *testing.T, issuer *jwttest.Issuer) {
		for _, path := range []string{"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"} {
			response, body := get(t, issuer, issuer.URL()+path)
			require.Equal(t, 200, response.StatusCode)
			require.Equal(t, "application/json", response.Header.Get("Content-Type"))
			require.Equal(t, issuer.URL(), decode(t, body)["issuer"])
			require.Equal(t, issuer.JWKSURL(), decode(t, body)["jwks_uri"])
		}
		require.Equal(t, jwttest.Requests{Discovery: 2}, issuer.Requests())
	})
}

func TestMetadataOfAnIssuerWithAPath(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.FirstKey("ES256"), jwttest.At("https://id.example/tenant"))
	tests := []struct {
		path   string
		status int
	}{
		{"/.well-known/oauth-authorization-server/tenant", 200},
		{"/.well-known/openid-configuration/tenant", 200},
		{"/tenant/.well-known/openid-configuration", 200},
		{"/tenant/.well-known/oauth-authorization-server", 404},
		{"/.well-known/openid-configuration", 404},
		{"/tenant/jwks", 200},
		{"/jwks", 404},
	}
	for _, tt := range tests {
		response, _ := get(t, issuer, "https://id.example"+tt.path)
		require.Equal(t, tt.status, response.StatusCode, tt.path)
	}
	_, err := issuer.Client().Get("https://elsewhere.example/jwks")
	require.ErrorContains(t, err, "only https://id.example is here")
	_, err = issuer.Client().Get("http://id.example/tenant/jwks")
	require.ErrorContains(t, err, "only https://id.example is here")
}

func TestMetadataOfAnIssuerWithATrailingSlash(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.FirstKey("ES256"), jwttest.At("https://id.example/"))
	require.Equal(t, "https://id.example/", claims(t, issuer.Token())["iss"])
	require.Equal(t, "https://id.example/jwks", issuer.JWKSURL())
	for _, url := range []string{"https://id.example/.well-known/openid-configuration", issuer.JWKSURL()} {
		response, _ := get(t, issuer, url)
		require.Equal(t, 200, response.StatusCode, url)
	}
}

func TestAlterMetadata(t *testing.T) {
	both(t, func(t *testing.T, issuer *jwttest.Issuer) {
		issuer.AlterMetadata(func(m map[string]any) { m["issuer"] = "https://evil.example"; delete(m, "jwks_uri") })
		_, body := get(t, issuer, issuer.URL()+"/.well-known/openid-configuration")
		require.Equal(t, "https://evil.example", decode(t, body)["issuer"])
		require.NotContains(t, decode(t, body), "jwks_uri")
		issuer.AlterMetadata(nil)
		_, body = get(t, issuer, issuer.URL()+"/.well-known/openid-configuration")
		require.Equal(t, issuer.URL(), decode(t, body)["issuer"])
	})
}

func TestKeySetFollowsTheKeys(t *testing.T) {
	both(t, func(t *testing.T, issuer *jwttest.Issuer) {
		published := func() string {
			response, body := get(t, issuer, issuer.JWKSURL())
			require.Equal(t, "application/jwk-set+json", response.Header.Get("Content-Type"))
			require.Equal(t, string(issuer.JWKS()), body)
			return body
		}
		first := issuer.KeyID()
		second := issuer.AddKey("EdDSA")
		require.Equal(t, first, issuer.KeyID(), "an announced key does not sign yet")
		require.Len(t, decode(t, published())["keys"], 2)

		issuer.Alter(second, func(jwk map[string]any) { jwk["use"] = "enc"; delete(jwk, "alg") })
		require.Contains(t, published(), `"use":"enc"`)
		issuer.PublishRaw(`{"kty":`, `7`)
		require.Regexp(t, `,\{"kty":,7\]\}$`, published())
		issuer.Retire(second)
		require.NotContains(t, published(), second)
		issuer.SetJWKS([]byte("<html>"))
		require.Equal(t, "<html>", published())
		issuer.SetJWKS(nil)
		require.Contains(t, published(), first)
		require.Equal(t, 6, issuer.Requests().JWKS)
	})
}

func TestKeySetAnswersConditionalRequests(t *testing.T) {
	both(t, func(t *testing.T, issuer *jwttest.Issuer) {
		response, _ := get(t, issuer, issuer.JWKSURL())
		etag := response.Header.Get("ETag")
		require.NotEmpty(t, etag)
		require.Empty(t, response.Header.Values("Cache-Control"))

		response, body := get(t, issuer, issuer.JWKSURL(), "If-None-Match", `"other", W/`+etag)
		require.Equal(t, 304, response.StatusCode)
		require.Empty(t, body)
		issuer.Rotate()
		response, _ = get(t, issuer, issuer.JWKSURL(), "If-None-Match", etag)
		require.Equal(t, 200, response.StatusCode)
		require.Equal(t, jwttest.Requests{JWKS: 3, NotModified: 1}, issuer.Requests())
	})
}

func TestSetHeader(t *testing.T) {
	both(t, func(t *testing.T, issuer *jwttest.Issuer) {
		issuer.SetHeader("Cache-Control", "max-age=60")
		issuer.SetHeader("ETag", "")
		issuer.SetHeader("Content-Type", "")
		response, _ := get(t, issuer, issuer.JWKSURL(), "If-None-Match", "")
		require.Equal(t, 200, response.StatusCode)
		require.Equal(t, "max-age=60", response.Header.Get("Cache-Control"))
		require.NotContains(t, response.Header, "Etag")
		require.NotContains(t, response.Header, "Content-Type")
		issuer.SetHeader("ETag", `"mine"`)
		response, _ = get(t, issuer, issuer.JWKSURL(), "If-None-Match", `"mine"`)
		require.Equal(t, 304, response.StatusCode)
	})
}

func TestHandlerServesUnderAnotherListener(t *testing.T) {
	both(t, func(t *testing.T, issuer *jwttest.Issuer) {
		answer := serve(issuer.Handler(), http.MethodGet, "/jwks")
		require.Equal(t, string(issuer.JWKS()), answer.Body.String())
		require.Equal(t, 405, serve(issuer.Handler(), http.MethodPost, "/jwks").Code)
		require.Equal(t, 404, serve(issuer.Handler(), http.MethodGet, "/other").Code)
	})
}
