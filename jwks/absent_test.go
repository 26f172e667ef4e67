package jwks

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Inside the package: that the memory is bounded shows nowhere else.
func TestAbsentKIDsAreBounded(t *testing.T) {
	a, now := newAbsentKids(time.Second), time.Now()
	for i := range 5 * maxAbsent {
		a.add(fmt.Sprint(i), now)
		require.True(t, a.has(fmt.Sprint(i), now))
		require.LessOrEqual(t, len(a.since), maxAbsent)
	}
	last := fmt.Sprint(5*maxAbsent - 1)
	require.False(t, a.has(last, now.Add(time.Second)))
	require.False(t, a.has("never", now))
}
