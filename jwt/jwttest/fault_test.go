package jwttest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/jwttest"
)

func serve(handler http.Handler, method, path string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(method, path, nil))
	return recorder
}

func TestFailAnswersTheStatusUntilRecovery(t *testing.T) {
	both(t, func(t *testing.T, issuer *jwttest.Issuer) {
		issuer.SetHeader("Retry-After", "7")
		issuer.Fail(503, jwttest.KeySet)
		response, _ := get(t, issuer, issuer.JWKSURL())
		require.Equal(t, 503, response.StatusCode)
		require.Equal(t, "7", response.Header.Get("Retry-After"))
		response, _ = get(t, issuer, issuer.URL()+"/.well-known/openid-configuration")
		require.Equal(t, 200, response.StatusCode, "only the named endpoint fails")
		issuer.Recover()
		response, _ = get(t, issuer, issuer.JWKSURL())
		require.Equal(t, 200, response.StatusCode)
	})
}

func TestGarbageReplacesTheDocument(t *testing.T) {
	both(t, func(t *testing.T, issuer *jwttest.Issuer) {
		issuer.Garbage("<html>sign in</html>", "text/html")
		for _, url := range []string{issuer.JWKSURL(), issuer.URL() + "/.well-known/oauth-authorization-server"} {
			response, body := get(t, issuer, url)
			require.Equal(t, 200, response.StatusCode)
			require.Equal(t, "text/html", response.Header.Get("Content-Type"))
			require.Equal(t, "<html>sign in</html>", body)
		}
	})
}

func TestRefuseBreaksConnectionsAndCountsEachOnce(t *testing.T) {
	both(t, func(t *testing.T, issuer *jwttest.Issuer) {
		client := issuer.Client()
		_, _ = get(t, issuer, issuer.JWKSURL()) // leaves an idle connection behind
		issuer.Refuse()
		for range 3 {
			_, err := client.Get(issuer.JWKSURL())
			require.Error(t, err)
		}
		require.Equal(t, 4, issuer.Requests().JWKS)
		issuer.Recover()
		response, _ := get(t, issuer, issuer.JWKSURL())
		require.Equal(t, 200, response.StatusCode)
	})
}

// A request is held until there is something to answer.
func TestStallHoldsARequest(t *testing.T) {
	for _, tt := range []struct {
		name   string
		end    func(*jwttest.Issuer)
		status int
	}{
		{"until recovery", (*jwttest.Issuer).Recover, 200},
		{"until another fault", func(issuer *jwttest.Issuer) { issuer.Fail(500, jwttest.KeySet) }, 500},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
				issuer.Stall()
				var status int
				go func() {
					response, _ := get(t, issuer, issuer.JWKSURL())
					status = response.StatusCode
				}()
				synctest.Wait()
				require.Zero(t, status, "still held")
				tt.end(issuer)
				synctest.Wait()
				require.Equal(t, tt.status, status)
			})
		})
	}
}

func TestStallIsOverWithTheRequestsOwnContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
		issuer.Stall()
		client := issuer.Client()
		client.Timeout = 10 * time.Second
		begin := time.Now()
		_, err := client.Get(issuer.JWKSURL())
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 10*time.Second, time.Since(begin))
	})
}

func TestVerificationKeysObeyFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
		issuer.Refuse(jwttest.OAuthMetadata)
		found, err := issuer.VerificationKeys(t.Context(), "", "ES256")
		require.NoError(t, err)
		require.Len(t, found, 1)
		issuer.Fail(500)
		_, err = issuer.VerificationKeys(t.Context(), "", "ES256")
		require.EqualError(t, err, "jwttest: keys unavailable")
		issuer.Stall()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = issuer.VerificationKeys(ctx, "", "ES256")
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestCloseLetsGo(t *testing.T) {
	both(t, func(t *testing.T, issuer *jwttest.Issuer) {
		issuer.Stall()
		done := make(chan struct{})
		go func() {
			defer close(done)
			response, err := issuer.Client().Get(issuer.JWKSURL())
			if err == nil {
				response.Body.Close()
			}
		}()
		issuer.Close()
		issuer.Close()
		<-done
		_, err := issuer.Client().Get(issuer.JWKSURL())
		require.Error(t, err)
	})
}

func TestCloseEndsAStallInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("ES256"))
		issuer.Stall()
		done := false
		go func() {
			response, err := issuer.Client().Get(issuer.JWKSURL())
			if err == nil {
				response.Body.Close()
			}
			done = true
		}()
		synctest.Wait()
		issuer.Close()
		synctest.Wait()
		require.True(t, done)
	})
}

// Two issuers that live at the same time must not vouch for each other.
func TestOpenIssuersShareNoKey(t *testing.T) {
	a := jwttest.NewIssuer(t, jwttest.InMemory())
	b := jwttest.NewIssuer(t, jwttest.InMemory())
	require.Equal(t, a.KeyID(), b.KeyID())
	require.NotEqual(t, a.PublicKey(a.KeyID()), b.PublicKey(b.KeyID()))
}

func TestStartIssuerRefusesAnImpossibleChoice(t *testing.T) {
	tests := []struct {
		name string
		opt  jwttest.IssuerOption
		want string
	}{
		{"unknown alg", jwttest.FirstKey("none"), `algorithm "none" is not known`},
		{"secret alg", jwttest.FirstKey("HS256"), "sign with Secret"},
		{"relative URL", jwttest.At("issuer"), "want an absolute URL"},
		{"URL with a query", jwttest.At("https://issuer.example?a"), "want an absolute URL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := jwttest.StartIssuer(tt.opt)
			require.ErrorContains(t, err, tt.want)
			spy := &spyTB{TB: t}
			require.Nil(t, jwttest.NewIssuer(spy, tt.opt))
			require.Contains(t, spy.fatal, tt.want)
		})
	}
}

func TestIssuerIsSafeForConcurrentUse(t *testing.T) {
	both(t, func(t *testing.T, issuer *jwttest.Issuer) {
		kid := issuer.KeyID()
		steps := []func(){
			func() { issuer.Token(jwttest.Scope("a")) },
			func() { issuer.Token(jwttest.Alg("EdDSA"), jwttest.Unpublished()) },
			func() { issuer.Rotate() },
			func() { issuer.AddKey("EdDSA") },
			func() { issuer.Retire(kid) },
			func() { issuer.Alter(kid, func(jwk map[string]any) { jwk["x"] = "" }) },
			func() { issuer.PublishRaw(`{}`) },
			func() { issuer.SetJWKS(nil) },
			func() { issuer.SetHeader("Cache-Control", "no-store") },
			func() { issuer.Stall(jwttest.OAuthMetadata); issuer.Recover() },
			func() { issuer.Garbage("", "", jwttest.OpenIDMetadata) },
			func() { _, _ = issuer.VerificationKeys(t.Context(), "", "ES256") },
			func() { issuer.Requests() },
			func() {
				if response, err := issuer.Client().Get(issuer.JWKSURL()); err == nil {
					response.Body.Close()
				}
			},
		}
		var group sync.WaitGroup
		for _, step := range steps {
			for range 4 {
				group.Go(step)
			}
		}
		group.Wait()
	})
}
