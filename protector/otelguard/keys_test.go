package otelguard_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector/otelguard"
)

// checklist 222
func TestKeySetsAreObserved(t *testing.T) {
	issuer := jwttest.NewIssuer(t)
	keys, err := jwks.NewRemote(jwks.Config{Issuer: issuer.URL(), HTTPClient: issuer.Client()})
	require.NoError(t, err)
	down, err := jwks.NewRemote(jwks.Config{URL: "https://down.example/keys?key=secret", HTTPClient: &http.Client{
		Transport: roundTripper(func(*http.Request) (*http.Response, error) { return nil, http.ErrServerClosed }),
	}})
	require.NoError(t, err)
	o := observe(t, otelguard.Config{Keys: map[string]otelguard.KeySet{"up": keys, "down": down}})
	before := time.Now().Unix()
	require.NoError(t, keys.Refresh(t.Context()))
	require.Error(t, down.Refresh(t.Context()))
	_, err = keys.VerificationKeys(t.Context(), "made-up", "RS256")
	require.NoError(t, err)

	require.Equal(t, map[string]float64{
		"issuer=up result=success": 2, "issuer=up result=failure": 0,
		"issuer=down result=success": 0, "issuer=down result=failure": 1,
	}, o.series(t, "resourceserver.jwks.fetches"))
	require.Equal(t, map[string]float64{"issuer=up": 1, "issuer=down": 0}, o.series(t, "resourceserver.jwks.unknown_kids"))
	require.Equal(t, map[string]float64{
		"issuer=up status=usable": 1, "issuer=up status=skipped": 0,
		"issuer=down status=usable": 0, "issuer=down status=skipped": 0,
	}, o.series(t, "resourceserver.jwks.keys"))
	require.Equal(t, map[string]float64{
		"issuer=up state=never_loaded": 0, "issuer=up state=fresh": 1,
		"issuer=up state=stale": 0, "issuer=up state=unavailable": 0,
		"issuer=down state=never_loaded": 1, "issuer=down state=fresh": 0,
		"issuer=down state=stale": 0, "issuer=down state=unavailable": 0,
	}, o.series(t, "resourceserver.jwks.state"))
	for name, ahead := range map[string]time.Duration{"last_success": 0, "usable_until": 24 * time.Hour} {
		series := o.series(t, "resourceserver.jwks."+name)
		require.Len(t, series, 1, "there is no time yet for what was never loaded")
		require.InDelta(t, float64(before)+ahead.Seconds(), series["issuer=up"], 60)
	}
}

// Keys that are known and not used any more are none.
func TestKeysOfAnUnavailableSetAreNotUsable(t *testing.T) {
	o := observe(t, otelguard.Config{Keys: map[string]otelguard.KeySet{"a": fixed{
		State: jwks.Unavailable, Keys: make([]jwks.KeyStatus, 3), Skipped: make([]jwks.SkippedKey, 2),
	}}})
	require.Equal(t, map[string]float64{"issuer=a status=usable": 0, "issuer=a status=skipped": 2},
		o.series(t, "resourceserver.jwks.keys"))
	require.EqualValues(t, 1, o.series(t, "resourceserver.jwks.state")["issuer=a state=unavailable"])
}

var _ otelguard.KeySet = (*jwks.KeyEndpoint)(nil)

// fixed is a key set that is always the same.
type fixed jwks.Status

func (fixed) Issuer() string        { return "https://a.example" }
func (f fixed) Status() jwks.Status { return jwks.Status(f) }

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
