package jwks

import (
	"cmp"
	"time"
)

// All that decides when to fetch next is in this file. It reads no clock and
// rolls no dice: r is a random number, 0 ≤ r < 1, from the caller.

// Bounds on what max-age may ask for.
const (
	shortestMaxAge = time.Minute
	longestMaxAge  = time.Hour
)

// intervalWithoutKID is the interval while tokens without a kid arrive, unless it
// is shorter anyway.
const intervalWithoutKID = shortestMaxAge

// Back-off after failures in a row.
const (
	firstRetry     = time.Second
	longestRetry   = 40 * time.Second // with jitter, a hung attempt and the one that succeeds: within a minute
	longestOutage  = 5 * time.Second  // the same with no usable key, when every request waits for the next attempt
	unknownMaxAge  = -1 * time.Second // the answer had none
	earliestShare  = 0.75             // of an interval: where the scheduled fetch may begin
	retrySpread    = 0.5              // of a back-off: half of it to either side
	missFetchBurst = 3                // fetches for unknown kids before the cool-down applies
)

// patience is how long the configuration lets things be.
type patience struct {
	refreshInterval time.Duration // 0 if left to its default, which depends on the answer
	maxStale        time.Duration
	emptyFor        time.Duration // how long answers without a usable key are said before they are believed
	longestBackOff  time.Duration // beside its own limits; 0 for none
}

func newPatience(refreshInterval, maxStale time.Duration) patience {
	return patience{
		refreshInterval, maxStale,
		interval(refreshInterval, maxStale, unknownMaxAge), // what max-age such an answer has counts for nothing
		0,
	}
}

// backOff is the time until the next fetch after so many failures in a row.
func (p patience) backOff(failures int, serving bool, r float64) time.Duration {
	d := afterFailure(failures, serving, r)
	if p.longestBackOff > 0 {
		d = min(d, p.longestBackOff)
	}
	return d
}

// fileInterval is the refresh interval of a file, to look at which costs nothing.
const fileInterval = time.Second

// patienceWith is that with one source. A file that failed is looked at as often as ever. If nobody
// said how often that is, it does not say how long an accident takes either: a file that is emptied
// may be one that is about to be written.
func patienceWith(c Config) patience {
	p := newPatience(c.RefreshInterval, c.MaxStale)
	if c.File != "" {
		p.refreshInterval = cmp.Or(c.RefreshInterval, fileInterval)
		p.longestBackOff = p.refreshInterval
	}
	return p
}

func (p patience) interval(maxAge time.Duration) time.Duration {
	return interval(p.refreshInterval, p.maxStale, maxAge)
}

// interval is the longest time until the next scheduled fetch after a
// successful one. configured is 0 if left to its default; maxAge is
// unknownMaxAge if the answer had none.
func interval(configured, maxStale, maxAge time.Duration) time.Duration {
	d := configured
	switch {
	case maxAge == unknownMaxAge && configured == 0:
		d = defaultRefreshInterval
	case maxAge == unknownMaxAge:
	case configured == 0:
		d = clamp(maxAge)
	default:
		d = min(configured, clamp(maxAge))
	}
	return min(d, maxStale) // a set that nobody refreshes in time would expire in calm weather
}

// reached reports whether now is at t or past it, by either clock. The monotonic
// one stands still while a machine sleeps, so that a set from before the weekend
// would pass for fresh; the wall clock can be set back, which must not put off a
// refresh. A clock set forward costs a fetch.
func reached(now, t time.Time) bool {
	return !now.Before(t) || !now.Round(0).Before(t.Round(0)) // Round(0) leaves the wall clock alone
}

func clamp(maxAge time.Duration) time.Duration {
	return min(max(maxAge, shortestMaxAge), longestMaxAge)
}

// afterSuccess spreads scheduled fetches over the last quarter of the
// interval. Early, never late: the interval is a promise. A thousand instances
// that start together are spread over minutes from their second fetch on.
func afterSuccess(interval time.Duration, r float64) time.Duration {
	return time.Duration(float64(interval) * (earliestShare + (1-earliestShare)*r))
}

// afterFailure doubles from a second on. failures counts from 1; serving says
// whether there is a set that can be used meanwhile.
func afterFailure(failures int, serving bool, r float64) time.Duration {
	limit := longestOutage
	if serving {
		limit = longestRetry
	}
	d := limit
	if failures < 10 { // 2^9 seconds are past every limit: no overflow
		d = min(firstRetry<<(failures-1), limit)
	}
	return time.Duration(float64(d) * (1 - retrySpread/2 + retrySpread*r))
}
