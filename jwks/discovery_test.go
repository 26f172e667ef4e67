package jwks_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

func byIssuer(c *jwks.Config) { c.URL, c.Issuer = "", issuerURL }

// metadata answers with an issuer and a jwks_uri.
func metadata(issuer, jwksURI string) answerFunc {
	return body(200, "application/json", `{"issuer":"`+issuer+`","jwks_uri":"`+jwksURI+`","scopes_supported":["a"]}`)
}

func TestIssuerIdentical(t *testing.T) {
	// checklist 112
	for _, other := range []string{
		issuerURL + "/", "https://ISSUER.example", "https://issuer.example:443", "http://issuer.example",
		"https://evil.example", "",
		issuerURL + "/tenant", " " + issuerURL, "https://issuer.example.",
	} {
		e := newEndpoint(ecJWK("a"))
		e.metadata = metadata(other, setURL)
		r := newRemote(t, e, byIssuer)
		_, err := r.VerificationKeys(t.Context(), "a", "ES256")
		require.ErrorIs(t, err, jwks.ErrUnavailable)
		require.ErrorContains(t, err, "issuer mismatch")
		require.Zero(t, e.fetches(), "the jwks_uri of a stranger is not asked")
	}
}

func TestWellKnownOrder(t *testing.T) {
	// checklist 113
	for name, tc := range map[string]struct {
		issuer string
		want   []string
	}{
		"host": {"https://issuer.example", []string{
			"https://issuer.example/.well-known/oauth-authorization-server",
			"https://issuer.example/.well-known/openid-configuration"}},
		"path": {"https://issuer.example/tenant/1", []string{
			"https://issuer.example/.well-known/oauth-authorization-server/tenant/1",
			"https://issuer.example/tenant/1/.well-known/openid-configuration"}},
		"final slash": {"https://issuer.example/", []string{
			"https://issuer.example/.well-known/oauth-authorization-server",
			"https://issuer.example/.well-known/openid-configuration"}},
		"path and final slash": {"https://issuer.example:8443/t/", []string{
			"https://issuer.example:8443/.well-known/oauth-authorization-server/t",
			"https://issuer.example:8443/t/.well-known/openid-configuration"}},
		"escaped path": {"https://issuer.example/a%2Fb", []string{
			"https://issuer.example/.well-known/oauth-authorization-server/a%2Fb",
			"https://issuer.example/a%2Fb/.well-known/openid-configuration"}},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEndpoint(ecJWK("a"))
			e.metadata = func(req *http.Request) (*http.Response, error) {
				if strings.Contains(req.URL.Path, "openid-configuration") {
					return metadata(tc.issuer, setURL)(req)
				}
				return body(404, "text/html", "")(req)
			}
			r := newRemote(t, e, func(c *jwks.Config) { c.URL, c.Issuer = "", tc.issuer })
			require.True(t, accepts(r, "a"))
			require.Equal(t, append(tc.want, setURL), e.urls())

			require.NoError(t, r.Refresh(t.Context()))
			require.Equal(t, []string{tc.want[1], setURL}, e.urls()[3:], "begins where it was found")
		})
	}
	e := newEndpoint(ecJWK("a"))
	r := newRemote(t, e, byIssuer)
	require.True(t, accepts(r, "a"))
	first := issuerURL + "/.well-known/oauth-authorization-server"
	require.Equal(t, []string{first, setURL}, e.urls(), "the first is enough")
}

// That the configuration may be wrong is said where the issuer has nothing at all, and not where it fails.
func TestMissingMetadataIsExplained(t *testing.T) {
	for status, hint := range map[int]bool{404: true, 500: false} {
		e := newEndpoint(ecJWK("a"))
		e.metadata = func(req *http.Request) (*http.Response, error) {
			if strings.Contains(req.URL.Path, "openid-configuration") {
				return body(status, "text/html", "")(req)
			}
			return body(404, "text/html", "")(req)
		}
		err := newRemote(t, e, byIssuer).Refresh(t.Context())
		require.Equal(t, hint, strings.Contains(err.Error(), "check Config.Issuer"), err)
	}
}

// hangingAt answers metadata at once, but for locations with a part in their path: those hang.
func hangingAt(part, jwksURI string) answerFunc {
	return func(req *http.Request) (*http.Response, error) {
		if strings.Contains(req.URL.Path, part) {
			return hang(req)
		}
		return metadata(issuerURL, jwksURI)(req)
	}
}

