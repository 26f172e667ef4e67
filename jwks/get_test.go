package jwks_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// server is a real HTTP server with one handler for everything.
func server(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s
}

func TestContentTypes(t *testing.T) {
	// checklist 95
	for contentType, ok := range map[string]bool{
		"application/json": true, "application/jwk-set+json": true, "application/json; charset=UTF-8": true,
		"Application/JSON":                       true,
		"application/jwk-set+json;charset=utf-8": true, "application/json;;": true,
		"text/plain; charset=utf-8": true, "application/octet-stream": true, "": true,
		"text/html": false, "text/html; charset=utf-8": false, "application/xhtml+xml": false,
		"application/xml": false, "image/png": false, "multipart/form-data": false,
	} {
		e := newEndpoint()
		e.answer(body(200, contentType, setOf(ecJWK("a"))))
		err := newRemote(t, e, nil).Refresh(t.Context())
		require.Equal(t, ok, err == nil, "%q: %v", contentType, err)
	}
}

// A field or a value that comes twice is judged by all of it, and what there is of a type is taken.
func TestRepeatedContentTypes(t *testing.T) {
	// checklist 95, 190
	for name, tc := range map[string]struct {
		fields       []string
		set, metaToo bool
	}{
		"S3":                     {[]string{"binary/octet-stream"}, true, false},
		"static host":            {[]string{"text/plain;charset=utf-8"}, true, false},
		"no field":               {nil, true, false},
		"blank":                  {[]string{" "}, true, false},
		"twice in one":           {[]string{"application/json, application/json"}, true, true},
		"with parameters":        {[]string{"application/json; charset=utf-8, application/json"}, true, true},
		"two fields":             {[]string{"application/json", "application/json;charset=utf-8"}, true, true},
		"a comma at the end":     {[]string{"application/json,"}, true, true},
		"a comma in a parameter": {[]string{`application/json; profile="a,b"`}, true, true},
		"JSON, plain":            {[]string{"application/json, text/plain"}, true, false},
		"JSON, HTML":             {[]string{"application/json, text/html"}, false, false},
		"HTML, JSON":             {[]string{"text/html", "application/json"}, false, false},
		"JSON, then HTML":        {[]string{"application/json", "text/html"}, false, false},
		"twice, upper case":      {[]string{"Application/JSON, APPLICATION/JSON"}, true, true},
		"HTML behind a charset":  {[]string{"application/json; charset=utf-8, text/html"}, false, false},
		"upper case HTML":        {[]string{"TEXT/HTML"}, false, false},
		"XHTML":                  {[]string{"application/xhtml+xml"}, false, false},
		"HTML, broken parameter": {[]string{"text/html; charset"}, false, false},
	} {
		typed := func(doc string) answerFunc {
			return func(req *http.Request) (*http.Response, error) {
				return respond(req, 200, http.Header{"Content-Type": tc.fields}, doc), nil
			}
		}
		e := newEndpoint()
		e.answer(typed(setOf(ecJWK("a"))))
		err := newRemote(t, e, nil).Refresh(t.Context())
		require.Equal(t, tc.set, err == nil, "%s: %v", name, err)

		e = newEndpoint(ecJWK("a"))
		e.metadata = typed(`{"issuer":"` + issuerURL + `","jwks_uri":"` + setURL + `"}`)
		err = newRemote(t, e, byIssuer).Refresh(t.Context())
		require.Equal(t, tc.metaToo, err == nil, "%s: %v", name, err)
	}
}

// A server that negotiates is told that anything is better than 406.
func TestAccept(t *testing.T) {
	// checklist 190
	var accepted []string
	s := server(t, func(w http.ResponseWriter, req *http.Request) {
		accepted = append(accepted, req.Header.Get("Accept"))
		fmt.Fprint(w, setOf(ecJWK("a")))
	})
	r, err := jwks.NewRemote(jwks.Config{URL: s.URL})
	require.NoError(t, err)
	require.NoError(t, r.Refresh(t.Context()))
	require.Equal(t, []string{"application/jwk-set+json, application/json, */*;q=0.1"}, accepted)
}

