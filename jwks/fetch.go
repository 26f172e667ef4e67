package jwks

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// source is where the set comes from, and what was said about it there.
type source struct {
	metadata metadata
	fault    error         // of discovery, while older metadata is still in use
	etag     string        // of the set in use
	etagURL  string        // where that was: an ETag means nothing elsewhere
	maxAge   time.Duration // of the set in use, unknownMaxAge if nothing was said
}

// outcome is what one fetch came to. The set is the new one, or the one in
// use if nothing changed, or nil with an error.
type outcome struct {
	source      source
	set         *keySet
	notModified bool
	err         error
	restored    *restored // from the snapshot file, when the first fetch failed
}

// fetch asks the issuer. It changes nothing: settle does.
//
// Discovery is read each time. It costs a request every few minutes, and a
// key set that moved is noticed when the first unknown kid appears, not when
// the old place stops to answer, which it may never do.
func (r *Remote) fetch(ctx context.Context, last *state) outcome {
	src, err := r.locate(ctx, last.source)
	if err != nil {
		return r.failed(ctx, last, src, err)
	}
	etag := src.etag
	if src.etagURL != src.metadata.jwksURL {
		etag = ""
	}
	a, err := r.get.get(ctx, src.metadata.jwksURL, etag, maxDocumentBytes, keySetMedia)
	if err != nil {
		return r.failed(ctx, last, src, at(src.metadata.jwksURL, err))
	}
	if a.maxAge != unknownMaxAge || !a.notModified {
		src.maxAge = a.maxAge
	}
	if a.notModified {
		return outcome{source: src, set: last.set, notModified: true}
	}
	set, err := parseSet(a.body, last.set)
	if err != nil {
		return r.failed(ctx, last, src, at(src.metadata.jwksURL, err))
	}
	src.etag, src.etagURL = a.etag, src.metadata.jwksURL
	return outcome{source: src, set: set}
}

// failed keeps what discovery found and tries the snapshot file, once, if
// there is nothing better. The ETag is forgotten: it may be what the server
// fails over, and would then keep every later fetch from succeeding.
func (r *Remote) failed(ctx context.Context, last *state, src source, err error) outcome {
	kept := last.source
	kept.metadata, kept.fault = src.metadata, src.fault
	kept.etag, kept.etagURL = "", ""
	o := outcome{source: kept, err: err}
	if last.set == nil && !last.restored && r.cfg.SnapshotFile != "" && !errors.Is(ctx.Err(), context.Canceled) {
		o.restored = r.readSnapshot()
	}
	return o
}

// locate finds the URL of the set. When discovery fails, the metadata that was
// good the last time stays in use: an error page in place of metadata must not
// take down what still works. It may use half of the time then, no more.
func (r *Remote) locate(ctx context.Context, src source) (source, error) {
	if r.discovery == nil {
		return src, nil
	}
	known := src.metadata.jwksURL != ""
	if known {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, r.cfg.FetchTimeout/2)
		defer cancel()
	}
	m, err := r.discovery.find(ctx, src.metadata)
	src.fault = err
	if err == nil {
		src.metadata = m
	}
	if known {
		return src, nil
	}
	return src, err
}

// at says where an error happened.
func at(location string, err error) error {
	return fmt.Errorf("key set at %s: %w", place(location), err)
}

// settle publishes an outcome and reports it. Lookups see the result before
// whoever waits for the fetch is told.
func (r *Remote) settle(f *flight, o outcome) error {
	r.mu.Lock()
	if f.abandoned {
		r.mu.Unlock()
		return context.Canceled
	}
	last := r.state.Load()
	next := r.after(last, f, o)
	r.state.Store(next)
	r.current.Store(nil)
	r.mu.Unlock()

	select {
	case r.moved <- struct{}{}:
	default: // Run has not looked at the last change yet, and will see this one with it
	}
	r.count(last, next, o)
	r.report(last, next)
	if o.err == nil {
		r.writeSnapshot(f.began, next.set.doc)
	}
	return o.err
}

// after is the state that follows from an outcome.
func (r *Remote) after(last *state, f *flight, o outcome) *state {
	now, next := time.Now(), *last
	next.source = o.source
	if o.err == nil {
		next.confirm(o.set, f.began, interval(r.cfg.RefreshInterval, r.cfg.MaxStale, o.source.maxAge), r.cfg.MaxStale)
		next.failures, next.fault, next.faultAt = 0, nil, time.Time{}
		next.dueAt = f.began.Add(afterSuccess(next.freshUntil.Sub(f.began), rand.Float64()))
		return &next
	}
	if o.restored != nil {
		next.restored = true
		if o.restored.set != nil {
			next.confirm(o.restored.set, o.restored.fetchedAt, 0, r.cfg.MaxStale)
		}
	}
	next.failures++
	next.fault, next.faultAt = o.err, now
	next.dueAt = now.Add(afterFailure(next.failures, next.usable(now) != nil, rand.Float64()))
	return &next
}

func (s *state) confirm(set *keySet, when time.Time, fresh, usable time.Duration) {
	s.set, s.confirmedAt = set, when
	s.freshUntil, s.usableUntil = when.Add(fresh), when.Add(usable)
}