// A location that hangs leaves the next its share of the time, and the set, too: the first time, and
// when the location that is known by then begins to hang.
func TestHungLocationDoesNotStarveTheNext(t *testing.T) {
	// checklist 189
	for _, part := range []string{"oauth-authorization-server", "openid-configuration"} {
		synctest.Test(t, func(t *testing.T) {
			e := newEndpoint(ecJWK("a"))
			e.metadata = hangingAt(part, setURL)
			r := newRemote(t, e, byIssuer)
			require.True(t, accepts(r, "a"), "the first time")
			require.NoError(t, r.Status().DiscoveryError)

			other := map[string]string{
				"oauth-authorization-server": "openid-configuration",
				"openid-configuration":       "oauth-authorization-server",
			}[part]
			moved := issuerURL + "/moved.json"
			e.set(func(e *endpoint) { e.metadata = hangingAt(other, moved) })
			require.NoError(t, r.Refresh(t.Context()))
			require.NoError(t, r.Status().DiscoveryError, "found at the other")
			require.Equal(t, moved, r.Status().JWKSURL)
		})
	}
}

// When all of them hang, what is known stays in use, within the time of one fetch.
func TestHungDiscoveryKeepsTheSetFresh(t *testing.T) {
	// checklist 189
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, byIssuer)
		require.True(t, accepts(r, "a"))
		e.set(func(e *endpoint) { e.metadata = hang })
		e.publish(ecJWK("b"))
		began := time.Now()
		require.True(t, accepts(r, "b"))
		require.LessOrEqual(t, time.Since(began), 5*time.Second)
		require.ErrorContains(t, r.Status().DiscoveryError, "in time")
		require.Equal(t, 2, strings.Count(r.Status().DiscoveryError.Error(), "in time"), "both were asked")
	})
}

// Another spelling of an origin is no other origin (RFC 6454 §4).
func TestMovedIsByOrigin(t *testing.T) {
	// checklist 119, 188
	for uri, moved := range map[string]bool{
		"https://issuer.example:443/other.json":  false,
		"https://ISSUER.example/jwks.json":       false,
		"HTTPS://issuer.example:0443/jwks.json":  false,
		"https://issuer.example:8443/jwks.json":  true,
		"https://issuer.example./jwks.json":      true,
		"https://keys.issuer.example/jwks.json":  true,
		"https://issuer.example:4430/jwks.json":  true,
		"https://issuer.example:65979/jwks.json": true, // 443 modulo 65536
	} {
		e, log := newEndpoint(ecJWK("a")), &logBuffer{}
		r := newRemote(t, e, func(c *jwks.Config) { byIssuer(c); c.Logger = log.logger() })
		require.NoError(t, r.Refresh(t.Context()))
		e.metadata = metadata(issuerURL, uri)
		require.NoError(t, r.Refresh(t.Context()), uri)
		require.Equal(t, moved, r.Status().Counts.JWKSMoved == 1, uri)
		if moved {
			log.requireContains(t, "moved to another origin")
			continue
		}
		require.NotContains(t, log.String(), "moved", uri)
	}
}

// A catch-all at the first place does not hide the second.
func TestSecondLocationAfterMismatch(t *testing.T) {
	// checklist 113
	e := newEndpoint(ecJWK("a"))
	e.metadata = func(req *http.Request) (*http.Response, error) {
		if strings.Contains(req.URL.Path, "openid-configuration") {
			return metadata(issuerURL, setURL)(req)
		}
		return metadata("https://other.example", "https://other.example/jwks")(req)
	}
	require.True(t, accepts(newRemote(t, e, byIssuer), "a"))
}

func TestJWKSURI(t *testing.T) {
	// checklist 115
	for uri, ok := range map[string]bool{
		setURL: true, "https://elsewhere.example/keys?v=2": true,
		"http://issuer.example/jwks.json": false, "http://127.0.0.1/jwks.json": false, "http://localhost/jwks.json": false,
		"": false, "/jwks.json": false, "file:///etc/passwd": false,
		"https://user:pw@issuer.example/jwks.json": false, "https://": false,
	} {
		e := newEndpoint(ecJWK("a"))
		e.metadata = metadata(issuerURL, uri)
		r := newRemote(t, e, byIssuer)
		require.Equal(t, ok, accepts(r, "a"), uri)
		if !ok {
			require.Zero(t, e.fetches(), uri)
			require.ErrorContains(t, r.Status().LastError, "jwks_uri", uri)
		}
	}
	e := newEndpoint(ecJWK("a"))
	e.metadata = metadata("http://127.0.0.1:1", "http://127.0.0.1:2/jwks.json")
	r := newRemote(t, e, func(c *jwks.Config) { c.URL, c.Issuer = "", "http://127.0.0.1:1" })
	require.True(t, accepts(r, "a"), "both on this machine")
	e.metadata = metadata("http://127.0.0.1:1", "http://issuer.example/jwks.json")
	r = newRemote(t, e, func(c *jwks.Config) { c.URL, c.Issuer = "", "http://127.0.0.1:1" })
	require.False(t, accepts(r, "a"))
}