func TestOnly200(t *testing.T) {
	// checklist 94
	for _, status := range []int{201, 202, 203, 204, 206, 300, 304, 400, 401, 403, 404, 410, 429, 500, 502, 503, 504} {
		e := newEndpoint()
		e.answer(body(status, "application/json", setOf(ecJWK("a"))))
		require.ErrorContains(t, newRemote(t, e, nil).Refresh(t.Context()), fmt.Sprint("HTTP status ", status))
	}
}

func TestRedirects(t *testing.T) {
	// checklist 96
	elsewhere := server(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, setOf(ecJWK("evil"))) })
	requests := 0
	s := server(t, func(w http.ResponseWriter, req *http.Request) {
		requests++
		switch req.URL.Path {
		case "/good":
			fmt.Fprint(w, setOf(ecJWK("a")))
		case "/to":
			http.Redirect(w, req, req.URL.Query().Get("where"), http.StatusFound)
		}
	})
	to := func(where string) string { return "/to?where=" + url.QueryEscape(where) }
	for name, tc := range map[string]struct {
		where string
		ok    bool
	}{
		"same origin":     {to("/good"), true},
		"three in a row":  {to(to(to("/good"))), true},
		"four in a row":   {to(to(to(to("/good")))), false},
		"loop":            {"/to?where=%3F" + "where=", false},
		"another port":    {to(elsewhere.URL), false},
		"another host":    {to("https://evil.example/jwks"), false},
		"http at a host":  {to("http://issuer.example/jwks"), false},
		"another scheme":  {to(strings.Replace(s.URL, "http:", "https:", 1) + "/good"), false},
		"file":            {to("file:///etc/jwks"), false},
		"no location":     {to(""), false},
		"name of the IP":  {to(strings.Replace(s.URL, "127.0.0.1", "localhost", 1) + "/good"), false},
		"protocol change": {to("//evil.example/good"), false},
	} {
		requests = 0
		r, err := jwks.NewRemote(jwks.Config{URL: s.URL + tc.where})
		require.NoError(t, err)
		err = r.Refresh(t.Context())
		require.Equal(t, tc.ok, err == nil, "%s: %v", name, err)
		require.LessOrEqual(t, requests, 4, name)
		require.False(t, accepts(r, "evil"), name)
	}
}

// The transport here answers whatever it is asked, so that nothing but the origin can refuse.
func TestRedirectsByOrigin(t *testing.T) {
	// checklist 96, 188
	for location, ok := range map[string]bool{
		"/good":                            true,
		"https://issuer.example/good":      true,
		"https://issuer.example:443/good":  true,
		"https://issuer.example:/good":     true,
		"https://issuer.example:0443/good": true,
		"HTTPS://ISSUER.Example/good":      true,
		"//issuer.example/good":            true,

		"http://issuer.example/good":          false,
		"http://issuer.example:443/good":      false,
		"https://issuer.example:80/good":      false,
		"https://issuer.example:8443/good":    false,
		"https://issuer.example:4430/good":    false,
		"https://issuer.example./good":        false,
		"https://www.issuer.example/good":     false,
		"https://issuer.example.evil.example": false,
		"https://evil.example/good":           false,
		"https://issuer.example@evil.example": false,
		"https://iſſuer.example/":             false,
		"ftp://issuer.example/good":           false,
	} {
		e := newEndpoint()
		e.answer(func(req *http.Request) (*http.Response, error) {
			if req.URL.String() == setURL {
				return respond(req, 302, http.Header{"Location": {location}}, ""), nil
			}
			return respond(req, 200, nil, setOf(ecJWK("a"))), nil
		})
		err := newRemote(t, e, nil).Refresh(t.Context())
		require.Equal(t, ok, err == nil, "%s: %v", location, err)
		if !ok {
			require.ErrorContains(t, err, "another origin", location)
			require.Equal(t, 1, e.fetches(), location)
		}
	}
}

