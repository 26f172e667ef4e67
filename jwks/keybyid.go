package jwks

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// maxKeyBytes bounds the answer for one key. It is the bound on one key of a set, too.
const maxKeyBytes = 64 << 10

// keyByID is the key of one kid. It is kept right as a whole set is, by the same state and the same
// schedule: a set of one key, or of none where the endpoint has said that there is none.
type keyByID struct {
	id      string
	flights *flights
	usedAt  atomic.Int64 // Unix time in nanoseconds, to within a second
}

// refresh begins a fetch that is due, or returns the one under way, if the key may not be used before
// that has come to an end; nil if it may. Nobody else waits. For whoever has left already no fetch
// begins, and a key that may not be used before is unavailable.
//
// A lookup that finds its key older than the interval waits, unlike one in a set. Other tokens keep a
// set fresh. A key that was withdrawn is a key that nobody uses any more, and for as long as that
// lasts nothing asks for it: the first token that a thief signs with it must not be judged by what
// the endpoint said yesterday. In an outage nobody waits, since asking again and again is enough.
func (k *keyByID) refresh(ctx context.Context, now time.Time) (*flight, error) {
	s := k.flights.state.Load()
	if !s.due(now) {
		return nil, nil
	}
	serves, left := s.usable(now) != nil && s.asked(now, k.flights.patience), ctx.Err() != nil
	switch {
	case serves && left:
		return nil, nil
	case serves:
		k.flights.beginIf((*state).due)
		return nil, nil
	case left:
		return nil, &unavailableError{errLeft(ctx), time.Second}
	}
	f, _ := k.flights.join((*state).due)
	return f, nil
}

// use notes that the key is in use. To write that each time would have all processors wait for one
// another.
func (k *keyByID) use(now time.Time) {
	if t := now.UnixNano(); t-k.usedAt.Load() > int64(time.Second) {
		k.usedAt.Store(t)
	}
}

// keys are those that verify alg, none if there are none. An error means that it is not known.
func (k *keyByID) keys(alg string, now time.Time) ([]crypto.PublicKey, error) {
	s := k.flights.state.Load()
	set := s.usable(now)
	if set == nil {
		return nil, &unavailableError{s.fault, max(s.dueAt.Sub(now), time.Second)}
	}
	keys, _ := set.find(k.id, alg)
	return keys, nil
}

// keyFetcher asks for the key of one kid.
type keyFetcher struct {
	id  string
	get *getter
}

// fetch asks for the key that is to follow last, nil if none is known. It changes nothing.
func (f keyFetcher) fetch(ctx context.Context, from source, last *keySet) outcome {
	a, err := f.get.get(ctx, from.metadata.jwksURL, from.etag, maxKeyBytes, pemMedia)
	if err != nil {
		return f.refused(from, last, err)
	}
	if a.maxAge != unknownMaxAge || !a.notModified {
		from.maxAge = a.maxAge
	}
	if a.notModified {
		return outcome{source: from, set: last, notModified: true}
	}
	set, err := f.parse(a.body, last)
	switch {
	case set == nil:
		return f.failed(from, err)
	case err != nil:
		return f.doubtful(from, last, set, err)
	}
	from.etag = a.etag
	return outcome{source: from, set: set}
}

// refused is what becomes of an error. Some of them are answers: 404 and 410 say that there is no
// such key, and are believed at once (RFC 9110 §15.5.5, §15.5.11). 403 is what object stores say of
// a file that is not there, and what a firewall says of one that is.
func (f keyFetcher) refused(from source, last *keySet, err error) outcome {
	none := &keySet{skipped: []SkippedKey{{KeyID: f.id, Reason: fmt.Sprintf("there is no such key: %v", err)}}}
	switch {
	case errors.Is(err, statusError(http.StatusNotFound)), errors.Is(err, statusError(http.StatusGone)):
		return outcome{source: from, set: none}
	case errors.Is(err, statusError(http.StatusForbidden)):
		return f.doubtful(from, last, none, err)
	}
	return f.failed(from, err)
}

// doubtful is the answer that there is no key, or none that may be used. Where there was one, it may
// be the accident of a minute: it is believed as a set without a usable key is, when an answer that
// comes a refresh later is another one. See state.believesEmpty.
func (f keyFetcher) doubtful(from source, last, none *keySet, err error) outcome {
	if last == nil {
		return outcome{source: from, set: none}
	}
	o := f.failed(from, err)
	o.empty = none
	return o
}

func (f keyFetcher) failed(from source, err error) outcome {
	return failed(from, from, fmt.Errorf("key at %s: %w", place(from.metadata.jwksURL), err))
}

// parse reads the answer, which is one block of PEM and nothing more. What is no such block is no set:
// it says nothing about the key. With one that may not be used the empty set comes with the error.
func (f keyFetcher) parse(doc []byte, last *keySet) (*keySet, error) {
	one := publishedPEM(f.id, string(doc))
	if one.err == errOneBlock {
		return nil, one.err
	}
	return newKeySet([]published{one}, last)
}
