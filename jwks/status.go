package jwks

import (
	"slices"
	"time"
)

// Status is a picture of a [Remote] at one time, for people and probes.
type Status struct {
	State       State
	Source      string        // the configured issuer, or URL without query
	JWKSURL     string        // where the set is, without query; "" if discovery has not found out yet
	ConfirmedAt time.Time     // when the issuer last had this set; zero if never
	Age         time.Duration // since ConfirmedAt; 0 if never
	UsableUntil time.Time     // when the set in use expires, unless a fetch, with discovery, succeeds; zero if none
	NextRefresh time.Time     // when the next scheduled fetch is due, tokens without kid apart; zero before the first

	Keys    []KeyStatus  // usable keys of the set
	Skipped []SkippedKey // keys of the set that are not used, and why

	LastError      error     // of the last fetch; nil if it succeeded
	LastErrorAt    time.Time // zero if LastError is nil
	Failures       int       // fetches in a row that failed
	EmptySince     time.Time // since when the issuer publishes no usable key; zero if its last set had one
	DiscoveryError error     // discovery failed and older metadata is in use; nil otherwise
	DiscoveredAt   time.Time // when the metadata was last read; zero if never, or without discovery

	Counts Counts
}

// KeyStatus describes one usable key.
type KeyStatus struct {
	KeyID      string   `json:"kid,omitempty"`
	Type       string   `json:"kty"`
	Algorithms []string `json:"alg"`        // what it may verify
	Thumbprint string   `json:"thumbprint"` // RFC 7638, SHA-256, base64url
}

// Status describes the set in use. It does no I/O and takes no lock.
func (r *Remote) Status() Status {
	if r.flights == nil {
		return Status{State: NeverLoaded, LastError: errNotMade}
	}
	s, now := r.flights.state.Load(), time.Now()
	status := Status{
		State:          s.condition(now),
		Source:         r.from,
		JWKSURL:        place(s.source.metadata.jwksURL),
		ConfirmedAt:    s.confirmedAt,
		UsableUntil:    s.usableUntil,
		NextRefresh:    s.dueAt,
		LastError:      s.fault,
		LastErrorAt:    s.faultAt,
		Failures:       s.failures,
		EmptySince:     s.emptySince,
		DiscoveryError: s.source.fault,
		DiscoveredAt:   s.source.readAt,
		Counts:         r.flights.journal.counts.read(),
	}
	if s.set != nil {
		status.Age = max(now.Sub(s.confirmedAt), now.Round(0).Sub(s.confirmedAt.Round(0))) // see reached
		status.Keys, status.Skipped = s.set.describe(), slices.Clone(s.set.skipped)
	}
	return status
}

func (s *keySet) describe() []KeyStatus {
	keys := make([]KeyStatus, len(s.keys))
	for i, k := range s.keys {
		keys[i] = KeyStatus{k.ID, k.Type, slices.Clone(k.Algorithms), k.Thumbprint}
	}
	return keys
}
