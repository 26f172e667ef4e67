package otelguard_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
	"example.com/resourceserver/protector/introspection"
	"example.com/resourceserver/protector/otelguard"
)

// checklist 222
func TestCachesAreObserved(t *testing.T) {
	issuer := jwttest.NewIssuer(t)
	validator, err := jwt.NewValidator(jwt.Config{
		Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: issuer,
	})
	require.NoError(t, err)
	cache, err := tokencache.New(validator.Validate, tokencache.Config{CountLookups: true})
	require.NoError(t, err)
	o := observe(t, otelguard.Config{Caches: map[string]otelguard.TokenCache{"tokens": cache}})
	token := issuer.Token()
	for range 3 {
		_, err := cache.Validate(t.Context(), token)
		require.NoError(t, err)
	}
	require.Equal(t, map[string]float64{"cache=tokens result=hit": 2, "cache=tokens result=miss": 1},
		o.series(t, "resourceserver.token.cache"))
}

// broken is a memory of proofs that cannot be reached.
type broken struct{}

func (broken) Spend(context.Context, [32]byte, time.Time) (bool, error) {
	return true, errors.New("down")
}

// checklist 222
func TestChecksForReplayAreCounted(t *testing.T) {
	o := observe(t, otelguard.Config{})
	require.Empty(t, o.series(t, "resourceserver.replay.checks"))
	replay, until := o.Replay(new(dpop.Memory)), time.Now().Add(time.Minute)
	require.Equal(t, map[string]float64{"result=fresh": 0, "result=replayed": 0, "result=unavailable": 0},
		o.series(t, "resourceserver.replay.checks"), "what has not happened yet is a zero")
	for _, wanted := range []bool{true, false, false} {
		fresh, err := replay.Spend(t.Context(), [32]byte{1}, until)
		require.NoError(t, err)
		require.Equal(t, wanted, fresh)
	}
	_, err := o.Replay(broken{}).Spend(t.Context(), [32]byte{1}, until)
	require.EqualError(t, err, "down")
	require.Equal(t, map[string]float64{"result=fresh": 1, "result=replayed": 2, "result=unavailable": 1},
		o.series(t, "resourceserver.replay.checks"))
}

// A verifier takes no memory for its own. Telemetry must not turn "none" into one.
func TestReplayOfNothingPanics(t *testing.T) {
	for _, telemetry := range []*otelguard.Telemetry{nil, observe(t, otelguard.Config{}).Telemetry} {
		require.Panics(t, func() { telemetry.Replay(nil) })
		require.Panics(t, func() { telemetry.Replay((*dpop.Memory)(nil)) })
	}
}

// checklist 222
func TestCallsToIntrospectionAreMeasured(t *testing.T) {
	var status atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(int(status.Load()))
		_, _ = io.WriteString(w, `{"active":true,"token_type":"Bearer"}`)
	}))
	defer server.Close()
	o, told := observe(t, otelguard.Config{}), make(chan struct{})
	client, err := introspection.New(introspection.Config{
		Endpoint: server.URL, Credentials: introspection.ClientSecretBasic("api", "secret"), AnyAudience: true,
		OnCall: func(took time.Duration, failure string) {
			o.IntrospectionCall(took, failure)
			told <- struct{}{}
		},
	})
	require.NoError(t, err)
	for code, token := range map[int32]string{200: "good", 500: "bad"} {
		status.Store(code)
		_, _ = client.Introspect(t.Context(), token)
		<-told
	}
	o.IntrospectionCall(time.Second, "no failure of ours")
	require.Equal(t, map[string]float64{"": 1, "error.type=status": 1, "error.type=_OTHER": 1},
		o.series(t, "resourceserver.introspection.duration"))
}
