package jwks_test

import (
	"crypto"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

func TestKeyEndpointReadsEveryWayToWriteAKey(t *testing.T) {
	// checklist 96, 190
	for alg, key := range map[string]crypto.PublicKey{"RS256": &rsa2048().PublicKey, "ES256": newEC(), "EdDSA": newEd()} {
		for name, text := range goodPEM(key) {
			for _, media := range []string{"", "text/plain; charset=utf-8", "binary/octet-stream", "application/x-pem-file",
				"application/pem-certificate-chain", "application/x-x509-ca-cert", "text/plain, text/plain"} {
				s := newKeyServer()
				s.header.Set("Content-Type", media)
				s.publish("a", text)
				keys, err := newKeyEndpoint(t, s, nil).VerificationKeys(t.Context(), "a", alg)
				require.NoError(t, err, name)
				require.Len(t, keys, 1, name)
				require.True(t, key.(interface{ Equal(crypto.PublicKey) bool }).Equal(keys[0]), name)
			}
		}
	}
}

// hostile are answers that give no key. Of some it is certain that there is none: those that say so, and those
// that hold one that may not be used.
func hostile() (none, unknown map[string]answerFunc) {
	good := publicPEM(newEC())
	none = map[string]answerFunc{"403": body(403, "application/xml", "<Error/>")}
	unknown = map[string]answerFunc{
		"500": body(500, "text/plain", good), "204": body(204, "text/plain", ""), "206": body(206, "text/plain", good),
		"304": body(304, "", ""), "401": body(401, "text/plain", good), "429": body(429, "text/plain", good),
		"HTML":        body(200, "text/html", good),
		"also HTML":   body(200, "text/plain, text/html", good),
		"JSON":        body(200, "application/json", `{"keys":[]}`),
		"a JWK Set":   body(200, "text/plain", setOf(ecJWK("a"))),
		"an HTML key": body(200, "text/plain", "<pre>"+good+"</pre>"),
		"65 KiB":      body(200, "text/plain", good+strings.Repeat(" ", 64<<10)),
		"hangs":       stall,
		"refuses":     refuse,
		"panics":      func(*http.Request) (*http.Response, error) { panic("hush") },
		"elsewhere": func(req *http.Request) (*http.Response, error) {
			if req.URL.Host == "evil.example" {
				return respond(req, 200, nil, good), nil
			}
			return respond(req, 302, http.Header{"Location": {"https://evil.example/a"}}, ""), nil
		},
		"in plain": func(req *http.Request) (*http.Response, error) {
			if req.URL.Scheme == "http" {
				return respond(req, 200, nil, good), nil
			}
			return respond(req, 302, http.Header{"Location": {"http://keys.example/a"}}, ""), nil
		},
		"in a circle": func(req *http.Request) (*http.Response, error) {
			return respond(req, 302, http.Header{"Location": {req.URL.Path}}, ""), nil
		},
	}
	for name, tc := range badPEM() {
		if tc[1] == "one block" {
			unknown[name] = body(200, "text/plain", tc[0])
		} else {
			none[name] = body(200, "text/plain", tc[0])
		}
	}
	return none, unknown
}

// What gives no key gives nobody one, and replaces none.
func TestKeyEndpointTakesNoHostileAnswer(t *testing.T) {
	// checklist 92, 94, 96, 190
	none, unknown := hostile()
	require.Len(t, none, 11)
	check := func(name string, fault answerFunc, answered func(keySource, string) bool) {
		synctest.Test(t, func(t *testing.T) {
			s := newKeyServer(knownID)
			e := newKeyEndpoint(t, s, nil)
			require.True(t, accepts(e, knownID))
			s.answer(fault)
			require.True(t, answered(e, "new"), name)
			time.Sleep(15 * time.Minute) // simulated
			require.True(t, accepts(e, knownID), name)
			letFetchesEnd()
			require.LessOrEqual(t, s.fetches("new"), 4, "redirects")
			require.GreaterOrEqual(t, s.fetches(knownID), 2)
			requireAtOnce(t, e, knownID)
			require.Equal(t, []string{knownID}, statusIDs(e))
			status := e.Status()
			require.Error(t, status.LastError, name)
			require.NotContains(t, status.LastError.Error(), "hush")
			letFetchesEnd()
		})
	}
	for name, fault := range none {
		check(name, fault, refuses)
	}
	for name, fault := range unknown {
		check(name, fault, unavailable)
	}
}

// The log says why a kid has no key. A private key is compromised, and whoever published it should hear of it.
func TestKeyEndpointReportsWhatItDoesNotTake(t *testing.T) {
	var log logBuffer
	s := newKeyServer()
	s.publish("a", badPEM()["a private key"][0])
	e := newKeyEndpoint(t, s, func(c *jwks.KeyEndpointConfig) { c.Logger = log.logger() })
	require.True(t, refuses(e, "a"))
	log.requireContains(t, `level=WARN msg="jwks: key skipped" index=0 kid=a reason="holds private key material`)
	s.answer(body(403, "application/xml", "<Error/>"))
	require.True(t, refuses(e, "b"))
	log.requireContains(t,
		`level=INFO msg="jwks: key skipped" index=0 kid=b reason="there is no such key: HTTP status 403"`)
}

// A key that the endpoint no longer has is refused within the interval, and so is one that nobody used for hours:
// the first token that a thief makes with it is not judged by what the endpoint said before.
func TestKeyEndpointRefusesAWithdrawnKey(t *testing.T) {
	for name, gone := range map[string]answerFunc{
		"404": body(404, "text/html", "<p>no such key"), "410": body(410, "", ""),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newKeyServer(knownID, "other")
				e := newKeyEndpoint(t, s, nil)
				require.True(t, accepts(e, knownID))
				require.True(t, accepts(e, "other"))
				withdrawn := time.Now()
				s.answer(gone)
				for accepts(e, knownID) {
					require.Less(t, time.Since(withdrawn), 15*time.Minute+time.Second)
					time.Sleep(time.Second) // simulated
				}
				require.True(t, refuses(e, knownID))
				time.Sleep(20 * time.Hour) // simulated: nobody used it
				require.True(t, refuses(e, "other"))
				require.Empty(t, e.Status().Keys)
				require.Equal(t, jwks.NeverLoaded, e.Status().State)
				require.NoError(t, e.Status().LastError, "that there is no such key is an answer")
				require.Equal(t, uint64(2), e.Status().Counts.Removed)

				s.answer(nil)
				time.Sleep(8 * time.Second) // simulated
				require.True(t, accepts(e, knownID), "an accident is over as soon as the endpoint has the key again")
			})
		})
	}
}

