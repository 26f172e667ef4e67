package issuers_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"

	"example.com/resourceserver/jwt"
)

// zitadelStore is the example server's store with two things it lacks: access tokens that are JWTs, and new keys.
type zitadelStore struct {
	*storage.Storage

	mu  sync.Mutex
	key zitadelKey
}

type zitadelKey struct {
	id      string
	private *rsa.PrivateKey
}

func (k zitadelKey) ID() string                                  { return k.id }
func (k zitadelKey) SignatureAlgorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k zitadelKey) Key() any                                    { return k.private }

type zitadelPublicKey struct{ zitadelKey }

func (k zitadelPublicKey) Algorithm() jose.SignatureAlgorithm { return jose.RS256 }
func (k zitadelPublicKey) Use() string                        { return "sig" }
func (k zitadelPublicKey) Key() any                           { return k.private.Public() }

func (s *zitadelStore) rotate(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = zitadelKey{rand.Text(), private}
}

func (s *zitadelStore) SigningKey(context.Context) (op.SigningKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.key, nil
}

func (s *zitadelStore) KeySet(context.Context) ([]op.Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return []op.Key{zitadelPublicKey{s.key}}, nil
}

// jwtClient is a client whose access tokens are JWTs.
type jwtClient struct{ op.Client }

func (jwtClient) AccessTokenType() op.AccessTokenType { return op.AccessTokenTypeJWT }

func (s *zitadelStore) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	client, err := s.Storage.GetClientByClientID(ctx, id)
	return jwtClient{client}, err
}

func (s *zitadelStore) ClientCredentials(ctx context.Context, id, secret string) (op.Client, error) {
	client, err := s.Storage.ClientCredentials(ctx, id, secret)
	return jwtClient{client}, err
}

func startZitadel(t *testing.T) (string, *zitadelStore) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	issuer := "http://" + listener.Addr().String() + "/"
	storage.RegisterClients(storage.WebClient("web", "secret", callback), storage.WebClient("other", "secret", callback))
	store := &zitadelStore{Storage: storage.NewStorage(storage.NewUserStore(issuer))}
	store.rotate(t)
	server := httptest.NewUnstartedServer(
		exampleop.SetupServer(issuer, store, slog.New(slog.DiscardHandler), false))
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	return issuer, store
}

// loginToZitadel is the user, before the example server's page.
func (c *client) loginToZitadel(t *testing.T) func(page *http.Response) *http.Response {
	return func(page *http.Response) *http.Response {
		okay(t, page)
		response, err := c.browser.PostForm(page.Request.URL.String(), url.Values{
			"id":       {page.Request.URL.Query().Get("authRequestID")},
			"username": {"test-user@127.0.0.1"},
			"password": {"verysecure"},
		})
		require.NoError(t, err)
		return response
	}
}

// checklist 28, 37, 39: the example server of Zitadel's library, whose issuer ends with a slash. An ID token has the
// audience of an access token. What tells them apart is jti, and what a sign-in leaves behind.
func TestZitadel(t *testing.T) {
	issuer, store := startZitadel(t)
	web, service := newClient(t, issuer, "web", "secret"), newClient(t, issuer, "sid1", "verysecret")
	user := web.signIn(t, "openid profile", web.loginToZitadel(t))
	config := jwt.Config{Audiences: []string{"web", "sid1"}, Profile: jwt.Zitadel()}
	api := newAPI(t, issuer, config)

	api.accepts(t, user.AccessToken, "web for id1 may ")
	api.accepts(t, service.machine(t, "scope", "openid"), "sid1 for sid1 may ")
	api.refusesAltered(t, user.AccessToken)
	api.refuses(t, user.IDToken, jwt.ReasonType) // by its audience it would be good
	other := newClient(t, issuer, "other", "secret")
	api.refuses(t, other.signIn(t, "openid", other.loginToZitadel(t)).AccessToken, jwt.ReasonAudience)
	newAPI(t, issuer, jwt.Config{Audiences: []string{"web"}}).refuses(t, user.AccessToken, jwt.ReasonType)
	config.Now = nextYear
	newAPI(t, issuer, config).refuses(t, user.AccessToken, jwt.ReasonExpired)

	store.rotate(t)
	api.accepts(t, web.signIn(t, "openid", web.loginToZitadel(t)).AccessToken, "web for id1 may ")
	api.refuses(t, user.AccessToken, jwt.ReasonUnknownKey)
}