func TestMetadataMustBeJSON(t *testing.T) {
	// checklist 116
	good := `{"issuer":"` + issuerURL + `","jwks_uri":"` + setURL + `"}`
	for name, answer := range map[string]answerFunc{
		"404": body(404, "application/json", good), "500": body(500, "application/json", good),
		"201": body(201, "application/json", good),
		"204": body(204, "application/json", ""), "304": body(304, "application/json", good),
		"HTML type":       body(200, "text/html", good),
		"plain text type": body(200, "text/plain", good), "no type": body(200, "", good),
		"HTML":  body(200, "application/json", "<html>"),
		"empty": body(200, "application/json", ""), "array": body(200, "application/json", "["+good+"]"),
		"null":      body(200, "application/json", "null"),
		"truncated": body(200, "application/json", good[:40]), "trailing data": body(200, "application/json", good+good),
		"duplicate issuer": body(200, "application/json", `{"issuer":"https://evil.example",`+good[1:]),
		"issuer a list":    body(200, "application/json", `{"issuer":["`+issuerURL+`"],"jwks_uri":"`+setURL+`"}`),
		"upper case":       body(200, "application/json", strings.ToUpper(good)),
		"too deep": body(200, "application/json",
			`{"a":`+strings.Repeat("[", 20)+strings.Repeat("]", 20)+","+good[1:]),
		"too large":     body(200, "application/json", good+strings.Repeat(" ", 128<<10)),
		"invalid UTF-8": body(200, "application/json", "{\"a\":\"\xff\","+good[1:]),
		"refused":       refuse,
		"redirect away": func(req *http.Request) (*http.Response, error) {
			return respond(req, 302, http.Header{"Location": {"https://evil.example/"}}, ""), nil
		},
	} {
		e := newEndpoint(ecJWK("a"))
		e.metadata = answer
		_, err := newRemote(t, e, byIssuer).VerificationKeys(t.Context(), "a", "ES256")
		require.ErrorIs(t, err, jwks.ErrUnavailable, name)
		require.Zero(t, e.fetches(), name)
	}
	for _, contentType := range []string{
		"application/json;charset=utf-8", "application/JSON", "application/oauth-metadata+json",
	} {
		e := newEndpoint(ecJWK("a"))
		e.metadata = body(200, contentType, good)
		require.True(t, accepts(newRemote(t, e, byIssuer), "a"), contentType)
	}
}

// A kid is data. Nothing in a token says where keys are.
func TestNothingFromATokenIsContacted(t *testing.T) {
	// checklist 59, 117
	e := newEndpoint(ecJWK("a"))
	r := newRemote(t, e, byIssuer)
	for _, kid := range []string{
		"https://evil.example/jwks.json", "../../etc/passwd", "a?x=%s%n", "a/../b", "\x00", strings.Repeat("k", 1<<20),
	} {
		require.True(t, refuses(r, kid))
	}
	for _, url := range e.urls() {
		require.Contains(t, []string{issuerURL + "/.well-known/oauth-authorization-server", setURL}, url)
	}
}

// Whoever mistypes the issuer finds out from one record, on one line.
func TestFirstDiscoveryThatFailsIsReportedOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		metadata answerFunc
		says     string
	}{
		"slash":   {metadata(issuerURL+"/", setURL), "issuer mismatch by the slash at the end: "},
		"nothing": {body(404, "", ""), "set Config.URL if the issuer has no discovery"},
	} {
		log := &logBuffer{}
		e := newEndpoint(ecJWK("a"))
		e.metadata = tt.metadata
		r := newRemote(t, e, func(c *jwks.Config) { byIssuer(c); c.Logger = log.logger() })
		err := r.Refresh(t.Context())
		require.ErrorContains(t, err, tt.says, name)
		require.NotContains(t, err.Error(), "\n")
		require.Equal(t, 1, strings.Count(log.String(), "level=WARN"), log.String())
		require.Contains(t, log.String(), "refresh failed")
	}
}