// The Kelvin sign is K to strings.ToLower, and another host to whoever registers names.
func TestRedirectToALookalike(t *testing.T) {
	// checklist 188
	e := newEndpoint()
	e.answer(func(req *http.Request) (*http.Response, error) {
		if req.URL.Host == "keys.example" {
			return respond(req, 302, http.Header{"Location": {"https://\u212Aeys.example/good"}}, ""), nil
		}
		return respond(req, 200, nil, setOf(ecJWK("a"))), nil
	})
	r := newRemote(t, e, func(c *jwks.Config) { c.URL = "https://keys.example/jwks.json" })
	require.ErrorContains(t, r.Refresh(t.Context()), "another origin")
}

// Each hop is held against where the first request went, not against the hop before it.
func TestRedirectsBackFromElsewhere(t *testing.T) {
	// checklist 96
	next := map[string]string{setURL: "https://evil.example/a", "https://evil.example/a": issuerURL + "/good"}
	e := newEndpoint()
	e.answer(func(req *http.Request) (*http.Response, error) {
		if to := next[req.URL.String()]; to != "" {
			return respond(req, 307, http.Header{"Location": {to}}, ""), nil
		}
		return respond(req, 200, nil, setOf(ecJWK("a"))), nil
	})
	require.ErrorContains(t, newRemote(t, e, nil).Refresh(t.Context()), "another origin")
	require.Equal(t, []string{setURL}, e.urls())
}

func TestETag(t *testing.T) {
	var conditions []string
	published, etag := setOf(ecJWK("a")), `"1"`
	s := server(t, func(w http.ResponseWriter, req *http.Request) {
		conditions = append(conditions, req.Header.Get("If-None-Match"))
		w.Header().Set("ETag", etag)
		if req.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprint(w, published)
	})
	r, err := jwks.NewRemote(jwks.Config{URL: s.URL})
	require.NoError(t, err)
	for range 3 {
		require.NoError(t, r.Refresh(t.Context()))
	}
	published, etag = setOf(ecJWK("b")), `W/"2"`
	require.NoError(t, r.Refresh(t.Context()))
	require.True(t, accepts(r, "b"))
	require.NoError(t, r.Refresh(t.Context()))
	require.Equal(t, []string{"", `"1"`, `"1"`, `"1"`, `W/"2"`}, conditions)
	require.EqualValues(t, 3, r.Status().Counts.NotModified)
}

// A tag is dropped with the set it stood for: a bad answer's tag is not kept.
func TestETagOfBadAnswer(t *testing.T) {
	e := newEndpoint(ecJWK("a"))
	e.header.Set("ETag", `"good"`)
	r := newRemote(t, e, nil)
	require.NoError(t, r.Refresh(t.Context()))
	var conditions []string
	e.answer(func(req *http.Request) (*http.Response, error) {
		conditions = append(conditions, req.Header.Get("If-None-Match"))
		return respond(req, 200, http.Header{"Etag": {`"bad"`}}, `{"keys":[]}`), nil
	})
	require.Error(t, r.Refresh(t.Context()))
	require.Error(t, r.Refresh(t.Context()))
	require.Equal(t, []string{`"good"`, ""}, conditions)
	require.True(t, accepts(r, "a"))
}

// A server that chokes on its own tag does not keep the set from being renewed.
func TestETagThatTheServerFailsOver(t *testing.T) {
	e := newEndpoint(ecJWK("a"))
	e.header.Set("ETag", `"1"`)
	r := newRemote(t, e, nil)
	require.NoError(t, r.Refresh(t.Context()))
	e.publish(ecJWK("b"))
	e.answer(func(req *http.Request) (*http.Response, error) {
		if req.Header.Get("If-None-Match") != "" {
			return respond(req, http.StatusPreconditionFailed, nil, ""), nil
		}
		return respond(req, 200, nil, setOf(ecJWK("b"))), nil
	})
	require.Error(t, r.Refresh(t.Context()))
	require.NoError(t, r.Refresh(t.Context()))
	require.True(t, accepts(r, "b"))
}

