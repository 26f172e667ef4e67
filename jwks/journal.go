package jwks

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"sync/atomic"
)

// journal counts what is different after a fetch, and logs it when nobody waits.
type journal struct {
	log     *slog.Logger
	issuer  string // Config.Issuer, "" if the URL was given
	counts  *counters
	backlog *backlog
}

func newJournal(c Config) *journal {
	lost := func(records int) {
		c.Logger.Warn("jwks: log records lost: the logger blocks, or is too slow", "records", records)
	}
	return &journal{c.Logger, c.Issuer, new(counters), &backlog{lost: lost}}
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
	j.backlog.add(func() { j.reportKeys(last.set, next.set) })
	j.backlog.add(func() { j.reportSkipped(last.set, next.set) })
	j.backlog.add(func() { j.reportEmpty(last, next) })
	j.backlog.add(func() { j.reportFetch(last, next) })
	j.backlog.add(func() { j.reportDiscovery(last, next) })
	j.backlog.add(func() { j.reportMove(last.source, next.source) })
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
	j.backlog.add(func() {
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
	j.backlog.add(func() { j.log.Warn("jwks: snapshot file not written", "file", file, "error", err) })
}
