package jwks_test

import (
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

func TestNewRemoteReportsEveryFault(t *testing.T) {
	r, err := jwks.NewRemote(jwks.Config{
		RefreshInterval: -1, MaxStale: 30, FetchTimeout: -time.Second, Cooldown: time.Microsecond,
	})
	require.Nil(t, r)
	for _, field := range []string{"Issuer", "RefreshInterval", "MaxStale", "FetchTimeout", "Cooldown"} {
		require.ErrorContains(t, err, "jwks: Config."+field)
	}
	require.ErrorContains(t, err, "30*time.Second", "the remedy")
}

// No duration is so long that a time could overflow.
func TestDurationsHaveACeiling(t *testing.T) {
	const year = 366 * 24 * time.Hour
	of := func(d time.Duration) jwks.Config {
		return jwks.Config{URL: setURL, RefreshInterval: d, MaxStale: d, FetchTimeout: d, Cooldown: d}
	}
	for _, d := range []time.Duration{math.MaxInt64, year + 1} {
		_, err := jwks.NewRemote(of(d))
		for _, field := range []string{"RefreshInterval", "MaxStale", "FetchTimeout", "Cooldown"} {
			require.ErrorContains(t, err, "jwks: Config."+field+" is "+d.String()+", longer than a year: write 366*24*time.Hour")
		}
	}
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		r := newRemote(t, e, func(c *jwks.Config) { *c = of(year); c.HTTPClient = e.client() })
		require.True(t, accepts(r, "a"))
		require.True(t, refuses(r, "b"))
		require.Equal(t, time.Now().Add(year), r.Status().UsableUntil)
		time.Sleep(year / 2) // simulated
		require.True(t, accepts(r, "a"))
		require.Equal(t, jwks.Fresh, r.Status().State)
		require.Equal(t, 2, e.fetches())
	})
}

func TestSourceURL(t *testing.T) {
	// checklist 96, 114
	for raw, ok := range map[string]bool{
		"https://issuer.example/jwks":          true,
		"https://issuer.example:8443/jwks?p=1": true,
		"http://localhost:8080/jwks":           true,
		"http://127.0.0.1:8080/jwks":           true,
		"http://127.9.9.9/jwks":                true,
		"http://[::1]:8080/jwks":               true,
		"http://issuer.example/jwks":           false,
		"http://localhost.evil.example/jwks":   false,
		"http://127.0.0.1.evil.example/jwks":   false,
		"http://10.0.0.1/jwks":                 false,
		"https://user:pw@issuer.example/jwks":  false,
		"https://issuer.example/jwks#a":        false,
		"https://issuer.example/jwks#":         false,
		"ftp://issuer.example/jwks":            false,
		"file:///etc/jwks":                     false,
		"issuer.example/jwks":                  false,
		"/jwks":                                false,
		"https:///jwks":                        false,
		"https://":                             false,
		"https://issuer.example/%zz":           false,
	} {
		_, err := jwks.NewRemote(jwks.Config{URL: raw})
		require.Equal(t, ok, err == nil, "URL %s: %v", raw, err)
		_, err = jwks.NewRemote(jwks.Config{Issuer: raw})
		require.Equal(t, ok && !strings.Contains(raw, "?"), err == nil, "Issuer %s: %v", raw, err)
		if err != nil {
			require.NotContains(t, err.Error(), "pw", "no credentials in errors")
		}
	}
	for _, raw := range []string{" https://issuer.example", "https://issuer.example/\n", "https://issuer.example/a "} {
		_, err := jwks.NewRemote(jwks.Config{Issuer: raw})
		require.ErrorContains(t, err, "jwks: Config.Issuer begins or ends with white space", "%q", raw)
		_, err = jwks.NewRemote(jwks.Config{URL: raw})
		require.ErrorContains(t, err, "jwks: Config.URL begins or ends with white space", "%q", raw)
	}
	_, err := jwks.NewRemote(jwks.Config{URL: "http://issuer.example/jwks", InsecureAllowPlainHTTP: true})
	require.NoError(t, err)
	_, err = jwks.NewRemote(jwks.Config{URL: setURL, Issuer: issuerURL})
	require.NoError(t, err)
}

// What the caller does to its client later is no concern of the Remote, and
// its redirect policy is asked beside ours.
func TestClientIsCopied(t *testing.T) {
	e := newEndpoint(ecJWK("a"))
	asked := 0
	client := &http.Client{Transport: e, CheckRedirect: func(*http.Request, []*http.Request) error { asked++; return nil }}
	r, err := jwks.NewRemote(jwks.Config{URL: setURL, HTTPClient: client})
	require.NoError(t, err)
	client.Transport = nil
	client.CheckRedirect = nil
	e.answer(func(req *http.Request) (*http.Response, error) {
		if req.URL.Path == "/moved" {
			return respond(req, 200, nil, setOf(ecJWK("b"))), nil
		}
		return respond(req, 307, http.Header{"Location": {"/moved"}}, ""), nil
	})
	require.NoError(t, r.Refresh(t.Context()))
	require.Equal(t, 1, asked)
}

// A setting is honoured as given, down to a second.
func TestSecondsAreHonoured(t *testing.T) {
	for _, d := range []time.Duration{time.Second, time.Hour} {
		_, err := jwks.NewRemote(jwks.Config{URL: setURL, RefreshInterval: d, MaxStale: d, FetchTimeout: d, Cooldown: d})
		require.NoError(t, err)
	}
}

// A transport that is nil, and no nil interface, is found while somebody is looking.
func TestNilTransport(t *testing.T) {
	client := &http.Client{Transport: (*http.Transport)(nil)}
	_, err := jwks.NewRemote(jwks.Config{URL: setURL, HTTPClient: client})
	require.EqualError(t, err, "jwks: Config.HTTPClient has a nil *http.Transport: leave Transport out")
	_, err = jwks.NewKeyEndpoint(jwks.KeyEndpointConfig{URL: keyURL, HTTPClient: client})
	require.EqualError(t, err, "jwks: KeyEndpointConfig.HTTPClient has a nil *http.Transport: leave Transport out")
}

// What is wrong with one setting does not hide what is wrong with another.
func TestSourceFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		config jwks.Config
		faults []string
	}{
		"both URLs": {
			jwks.Config{URL: "http://a.example/keys", DiscoveryURL: "m", Issuer: issuerURL},
			[]string{"so is Config.URL", "Config.URL is http", "Config.DiscoveryURL is not an absolute"},
		},
		"no issuer": {
			jwks.Config{DiscoveryURL: "m"},
			[]string{"Config.Issuer is empty", "Config.DiscoveryURL is not an absolute"},
		},
		"an issuer beside a URL":  {jwks.Config{URL: setURL, Issuer: "a\n"}, []string{"jwks: Config.Issuer begins or ends"}},
		"an issuer beside a File": {jwks.Config{File: "keys", Issuer: " a"}, []string{"jwks: Config.Issuer begins or ends"}},
		"a directory mistyped":    {jwks.Config{File: "/no/such/keys.json"}, []string{"Config.File is in", "correct it"}},
		"two sources":             {jwks.Config{File: "keys", URL: setURL}, []string{"leave out File or the others"}},
	} {
		_, err := jwks.NewRemote(tc.config)
		for _, says := range tc.faults {
			require.ErrorContains(t, err, says, name)
		}
	}
	_, err := jwks.NewKeyEndpoint(jwks.KeyEndpointConfig{URL: keyURL, Issuer: issuerURL + "\n"})
	require.ErrorContains(t, err, "jwks: KeyEndpointConfig.Issuer begins or ends with white space")
}
