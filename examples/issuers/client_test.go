package issuers_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// callback is where issuers send the browser at the end. Nobody goes there.
const callback = "https://app.example/callback"

// client is an application, and the browser of its user.
type client struct {
	id, secret string
	endpoints  metadata
	browser    *http.Client
}

// metadata is what a client needs of an issuer's (OpenID Connect Discovery §3).
type metadata struct {
	Authorization string `json:"authorization_endpoint"`
	Token         string `json:"token_endpoint"`
}

// granted is the answer of a token endpoint (RFC 6749 §5.1).
type granted struct {
	AccessToken  string `json:"access_token"`
	IDToken      string `json:"id_token"`
	RefreshToken string `json:"refresh_token"`
}

// newClient reads the issuer's metadata, from where OpenID Connect has it or RFC 8414 does.
func newClient(t *testing.T, issuer, id, secret string) *client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	c := &client{id: id, secret: secret, browser: &http.Client{Jar: jar, Timeout: patience, CheckRedirect: follow}}
	base := strings.TrimSuffix(issuer, "/") + "/.well-known/"
	response, err := c.browser.Get(base + "openid-configuration")
	require.NoError(t, err)
	if response.StatusCode == http.StatusNotFound {
		response.Body.Close()
		response, err = c.browser.Get(base + "oauth-authorization-server")
		require.NoError(t, err)
	}
	require.NoError(t, json.Unmarshal([]byte(okay(t, response)), &c.endpoints))
	return c
}

// follow goes where redirects lead, until they lead to the application.
func follow(next *http.Request, _ []*http.Request) error {
	if strings.HasPrefix(next.URL.String(), callback) {
		return http.ErrUseLastResponse
	}
	return nil
}

// signIn gets tokens by the authorization code grant with PKCE (RFC 7636) and a nonce. login is what the user answers
// the page with at which the redirects end; it is nil where the user is signed in already. more are further parameters
// of both requests, by name and value.
func (c *client) signIn(
	t *testing.T, scope string, login func(page *http.Response) *http.Response, more ...string,
) granted {
	t.Helper()
	verifier := rand.Text() + rand.Text()
	challenge := sha256.Sum256([]byte(verifier))
	response, err := c.browser.Get(c.endpoints.Authorization + "?" + form(more,
		"response_type", "code",
		"client_id", c.id,
		"redirect_uri", callback,
		"scope", scope,
		"state", rand.Text(),
		"nonce", rand.Text(),
		"code_challenge", base64.RawURLEncoding.EncodeToString(challenge[:]),
		"code_challenge_method", "S256",
	).Encode())
	require.NoError(t, err)
	if login != nil {
		response = login(response)
	}
	said := text(t, response)
	location, err := response.Location()
	require.NoError(t, err, said)
	require.NotEmpty(t, location.Query().Get("code"), location)
	return c.token(t, form(more,
		"grant_type", "authorization_code",
		"code", location.Query().Get("code"),
		"redirect_uri", callback,
		"code_verifier", verifier,
	))
}

// machine gets an access token by the client credentials grant (RFC 6749 §4.4). more are further parameters.
func (c *client) machine(t *testing.T, more ...string) (access string) {
	t.Helper()
	return c.token(t, form(more, "grant_type", "client_credentials")).AccessToken
}

// token asks the token endpoint. There are no cookies between servers.
func (c *client) token(t *testing.T, form url.Values) (g granted) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.endpoints.Token,
		strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(c.id, c.secret)
	transport := &http.Client{Transport: c.browser.Transport, Timeout: patience}
	response, err := transport.Do(request)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal([]byte(okay(t, response)), &g))
	return g
}

// form makes parameters of names and values.
func form(more []string, pairs ...string) url.Values {
	values := url.Values{}
	for pair := range slices.Chunk(append(pairs, more...), 2) {
		values.Set(pair[0], pair[1])
	}
	return values
}

func text(t *testing.T, response *http.Response) string {
	t.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(body)
}

func okay(t *testing.T, response *http.Response) string {
	t.Helper()
	body := text(t, response)
	require.Equal(t, http.StatusOK, response.StatusCode, body)
	return body
}
