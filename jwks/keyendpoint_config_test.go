package jwks_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

func TestNewKeyEndpointReportsEveryFault(t *testing.T) {
	for _, d := range []time.Duration{-1, 30, math.MaxInt64} {
		e, err := jwks.NewKeyEndpoint(jwks.KeyEndpointConfig{
			RefreshInterval: d, MaxStale: d, FetchTimeout: d, Cooldown: d, MaxKeys: 1025,
		})
		require.Nil(t, e)
		for _, field := range []string{"URL", "RefreshInterval", "MaxStale", "FetchTimeout", "Cooldown", "MaxKeys"} {
			require.ErrorContains(t, err, "jwks: KeyEndpointConfig."+field+" is ")
		}
	}
	_, err := jwks.NewKeyEndpoint(jwks.KeyEndpointConfig{URL: keyURL, MaxKeys: -1})
	require.EqualError(t, err, "jwks: KeyEndpointConfig.MaxKeys is -1: use 1 to 1024, or leave it 0 for that")
	_, err = jwks.NewKeyEndpoint(jwks.KeyEndpointConfig{URL: keyURL, MaxKeys: 1024, Issuer: "any text"})
	require.NoError(t, err)
}

func TestKeyEndpointURL(t *testing.T) {
	// checklist 96, 114
	for raw, ok := range map[string]bool{
		keyURL:                           true,
		"https://keys.example/{kid}.pem": true,
		"https://keys.example:8443/a/{kid}/key?v=1": true,
		"http://localhost:8080/{kid}":               true,
		"http://127.0.0.1:8080/{kid}":               true,
		"http://keys.example/{kid}":                 false,
		"https://keys.example/":                     false,
		"https://keys.example/{KID}":                false,
		"https://keys.example/%7Bkid%7D":            false,
		"https://keys.example/{kid}/{kid}":          false,
		"https://keys.example/a?kid={kid}":          false,
		"https://keys.example/{kid}?kid={kid}":      false,
		"https://keys.example/a#{kid}":              false,
		"https://keys.example/{kid}#a":              false,
		"https://{kid}.example/":                    false,
		"https://{kid}/":                            false,
		"https://{kid}@keys.example/":               false,
		"https://user:hush@keys.example/{kid}":      false,
		"https://keys.example:{kid}/":               false,
		"{kid}":                                     false,
		"/{kid}":                                    false,
		"https:///{kid}":                            false,
		"file:///{kid}":                             false,
		" " + keyURL:                                false,
		keyURL + "\n":                               false,
	} {
		_, err := jwks.NewKeyEndpoint(jwks.KeyEndpointConfig{URL: raw})
		require.Equal(t, ok, err == nil, "%s: %v", raw, err)
		if err != nil {
			require.ErrorContains(t, err, "jwks: KeyEndpointConfig.URL ", raw)
			require.NotContains(t, err.Error(), "hush")
		}
	}
	_, err := jwks.NewKeyEndpoint(jwks.KeyEndpointConfig{URL: "http://keys.example/{kid}", InsecureAllowPlainHTTP: true})
	require.NoError(t, err)
}

// The query of a URL may hold a secret. Nothing that can be printed shows it.
func TestKeyEndpointPrintsNoQuery(t *testing.T) {
	var log logBuffer
	s := newKeyServer()
	config := jwks.KeyEndpointConfig{
		URL: keyURL + "?sig=hush", HTTPClient: &http.Client{Transport: s}, Logger: log.logger(),
	}
	e, err := jwks.NewKeyEndpoint(config)
	require.NoError(t, err)
	s.answer(func(req *http.Request) (*http.Response, error) {
		require.Equal(t, "sig=hush", req.URL.RawQuery)
		return respond(req, 500, nil, ""), nil
	})
	_, err = e.VerificationKeys(t.Context(), knownID, "ES256")
	require.ErrorContains(t, err, "https://keys.example/signing/"+knownID+": HTTP status 500")
	status, err2 := json.Marshal(e.Status())
	require.NoError(t, err2)
	log.requireContains(t, "jwks: refresh failed")
	shown := []string{err.Error(), string(status), log.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
		require.Equal(t, "jwks.KeyEndpointConfig("+keyURL+")", fmt.Sprintf(verb, config))
		require.Equal(t, "jwks.KeyEndpoint("+keyURL+")", fmt.Sprintf(verb, e))
	}
	require.Equal(t, "jwks.KeyEndpoint(nil)", fmt.Sprint((*jwks.KeyEndpoint)(nil)))
	var out bytes.Buffer
	slog.New(slog.NewJSONHandler(&out, nil)).Info("", "config", config, "wrapped", struct{ C any }{config}, "endpoint", e)
	for _, text := range append(shown, out.String()) {
		require.NotContains(t, text, "hush")
	}
	require.Contains(t, string(status), `"jwks_url":"`+keyURL+`"`)
}

func TestKeyEndpointStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newKeyServer("a", "b")
		e := newKeyEndpoint(t, s, func(c *jwks.KeyEndpointConfig) { c.Issuer = issuerURL })
		require.Equal(t, issuerURL, e.Issuer())
		require.Equal(t, jwks.Status{State: jwks.NeverLoaded, Source: issuerURL, JWKSURL: keyURL}, e.Status())
		require.True(t, accepts(e, "b"))
		began := time.Now()
		time.Sleep(5 * time.Minute) // simulated
		require.True(t, accepts(e, "a"))
		require.True(t, refuses(e, "c"))
		time.Sleep(time.Second) // simulated
		status := e.Status()
		require.Equal(t, jwks.Fresh, status.State)
		require.Equal(t, began.Add(5*time.Minute), status.ConfirmedAt)
		require.Equal(t, time.Second, status.Age)
		require.Equal(t, began.Add(24*time.Hour+5*time.Minute), status.UsableUntil)
		require.True(t, status.NextRefresh.Before(began.Add(15*time.Minute)))
		require.Equal(t, []string{"a", "b"}, statusIDs(e))
		require.Equal(t, []string{"ES256"}, status.Keys[0].Algorithms)
		require.Equal(t, jwks.Counts{Fetches: 3, Successes: 3, Added: 2, UnknownKID: 3}, status.Counts)

		s.answer(refuse)
		time.Sleep(16 * time.Minute) // simulated
		require.True(t, accepts(e, "a"))
		require.Equal(t, jwks.Stale, e.Status().State)
		require.Equal(t, 1, e.Status().Failures)
		require.ErrorContains(t, e.Status().LastError, "connection refused")
		s.answer(nil)
		time.Sleep(time.Minute) // simulated
		require.True(t, accepts(e, "b"))
		require.Equal(t, jwks.Fresh, e.Status().State)
		require.NoError(t, e.Status().LastError)
		require.Zero(t, e.Status().Failures)
	})
}

// One key that serves is enough, however many do not.
func TestKeyEndpointIsAsGoodAsItsBestKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newKeyServer(append(names("old", 10), "new")...)
		e := newKeyEndpoint(t, s, nil)
		for _, kid := range names("old", 10) {
			require.True(t, accepts(e, kid))
		}
		for _, state := range []jwks.State{jwks.Fresh, jwks.Stale, jwks.Unavailable} {
			require.Equal(t, state, e.Status().State)
			time.Sleep(20 * time.Hour) // simulated
		}
		require.True(t, accepts(e, "new"))
		require.Equal(t, jwks.Fresh, e.Status().State)
		require.Equal(t, []string{"new"}, statusIDs(e))
	})
}

// It stands among other sources in a readiness probe: before any token it is no fault.
func TestKeyEndpointAmongAllSources(t *testing.T) {
	s := newKeyServer()
	s.answer(refuse)
	sources := map[string]any{}
	for _, name := range names("tenant", 8) {
		sources[name] = newKeyEndpoint(t, s, nil)
	}
	probe := func() (int, string) {
		w := httptest.NewRecorder()
		jwks.StatusOfAll(maps.All(sources)).ServeHTTP(w, httptest.NewRequest("GET", "/ready", nil))
		return w.Code, w.Body.String()
	}
	code, text := probe()
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, text, `"states":{"never loaded":8}`)
	for _, source := range sources {
		require.True(t, unavailable(source.(keySource), knownID))
	}
	code, text = probe()
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.Equal(t, 8, strings.Count(text, "connection refused"))
}

func TestZeroKeyEndpoint(t *testing.T) {
	var zero jwks.KeyEndpoint
	require.True(t, unavailable(&zero, knownID))
	require.Empty(t, zero.Issuer())
	require.Equal(t, jwks.NeverLoaded, zero.Status().State)
	require.Error(t, zero.Status().LastError)
	require.Equal(t, "jwks.KeyEndpoint()", fmt.Sprint(&zero))
}

func TestSameSourceOfKeyEndpoints(t *testing.T) {
	client, logger := &http.Client{}, slog.New(slog.DiscardHandler)
	made := func(adjust func(*jwks.KeyEndpointConfig)) *jwks.KeyEndpoint {
		config := jwks.KeyEndpointConfig{URL: keyURL, HTTPClient: client, Logger: logger}
		adjust(&config)
		e, err := jwks.NewKeyEndpoint(config)
		require.NoError(t, err)
		return e
	}
	first := made(func(*jwks.KeyEndpointConfig) {})
	require.True(t, first.SameSource(made(func(*jwks.KeyEndpointConfig) {})))
	for name, change := range map[string]func(*jwks.KeyEndpointConfig){
		"URL":     func(c *jwks.KeyEndpointConfig) { c.URL += ".pem" },
		"issuer":  func(c *jwks.KeyEndpointConfig) { c.Issuer = "a" },
		"client":  func(c *jwks.KeyEndpointConfig) { c.HTTPClient = &http.Client{} },
		"logger":  func(c *jwks.KeyEndpointConfig) { c.Logger = slog.New(slog.DiscardHandler) },
		"refresh": func(c *jwks.KeyEndpointConfig) { c.RefreshInterval = time.Hour },
		"keys":    func(c *jwks.KeyEndpointConfig) { c.MaxKeys = 3 },
	} {
		require.False(t, first.SameSource(made(change)), name)
	}
	for _, other := range []any{nil, 1, (*jwks.KeyEndpoint)(nil), &jwks.KeyEndpoint{}, &jwks.Remote{}} {
		require.False(t, first.SameSource(other))
	}
	require.False(t, (*jwks.KeyEndpoint)(nil).SameSource(first))
	require.False(t, new(jwks.KeyEndpoint).SameSource(new(jwks.KeyEndpoint)))
}
