package jwks

import (
	"fmt"
	"hash/maphash"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Inside the package: that the memory is bounded shows nowhere else.
func TestAbsentKeysAreBounded(t *testing.T) {
	a, now := &absentKeys{lifetime: time.Second, seed: maphash.MakeSeed()}, time.Now()
	for i := range 5 * maxAbsent {
		a.add(fmt.Sprint(i), "ES256", now)
		require.True(t, a.has(fmt.Sprint(i), "ES256", now))
		require.LessOrEqual(t, len(a.since), maxAbsent)
	}
	last := fmt.Sprint(5*maxAbsent - 1)
	require.False(t, a.has(last, "ES256", now.Add(time.Second)))
	require.False(t, a.has(last, "ES384", now), "of another algorithm nothing is known")
	require.False(t, a.has("never", "ES256", now))
}
