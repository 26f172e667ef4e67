package jwks

import (
	"context"
	"fmt"
	"time"
)

// source is where the set comes from, and what was said about it there.
type source struct {
	metadata metadata
	readAt   time.Time     // beginning of the fetch that last read the metadata, zero without discovery
	fault    error         // of discovery, while older metadata is still in use
	etag     string        // of the set in use
	etagURL  string        // where that was: an ETag means nothing elsewhere
	file     fileStamp     // of the set in use, when it is from a file
	maxAge   time.Duration // of the set in use, unknownMaxAge if nothing was said
}

// movedFrom reports that the set is at another origin than it was.
func (s source) movedFrom(last source) bool {
	from, to := last.metadata.jwksURL, s.metadata.jwksURL
	return from != "" && from != to && origin(from) != origin(to)
}

// outcome is what one fetch came to. The set is the new one, or the one in
// use if nothing changed, or nil with an error.
type outcome struct {
	source      source
	set         *keySet
	notModified bool
	err         error
	empty       *keySet   // with an error: the answer was a set, and no key in it is usable
	restored    *restored // from the snapshot file, when the first fetch failed
}

// failed keeps what is known of the set in use, and what discovery found. The
// ETag is forgotten: it may be what the server fails over, and would then keep
// every later fetch from succeeding.
func failed(last, found source, err error) outcome {
	last.metadata, last.readAt, last.fault = found.metadata, found.readAt, found.fault
	last.etag, last.etagURL, last.file = "", "", fileStamp{}
	return outcome{source: last, err: err}
}

// fetcher asks the issuer, or the disk.
type fetcher struct {
	file      string     // Config.File
	encoding  Encoding   // Config.Encoding
	discovery *discovery // nil if the configuration says where the set is
	get       *getter
	timeout   time.Duration // of a whole fetch
	maxStale  time.Duration // age limit of metadata
	snapshots bool          // there is a file to keep the document in
}

func newFetcher(c Config) fetcher {
	f := fetcher{
		file: c.File, encoding: c.Encoding,
		get: newGetter(c.HTTPClient), timeout: c.FetchTimeout, maxStale: c.MaxStale, snapshots: c.SnapshotFile != "",
	}
	if c.URL == "" && c.File == "" {
		f.discovery = &discovery{c.Issuer, c.DiscoveryURL, c.InsecureAllowPlainHTTP, f.get}
	}
	return f
}

// fetch asks for the set that is to follow last, which came from there. It
// changes nothing.
//
// Discovery is read each time. It costs a request every few minutes, and a
// key set that moved is noticed when the first unknown kid appears, not when
// the old place no longer answers, which may never happen.
func (f *fetcher) fetch(ctx context.Context, from source, last *keySet) outcome {
	if f.file != "" {
		return f.read(from, last)
	}
	found, err := f.locate(ctx, from)
	if err != nil {
		return failed(from, found, err)
	}
	etag := found.etag
	if found.etagURL != found.metadata.jwksURL {
		etag = ""
	}
	a, err := f.get.get(ctx, found.metadata.jwksURL, etag, maxDocumentBytes, keySetMedia)
	if err != nil {
		return failed(from, found, at(found.metadata.jwksURL, err))
	}
	if a.maxAge != unknownMaxAge || !a.notModified {
		found.maxAge = a.maxAge
	}
	if a.notModified {
		return outcome{source: found, set: last, notModified: true}
	}
	set, err := f.parse(a.body, last)
	if err != nil {
		o := failed(from, found, at(found.metadata.jwksURL, err))
		o.empty = set
		return o
	}
	found.etag, found.etagURL = a.etag, found.metadata.jwksURL
	return outcome{source: found, set: set}
}

// read is fetch for a file.
func (f *fetcher) read(from source, last *keySet) outcome {
	doc, stamp, err := readKeyFile(f.file, from.file)
	switch {
	case err != nil:
		return failed(from, from, fmt.Errorf("key file: %w", err))
	case doc == nil:
		return outcome{source: from, set: last, notModified: true}
	}
	set, err := f.parse(doc, last)
	if err != nil {
		o := failed(from, from, fmt.Errorf("key file %s: %w", f.file, err))
		o.empty = set
		return o
	}
	from.file = stamp
	return outcome{source: from, set: set}
}

// parse reads the set, and keeps the document for the snapshot file if there is one. Ten thousand
// sets without a file need not be in memory twice.
func (f *fetcher) parse(doc []byte, last *keySet) (*keySet, error) {
	set, err := parseSet(f.encoding, doc, last)
	if f.snapshots && set != nil && set != last {
		set.doc = doc
	}
	return set, err
}

// locate finds the URL of the set. When discovery fails, the metadata that was
// good the last time stays in use: an error page in place of metadata must not
// take down what still works. It may use half of the time then, no more.
//
// Metadata that nobody could read again for MaxStale names no place any longer, for
// the reason that keys have such a limit: what it says may have been withdrawn.
func (f *fetcher) locate(ctx context.Context, from source) (source, error) {
	if f.discovery == nil {
		return from, nil
	}
	now := time.Now()
	known := from.metadata.jwksURL != "" && !reached(now, from.readAt.Add(f.maxStale))
	if known {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.timeout/2)
		defer cancel()
	}
	m, err := f.discovery.find(ctx, from.metadata)
	from.fault = err
	if err == nil {
		from.metadata, from.readAt = m, now
	}
	if known {
		return from, nil
	}
	return from, err
}

// at says where an error happened.
func at(location string, err error) error {
	return fmt.Errorf("key set at %s: %w", place(location), err)
}
