package jwks

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// journal counts what is different after a fetch, and logs it when nobody waits.
//
// The log is written by whoever calls flush, one at a time, and what waits for it
// is bounded: a logger that blocks holds one goroutine, delays no fetch and no
// lookup, and costs records. One that panics, or ends the goroutine, costs what
// it was about to write.
type journal struct {
	log    *slog.Logger
	issuer string // Config.Issuer, "" if the URL was given
	counts *counters

	mu      sync.Mutex
	waiting []func()      // each writes records
	lost    int           // of those, for want of room
	writing chan struct{} // closed when whoever is in flush is through, nil if nobody is
}

// maxWaitingRecords is some hours of an outage, or a day of calm.
const maxWaitingRecords = 256

func newJournal(c Config) *journal {
	return &journal{log: c.Logger, issuer: c.Issuer, counts: new(counters)}
}

// add keeps an entry until the next flush.
func (j *journal) add(entry func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.waiting) == maxWaitingRecords {
		j.lost++
		return
	}
	j.waiting = append(j.waiting, entry)
}

// flush writes all entries that wait, unless somebody else is at it, who will
// write them too.
func (j *journal) flush() {
	mine := make(chan struct{})
	j.mu.Lock()
	busy := j.writing != nil
	if !busy {
		j.writing = mine
	}
	j.mu.Unlock()
	if busy {
		return
	}
	defer close(mine)
	defer j.leave(mine) // if the logger ends this goroutine
	for entry := j.next(); entry != nil; entry = j.next() {
		unharmed(entry)
	}
}

// next takes the oldest entry. Nil means that flush is over, and the next one may
// begin: an entry that is added from now on is not this one's.
func (j *journal) next() (entry func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch {
	case len(j.waiting) > 0:
		entry, j.waiting = j.waiting[0], j.waiting[1:]
	case j.lost > 0:
		lost := j.lost
		j.lost, entry = 0, func() { j.log.Warn("jwks: log records lost: the logger blocks, or is too slow", "records", lost) }
	default:
		j.writing = nil
	}
	return entry
}

func (j *journal) leave(mine chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.writing == mine {
		j.writing = nil
	}
}

// wait returns when nobody writes any more, or is late.
func (j *journal) wait(late <-chan time.Time) {
	j.mu.Lock()
	writing := j.writing
	j.mu.Unlock()
	if writing == nil {
		return
	}
	select {
	case <-writing:
	case <-late:
	}
}

// unharmed survives a panic of the logger, which on a goroutine that is nobody's
// would end the process. There is no log to say so in.
func unharmed(entry func()) {
	defer func() { _ = recover() }()
	entry()
}

// count keeps the totals of what an outcome changed.
func (j *journal) count(last, next *state, o outcome) {
	c := j.counts
	if next.fault != nil {
		c.failures.Add(1)
	}
	if o.notModified {
		c.notModified.Add(1)
	}
	if next.source.movedFrom(last.source) {
		c.moved.Add(1)
	}
	kinds := map[string]*atomic.Uint64{"added": &c.added, "removed": &c.removed, "changed": &c.changed}
	for _, change := range changes(last.set, next.set) {
		kinds[change.what].Add(1)
	}
}

// report logs what is different now, at the next flush. Nothing is repeated that did not change,
// but for a fetch that fails: that is logged each time, and the back-off keeps
// it to about one a minute.
func (j *journal) report(last, next *state) {
	j.add(func() { j.reportKeys(last.set, next.set) })
	j.add(func() { j.reportSkipped(last.set, next.set) })
	j.add(func() { j.reportEmpty(last, next) })
	j.add(func() { j.reportFetch(last, next) })
	j.add(func() { j.reportDiscovery(last, next) })
	j.add(func() { j.reportMove(last.source, next.source) })
}

func (j *journal) reportKeys(old, now *keySet) {
	for _, c := range changes(old, now) {
		level := slog.LevelInfo
		if c.what == "changed" {
			level = slog.LevelWarn
		}
		j.log.LogAttrs(context.Background(), level, "jwks: key "+c.what, slog.String("kid", c.key.ID),
			slog.Any("alg", c.key.Algorithms), slog.String("thumbprint", c.key.Thumbprint))
	}
}

func (j *journal) reportSkipped(old, now *keySet) {
	if now == nil || old != nil && slices.Equal(old.skipped, now.skipped) {
		return
	}
	for _, k := range now.skipped {
		level := slog.LevelInfo
		if k.Secret {
			level = slog.LevelWarn
		}
		j.log.LogAttrs(context.Background(), level, "jwks: key skipped",
			slog.Int("index", k.Index), slog.String("kid", k.KeyID), slog.String("reason", k.Reason))
	}
}

// reportEmpty logs that the issuer's answers hold no usable key any more, and again
// when that is believed.
func (j *journal) reportEmpty(last, next *state) {
	switch {
	case next.emptySince.IsZero() || next.set == nil:
	case len(next.set.keys) == 0 && len(last.set.keys) > 0:
		j.log.Warn("jwks: the issuer has withdrawn every key", "since", next.emptySince)
	case last.emptySince.IsZero():
		j.log.Warn("jwks: the key set holds no usable key; the last good one serves until a later answer says so again")
	}
}

func (j *journal) reportFetch(last, next *state) {
	switch {
	case next.fault != nil:
		j.log.Warn("jwks: refresh failed", "error", next.fault, "failures", next.failures,
			"state", string(next.condition(next.faultAt)), "next", next.dueAt)
	case last.fault != nil:
		j.log.Info("jwks: refresh succeeded again", "failures", last.failures)
	}
}

// reportDiscovery logs that older metadata is in use. Where there is none, the
// fetch has failed, and reportFetch has said why.
func (j *journal) reportDiscovery(last, next *state) {
	before, fault := last.source.fault, next.source.fault
	switch {
	case fault == nil, errors.Is(next.fault, fault):
	case before == nil || before.Error() != fault.Error():
		j.log.Warn("jwks: discovery failed", "issuer", j.issuer, "error", fault, "usable_until", next.usableUntil)
	}
}

func (j *journal) reportMove(last, next source) {
	if next.movedFrom(last) {
		j.log.Warn("jwks: the key set moved to another origin",
			"issuer", j.issuer, "from", origin(last.metadata.jwksURL), "to", origin(next.metadata.jwksURL))
	}
}

// restored logs what the snapshot file gave, when the first fetch failed.
func (j *journal) restored(file string, found restored, err error) {
	j.add(func() {
		switch {
		case errors.Is(err, os.ErrNotExist):
			j.log.Info("jwks: no snapshot file yet", "file", file)
		case err != nil:
			j.log.Warn("jwks: snapshot file ignored", "file", file, "error", err)
		default:
			j.log.Warn("jwks: serving keys from the snapshot file", "file", file, "fetched_at", found.provenAt)
		}
	})
}

// notWritten logs that the next start has no new snapshot. It is no more than a
// log record: the set in memory is good.
func (j *journal) notWritten(file string, err error) {
	j.add(func() { j.log.Warn("jwks: snapshot file not written", "file", file, "error", err) })
}
