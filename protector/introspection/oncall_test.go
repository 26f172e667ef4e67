package introspection_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector/introspection"
)

// call is what Config.OnCall is told.
type call struct {
	took    time.Duration
	failure string
}

// telling returns a client of that server, and the calls that it tells of.
func telling(t *testing.T, handler http.HandlerFunc) (*introspection.Client, <-chan call) {
	t.Helper()
	calls := make(chan call, 10)
	c := config(serve(t, handler).URL)
	c.OnCall = func(took time.Duration, failure string) { calls <- call{took, failure} }
	return newClient(t, c), calls
}

// checklist 222
func TestOnCallIsToldOfCallsAlone(t *testing.T) {
	client, calls := telling(t, answering(activeAnswer))
	for range 3 {
		_, err := client.Introspect(t.Context(), token)
		require.NoError(t, err)
	}
	told := <-calls
	require.Positive(t, told.took)
	require.Empty(t, told.failure)
	require.Empty(t, calls, "what is remembered is no call")
}

func TestOnCallIsToldOfFailures(t *testing.T) {
	client, calls := telling(t, withStatus(500, ""))
	_, err := client.Introspect(t.Context(), token)
	require.Error(t, err)
	require.Equal(t, string(introspection.FailureStatus), (<-calls).failure)
}

// One who watches may break without anybody who waits for an answer.
func TestOnCallHoldsNobodyUp(t *testing.T) {
	released := make(chan struct{})
	defer close(released)
	for name, watch := range map[string]func(time.Duration, string){
		"panics": func(time.Duration, string) { panic("broken") },
		"blocks": func(time.Duration, string) { <-released },
	} {
		t.Run(name, func(t *testing.T) {
			c := config(serve(t, answering(activeAnswer)).URL)
			c.OnCall, c.PositiveTTL = watch, introspection.NoCache
			client := newClient(t, c)
			for range 5 {
				_, err := client.Introspect(t.Context(), token)
				require.NoError(t, err)
			}
		})
	}
}