func TestLaterMismatchKeepsMetadata(t *testing.T) {
	// checklist 118
	for name, fault := range map[string]answerFunc{
		"mismatch": metadata("https://evil.example", "https://evil.example/jwks.json"), "500": body(500, "", ""),
		"HTML": body(200, "text/html", "x"), "refused": refuse,
	} {
		log := &logBuffer{}
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, func(c *jwks.Config) { byIssuer(c); c.Logger = log.logger() })
		require.True(t, accepts(r, "a"))
		e.set(func(e *endpoint) { e.metadata, e.keys = fault, []any{ecJWK("b")} })
		require.NoError(t, r.Refresh(t.Context()), name)
		require.NoError(t, r.Refresh(t.Context()), name)
		require.True(t, accepts(r, "b"), "the set itself is as good as ever")
		require.Equal(t, setURL, r.Status().JWKSURL)
		require.ErrorContains(t, r.Status().DiscoveryError, "discovery at "+issuerURL)
		require.Equal(t, 1, strings.Count(log.String(), "discovery failed"), "said once")
		if name == "mismatch" {
			require.ErrorContains(t, r.Status().DiscoveryError, "issuer mismatch")
		}
		e.set(func(e *endpoint) { e.metadata = nil })
		require.NoError(t, r.Refresh(t.Context()))
		require.NoError(t, r.Status().DiscoveryError)
	}
}

func TestSetMoves(t *testing.T) {
	// checklist 119
	log := &logBuffer{}
	e := newEndpoint(ecJWK("a"))
	r := newRemote(t, e, func(c *jwks.Config) { byIssuer(c); c.Logger = log.logger() })
	require.True(t, accepts(r, "a"))
	e.set(func(e *endpoint) { e.metadata = metadata(issuerURL, setURL+"?v=2") })
	require.NoError(t, r.Refresh(t.Context()))
	require.Zero(t, r.Status().Counts.JWKSMoved, "the origin is the same")
	e.set(func(e *endpoint) {
		e.metadata, e.keys = metadata(issuerURL, "https://cdn.example/jwks.json"), []any{ecJWK("b")}
	})
	require.True(t, accepts(r, "b"), "the first token with a key that is only there")
	require.Equal(t, "https://cdn.example/jwks.json", r.Status().JWKSURL)
	require.EqualValues(t, 1, r.Status().Counts.JWKSMoved)
	log.requireContains(t, `level=WARN msg="jwks: the key set moved to another origin" `+
		`issuer=https://issuer.example from=https://issuer.example to=https://cdn.example`)
}

// An ETag is a word of one URL; at another it could hide a whole new set.
func TestETagIsNotCarriedAlong(t *testing.T) {
	e := newEndpoint(ecJWK("a"))
	e.header.Set("ETag", `"1"`)
	r := newRemote(t, e, byIssuer)
	require.True(t, accepts(r, "a"))
	e.set(func(e *endpoint) { e.metadata = metadata(issuerURL, setURL+"?v=2") })
	e.answer(func(req *http.Request) (*http.Response, error) {
		require.Empty(t, req.Header.Get("If-None-Match"))
		return respond(req, 200, nil, setOf(ecJWK("b"))), nil
	})
	require.NoError(t, r.Refresh(t.Context()))
	require.True(t, accepts(r, "b"))
}

// A discovery endpoint that hangs does not keep the set from being refreshed.
func TestDiscoveryHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, byIssuer)
		require.True(t, accepts(r, "a"))
		e.set(func(e *endpoint) { e.metadata, e.keys = hang, []any{ecJWK("b")} })
		began := time.Now()
		require.True(t, accepts(r, "b"))
		require.Equal(t, 2500*time.Millisecond, time.Since(began))
		letFetchesEnd()
	})
}

// What discovery found is kept and shown even if the set itself cannot be had.
func TestMetadataWithoutSet(t *testing.T) {
	e := newEndpoint()
	e.answer(body(500, "", ""))
	r := newRemote(t, e, byIssuer)
	require.Error(t, r.Refresh(t.Context()))
	require.Equal(t, setURL, r.Status().JWKSURL)
	require.ErrorContains(t, r.Status().LastError, "key set at "+setURL)
}