// An object store says 403 of what it does not have, and so does a firewall of what it does: it is believed when an
// answer a refresh later says so again. A key that may not be used any more is the same.
func TestKeyEndpointBelievesDoubtsLater(t *testing.T) {
	for name, fault := range map[string]answerFunc{
		"403":    body(403, "application/xml", "<Error><Code>AccessDenied</Code></Error>"),
		"unfit":  body(200, "text/plain", badPEM()["RSA 1024"][0]),
		"secret": body(200, "text/plain", badPEM()["a private key"][0]),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newKeyServer(knownID)
				e := newKeyEndpoint(t, s, nil)
				require.True(t, accepts(e, knownID))
				since := time.Now()
				s.answer(fault)
				for accepts(e, knownID) {
					require.Less(t, time.Since(since), 31*time.Minute)
					time.Sleep(time.Second) // simulated
				}
				require.Greater(t, time.Since(since), 25*time.Minute)
				require.True(t, refuses(e, knownID))
				letFetchesEnd()
			})
		})
	}
}

// A real server that answers with an ETag is asked whether that is still so.
func TestKeyEndpointAsksConditionally(t *testing.T) {
	text, conditional := publicPEM(newEC()), make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conditional <- r.Header.Get("If-None-Match")
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write([]byte(text))
	}))
	defer server.Close()
	e, err := jwks.NewKeyEndpoint(jwks.KeyEndpointConfig{URL: server.URL + "/{kid}", RefreshInterval: time.Millisecond})
	require.NoError(t, err)
	require.True(t, accepts(e, "a"))
	require.Empty(t, <-conditional)
	require.Eventually(t, func() bool { return accepts(e, "a") && e.Status().Counts.NotModified > 0 }, 10*time.Second,
		2*time.Millisecond)
	require.Equal(t, `"1"`, <-conditional)
}
