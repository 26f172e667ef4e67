package jwks

import (
	"context"
	"crypto"
	"errors"
	"time"
)

// Remote is a key set that an issuer publishes. It fetches the set when it is
// first asked, keeps it fresh, notices new keys, and serves the last good
// set through an outage. Make one per issuer with [NewRemote]; any number of
// validators may share it. The zero Remote has no source, and answers that keys are
// unavailable. It is safe for concurrent use.
//
// A Remote starts no goroutine but a fetch and what serves it, and a fetch ends
// within Config.FetchTimeout, whatever Config.HTTPClient does. A connection outlives
// it by a second at the most, unless HTTPClient keeps it longer. Refreshes happen
// when a lookup finds one due: that lookup does not wait for it. A process whose
// traffic may pause for longer than the refresh interval should use [Remote.Run],
// which refreshes without traffic; otherwise the first request after a pause is
// judged by the set from before it.
type Remote struct {
	config  *Config // as it was given; a pointer, behind which nothing prints
	issuer  string  // Config.Issuer
	from    string  // that, or Config.URL without query, which may hold a secret
	flights *flights
	unknown *unknownKeys
}

// errNotMade is what a zero Remote says.
var errNotMade = errors.New("jwks: a zero Remote has no keys: make one with NewRemote")

// NewRemote checks the configuration and reports every fault in it at once. It
// asks nobody for keys: the first lookup, or [Remote.Refresh] or [Remote.Run], does. All
// that it looks at is whether the directories of Config.File and Config.SnapshotFile exist.
func NewRemote(config Config) (*Remote, error) {
	cfg, err := config.resolve()
	if err != nil {
		return nil, err
	}
	r := &Remote{config: &config, issuer: cfg.Issuer, from: cfg.shownSource(), flights: newFlights(cfg)}
	r.unknown = newUnknownKeys(r.flights, cfg)
	return r, nil
}

// Issuer returns Config.Issuer as it was given, "" if Config.URL was given in its
// place. The iss claim of a token must be identical to it.
func (r *Remote) Issuer() string { return r.issuer }

// VerificationKeys returns the public keys that a token with this kid and alg
// may be signed with: *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey or, with
// Go 1.27, *mldsa.PublicKey, four at most. An empty kid stands for a token without
// one, and gets the keys that fit alg: first those that have no kid themselves, and
// each kind in the order it is published. The slice is shared: do not change its elements.
//
// Empty with a nil error means that there is no such key: reject the token. An
// error means that this could not be found out; it is [ErrUnavailable], has a
// RetryAfter method, and says nothing about the token.
//
// A lookup that the current set can answer takes no lock, allocates nothing
// and never waits, not even for ctx. That includes an algorithm that this package
// does not know, and a token without kid. An unknown kid, which is also one under
// which no key fits alg, and the first lookup of all wait for a shared
// fetch until ctx ends or Config.FetchTimeout has passed, whichever comes first;
// the fetch goes on without whoever leaves, and none begins for a ctx that has
// ended. Fetches for unknown kids are limited by Config.Cooldown, and an unknown
// kid within it is answered from the set, which is then that recent.
func (r *Remote) VerificationKeys(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
	if r.flights == nil {
		return nil, &unavailableError{errNotMade, time.Second}
	}
	s, now := r.flights.state.Load(), time.Now()
	set := s.usable(now)
	keys, answered := set.find(kid, alg)
	if !answered {
		return r.find(ctx, kid, alg)
	}
	if set != nil && s.dueFor(kid, now) && ctx.Err() == nil {
		r.flights.beginIf(func(s *state, now time.Time) bool { return s.dueFor(kid, now) })
	}
	return keys, nil
}

// find looks for what the set in use does not hold.
func (r *Remote) find(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
	keys, err := r.unknown.find(ctx, kid, alg)
	if err == errNoSuchKey {
		return nil, nil
	}
	return keys, err
}

// Refresh fetches the set now, whatever the schedule says, and waits for the
// result or for ctx. If a fetch is under way it waits for that, and for one
// more: the result is never older than the call. An error means that nothing
// was replaced. Calls at the same time share fetches, but nothing else limits
// them: do not call it for a request.
//
// A process may end after Refresh: the snapshot file is written by then, if there
// is one, and so is the log, unless the logger takes longer than a tenth of a
// second.
func (r *Remote) Refresh(ctx context.Context) error {
	if r.flights == nil {
		return errNotMade
	}
	q := fresher{r.flights, always, func(error) bool { return ctx.Err() != nil }}
	f, own := r.flights.join(always)
	f, err := q.wait(ctx, f, own)
	select {
	case <-f.kept:
		r.flights.settle(f, grace)
	case <-ctx.Done():
	}
	return err
}

// Run keeps the set fresh until ctx ends, and then returns ctx.Err(). It
// fetches at once if that is due, as it is in the beginning. No fetch that it
// began outlives it, unless a request waits for the result, or code of yours
// hangs: Run waits no more than a second for a transport that does not heed its
// context, or for a logger. Faults do not end it; see [Remote.Status].
func (r *Remote) Run(ctx context.Context) error {
	if r.flights == nil {
		return errNotMade
	}
	var own *flight // the last one that Run began
	defer func() {
		if own != nil {
			r.flights.abandon(own)
		}
	}()
	changes := r.flights.changes()
	for ctx.Err() == nil {
		if wait := time.Until(r.flights.state.Load().dueAt); wait > 0 {
			r.flights.sleep(ctx, changes, wait)
			continue
		}
		f, began := r.flights.join((*state).due)
		if began {
			own = f
		}
		if f != nil {
			_ = r.flights.wait(ctx, f) // Status has its error
		}
	}
	return ctx.Err()
}