func TestCacheControl(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"":                             15 * time.Minute,
		"max-age=300":                  5 * time.Minute,
		"public, max-age=1800":         30 * time.Minute,
		"Max-Age=1800":                 30 * time.Minute,
		`max-age="300"`:                5 * time.Minute,
		"max-age=86400":                time.Hour,
		"max-age=99999999999999999999": time.Hour,
		"max-age=0":                    time.Minute,
		"no-cache, no-store":           15 * time.Minute,
		"no-store, max-age=0":          time.Minute,
		"max-age=-1":                   15 * time.Minute,
		"max-age=abc":                  15 * time.Minute,
		"max-age":                      15 * time.Minute,
		"s-maxage=60, private":         15 * time.Minute,
		"x-max-age=60":                 15 * time.Minute,
		"max-age=3000\nAge: 1200":      30 * time.Minute,
		"max-age=3000\nAge: 4000":      time.Minute,
		"max-age=3000\nAge: 3001":      time.Minute,
		"max-age=3000\nAge: x":         50 * time.Minute,
	} {
		synctest.Test(t, func(t *testing.T) {
			e := newEndpoint(ecJWK("a"))
			control, age, _ := strings.Cut(header, "\nAge: ")
			e.header.Set("Cache-Control", control)
			e.header.Set("Age", age)
			r := newRemote(t, e, nil)
			require.NoError(t, r.Refresh(t.Context()))
			due := time.Until(r.Status().NextRefresh)
			require.GreaterOrEqual(t, due, want*3/4, header)
			require.Less(t, due, want, header)
		})
	}
}

// A 304 that says nothing new about its age leaves the age as it was.
func TestMaxAgeOutlives304(t *testing.T) {
	e := newEndpoint(ecJWK("a"))
	e.header.Set("ETag", `"1"`)
	e.header.Set("Cache-Control", "max-age=120")
	r := newRemote(t, e, nil)
	require.NoError(t, r.Refresh(t.Context()))
	e.answer(body(304, "", ""))
	require.NoError(t, r.Refresh(t.Context()))
	require.LessOrEqual(t, time.Until(r.Status().NextRefresh), 2*time.Minute)
	require.Equal(t, jwks.Fresh, r.Status().State)
}

// Nothing of a URL's query is in an error: it may hold a key.
func TestErrorsHideTheQuery(t *testing.T) {
	for _, answer := range []answerFunc{refuse, body(500, "", ""), body(200, "text/html", ""), body(200, "", "{}")} {
		e := newEndpoint()
		e.answer(answer)
		r := newRemote(t, e, func(c *jwks.Config) { c.URL = setURL + "?key=hidden" })
		err := r.Refresh(t.Context())
		require.ErrorContains(t, err, "key set at "+setURL)
		require.NotContains(t, err.Error(), "hidden")
	}
}

func TestCompressedBomb(t *testing.T) {
	// checklist 96
	e := newEndpoint()
	e.answer(func(req *http.Request) (*http.Response, error) { // what a transport hands out after it decompressed
		resp := respond(req, 200, nil, setOf(ecJWK("a"))+strings.Repeat(" ", 1<<20))
		resp.ContentLength = -1
		return resp, nil
	})
	require.ErrorContains(t, newRemote(t, e, nil).Refresh(t.Context()), "larger")
}

// A length beyond the bound is refused before a byte is read.
func TestAnnouncedLength(t *testing.T) {
	// checklist 96
	e := newEndpoint()
	e.answer(func(req *http.Request) (*http.Response, error) {
		resp := respond(req, 200, nil, "")
		resp.ContentLength, resp.Body = 1<<20+1, io.NopCloser(brokenReader{})
		return resp, nil
	})
	require.ErrorContains(t, newRemote(t, e, nil).Refresh(t.Context()), "larger")
}
