package jwks

import (
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// This test is inside the package because the policy it shows is a few pure
// functions that no exported name leads to alone.

func TestInterval(t *testing.T) {
	const day = 24 * time.Hour
	none := unknownMaxAge
	for name, tc := range map[string]struct{ configured, maxStale, maxAge, want time.Duration }{
		"default":                    {0, day, none, 15 * time.Minute},
		"max-age shortens":           {0, day, 5 * time.Minute, 5 * time.Minute},
		"max-age lengthens":          {0, day, 40 * time.Minute, 40 * time.Minute},
		"not below the floor":        {0, day, 0, time.Minute},
		"not above the ceiling":      {0, day, 6 * time.Hour, time.Hour},
		"as given":                   {2 * time.Second, day, none, 2 * time.Second},
		"longer than ceiling, given": {6 * time.Hour, day, none, 6 * time.Hour},
		"given is not lengthened":    {2 * time.Second, day, 6 * time.Hour, 2 * time.Second},
		"the floor lengthens not":    {2 * time.Second, day, 0, 2 * time.Second},
		"given may be shortened":     {time.Hour, day, 10 * time.Minute, 10 * time.Minute},
		"before it expires":          {0, time.Minute, none, time.Minute},
		"before it expires, given":   {time.Hour, time.Minute, none, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tc.want, interval(tc.configured, tc.maxStale, tc.maxAge))
		})
	}
}

func TestAfterSuccess(t *testing.T) {
	require.Equal(t, 45*time.Minute, afterSuccess(time.Hour, 0))
	require.Equal(t, 52*time.Minute+30*time.Second, afterSuccess(time.Hour, 0.5))
	require.Less(t, afterSuccess(time.Hour, 0.999999), time.Hour)
}

func TestAfterFailure(t *testing.T) {
	const ms = time.Millisecond
	for name, tc := range map[string]struct {
		failures int
		serving  bool
		min, max time.Duration
	}{
		"first":             {1, true, 750 * ms, 1250 * ms},
		"first, no set":     {1, false, 750 * ms, 1250 * ms},
		"second":            {2, true, 1500 * ms, 2500 * ms},
		"third":             {3, false, 3 * time.Second, 5 * time.Second},
		"fourth, no set":    {4, false, 3750 * ms, 6250 * ms},
		"tenth":             {10, true, 30 * time.Second, 50 * time.Second},
		"thousandth":        {1000, true, 30 * time.Second, 50 * time.Second},
		"thousandth, cold":  {1000, false, 3750 * ms, 6250 * ms},
		"more than an int8": {300, true, 30 * time.Second, 50 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tc.min, afterFailure(tc.failures, tc.serving, 0))
			require.InDelta(t, tc.max, afterFailure(tc.failures, tc.serving, 0.999999999), float64(ms))
		})
	}
}

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

func TestReachedAfterSleep(t *testing.T) {
	now := time.Now()
	woken := asleep(now, 72*time.Hour)
	require.Zero(t, woken.Sub(now), "the monotonic clock stood still")
	require.Equal(t, 72*time.Hour, woken.Round(0).Sub(now.Round(0)))

	due := now.Add(15 * time.Minute)
	require.False(t, reached(now, due))
	require.True(t, reached(woken, due))
	require.True(t, reached(due, due))
	setBack := asleep(now.Add(time.Hour), -72*time.Hour)
	require.True(t, reached(setBack, due), "the hour has passed all the same")

	s := state{set: &keySet{}, confirmedAt: now, freshUntil: due, dueAt: due, usableUntil: now.Add(24 * time.Hour)}
	require.Equal(t, Fresh, s.condition(now))
	require.NotNil(t, s.usable(now))
	require.Equal(t, Unavailable, s.condition(woken))
	require.Nil(t, s.usable(woken))
	require.True(t, s.due(woken))
}
