package protector_test

import (
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
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

// A token that was made in this process has a monotonic reading in its expiry.
func TestExpiryAfterSleep(t *testing.T) {
	now := time.Now()
	clock := now
	rows := &table{rows: map[string]*token{"t": {expires: now.Add(time.Hour)}}}
	guard := newGuard(t, protector.Config{
		Now:        func() time.Time { return clock },
		Validators: []protector.Validator{protector.Bearer(rows.lookup)},
	})
	server := serve(t, guard.Require()(hello))
	require.Equal(t, 200, get(t, server, "/", "Authorization: Bearer t").status)
	clock = asleep(now, 2*time.Hour)
	require.Zero(t, clock.Sub(now), "the monotonic clock stood still")
	require.Equal(t, 401, get(t, server, "/", "Authorization: Bearer t").status)
}
