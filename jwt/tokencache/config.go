package tokencache

import (
	"fmt"
	"math"
)

// Defaults and ceilings of Config, as its fields document them.
const (
	defaultEntries = 16 << 10
	maxEntries     = 16 << 20
	defaultBytes   = 32 << 20
	maxBytes       = min(1<<40, math.MaxInt>>1+1) // 1 TiB, or 1 GiB where an int has 32 bits
)

// Config bounds a [Cache]. The zero value of each field is its default.
type Config struct {
	_ [0]func() // keyed literals only, and no comparison

	// MaxEntries bounds how many tokens are remembered; it is rounded up to a
	// power of two. Each costs the size of a pointer from the start. A token has
	// eight places to be in: at half of the bound hardly one is forgotten for want
	// of a place, and at the bound one of seven. Default: 16384. At most 16777216.
	MaxEntries int

	// MaxBytes bounds the memory that remembered tokens take, as they themselves
	// estimate it. Default: 32 MiB. At most 1 TiB, or 1 GiB on 32-bit platforms.
	MaxBytes int

	// CountLookups has [Cache.Counts] count. It is off by default because a hit writes
	// nothing that is shared otherwise: where many processors ask for one token, they
	// then take a line of memory from each other.
	CountLookups bool
}

// resolve returns c with the defaults filled in, and its faults.
func (c Config) resolve() (Config, []error) {
	var faults []error
	for _, limit := range []struct {
		field             string
		value             *int
		standard, ceiling int
	}{
		{"MaxEntries", &c.MaxEntries, defaultEntries, maxEntries},
		{"MaxBytes", &c.MaxBytes, defaultBytes, maxBytes},
	} {
		switch given := *limit.value; {
		case given < 0 || given > limit.ceiling:
			faults = append(faults, fmt.Errorf("tokencache: Config.%s is %d: use up to %d, or leave it 0 for %d",
				limit.field, given, limit.ceiling, limit.standard))
		case given == 0:
			*limit.value = limit.standard
		}
	}
	return c, faults
}
