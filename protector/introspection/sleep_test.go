package introspection_test

import (
	"fmt"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// asleep returns the time that a machine reads which has slept for d since t: the
// wall clock went on, the monotonic one did not.
func asleep(t time.Time, d time.Duration) time.Time {
	t = t.Add(d)
	(*struct {
		wall uint64
		ext  int64 // the monotonic reading
		loc  *time.Location
	})(unsafe.Pointer(&t)).ext -= int64(d)
	return t
}

// A revocation during a night's sleep does not go unnoticed after it.
func TestAnswersAreForgottenInSleep(t *testing.T) {
	now := time.Now()
	clock := now
	e := &endpoint{answer: always(activeAnswer)}
	client := e.client(t, func(c *settings) { c.Now = func() time.Time { return clock } })
	for range 2 {
		_, err := client.Introspect(t.Context(), token)
		require.NoError(t, err)
	}
	require.Equal(t, 1, e.calls())
	clock = asleep(now, 8*time.Hour)
	require.Zero(t, clock.Sub(now), "the monotonic clock stood still")
	_, err := client.Introspect(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, 2, e.calls())
}

// A clock that is set back does not make an answer live longer, one that is remembered
// until its exp included.
func TestAnswersAreForgottenThoughTheClockIsSetBack(t *testing.T) {
	now := time.Now()
	clock := now
	e := &endpoint{answer: always(active(fmt.Sprintf(`"exp":%d`, now.Unix()+10)))}
	client := e.client(t, func(c *settings) { c.Now = func() time.Time { return clock } })
	_, err := client.Introspect(t.Context(), token)
	require.NoError(t, err)
	clock = asleep(now.Add(time.Minute), -time.Hour)
	require.Equal(t, time.Minute, clock.Sub(now), "the monotonic clock went on")
	_, err = client.Introspect(t.Context(), token)
	require.NoError(t, err)
	require.Equal(t, 2, e.calls())
}
