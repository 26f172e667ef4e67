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
	from    string // where the keys come from, as it may be shown
	ofFile  bool   // that is Config.File
	counts  counters
	backlog backlog
}

func newJournal(log *slog.Logger, issuer, from string) *journal {
	j := &journal{log: log, issuer: issuer, from: from}
	j.backlog.lost = j.lost
	return j
}

// lost logs that records are missing from here on.
func (j *journal) lost(records int) {
	j.log.Warn("jwks: log records lost: the logger blocks, or is too slow", "records", records)
}

// count keeps the totals of what an outcome changed.
func (j *journal) count(last, next *state, o outcome) {
	c := &j.counts
	if next.fault != nil {
		c.failures.Add(1)
	} else {
		c.successes.Add(1)
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
// but for a fetch that fails: that is logged each time, and the back-off keeps it to about one a
// minute. What there is to say is decided here, and by our own types alone: only the logger is
// called later, and it may do as it likes then.
func (j *journal) report(last, next *state) {
	j.reportKeys(changes(last.set, next.set))
	j.reportSkipped(last.set, next.set)
	j.reportEmpty(last, next)
	j.reportFetch(last, next)
	j.reportState(last, next)
	j.reportDiscovery(last, next)
	j.reportMove(last.source, next.source)
}

// reportOne is report for a source of which a state is one key.
func (j *journal) reportOne(last, next *state) {
	j.reportKeys(changes(last.set, next.set))
	j.reportSkipped(last.set, next.set)
	j.reportFetch(last, next)
}

// later adds one record to the backlog.
func (j *journal) later(level slog.Level, msg string, attrs ...slog.Attr) {
	j.backlog.add(1, func() { j.log.LogAttrs(context.Background(), level, msg, attrs...) })
}

// reportKeys makes one entry of all records: a set may hold more keys than the backlog has room.
func (j *journal) reportKeys(all []change) {
	j.backlog.add(len(all), func() {
		for _, c := range all {
			level := slog.LevelInfo
			if c.what == "changed" {
				level = slog.LevelWarn
			}
			j.log.LogAttrs(context.Background(), level, "jwks: key "+c.what, slog.String("kid", c.key.ID),
				slog.Any("alg", c.key.Algorithms), slog.String("thumbprint", c.key.Thumbprint))
		}
	})
}

func (j *journal) reportSkipped(old, now *keySet) {
	if now == nil || old != nil && slices.Equal(old.skipped, now.skipped) {
		return
	}
	j.backlog.add(len(now.skipped), func() {
		for _, k := range now.skipped {
			level := slog.LevelInfo
			if k.Secret {
				level = slog.LevelWarn
			}
			j.log.LogAttrs(context.Background(), level, "jwks: key skipped",
				slog.Int("index", k.Index), slog.String("kid", k.KeyID), slog.String("reason", k.Reason))
		}
	})
}

// reportEmpty logs that the issuer's answers hold no usable key any more, and again
// when that is believed.
func (j *journal) reportEmpty(last, next *state) {
	switch {
	case next.emptySince.IsZero() || next.set == nil:
	case len(next.set.keys) == 0 && len(last.set.keys) > 0:
		j.later(slog.LevelWarn, "jwks: the issuer has withdrawn every key", slog.Time("since", next.emptySince))
	case last.emptySince.IsZero():
		j.later(slog.LevelWarn,
			"jwks: the key set holds no usable key; the last good one serves until a later answer says so again")
	}
}

// reportFetch logs a fetch that failed. A file may fail once a second: unless it does so in another
// way, one of sixty is logged.
func (j *journal) reportFetch(last, next *state) {
	repeated := j.ofFile && next.fault != nil && last.fault != nil && last.fault.Error() == next.fault.Error()
	if next.fault != nil && !(repeated && next.failures%60 != 0) {
		j.later(slog.LevelWarn, "jwks: refresh failed", slog.Any("error", next.fault),
			slog.Int("failures", next.failures), slog.String("state", string(next.condition(next.faultAt))),
			slog.Time("next", next.dueAt))
	}
}

// reportState logs once that keys are stale, unavailable, or good again. Time alone
// makes keys unavailable, and while anybody asks for them a fetch is tried within a
// minute: that is when it is said.
func (j *journal) reportState(last, next *state) {
	state := next.landed()
	if state == last.landed() {
		return
	}
	attrs := []slog.Attr{slog.String("source", j.from)}
	if next.set != nil {
		attrs = append(attrs, slog.Time("usable_until", next.usableUntil))
	}
	switch {
	case state == Stale:
		j.later(slog.LevelWarn, "jwks: keys are stale: the last good set serves on", attrs...)
	case !state.Usable():
		j.later(slog.LevelError, "jwks: keys are unavailable: no token can be verified", attrs...)
	case last.fault != nil:
		j.later(slog.LevelInfo, "jwks: keys are good again", append(attrs, slog.Int("failures", last.failures))...)
	}
}

// reportDiscovery logs that older metadata is in use. Where there is none, the
// fetch has failed of this very error, and reportFetch has said so. errors.Is would
// ask what the error wraps, which may be of the caller's transport.
func (j *journal) reportDiscovery(last, next *state) {
	before, fault := last.source.fault, next.source.fault
	switch {
	case fault == nil, next.fault == fault:
	case before == nil || before.Error() != fault.Error():
		j.later(slog.LevelWarn, "jwks: discovery failed", slog.String("issuer", j.issuer),
			slog.Any("error", fault), slog.Time("usable_until", next.usableUntil))
	}
}

func (j *journal) reportMove(last, next source) {
	if next.movedFrom(last) {
		j.later(slog.LevelWarn, "jwks: the key set moved to another origin", slog.String("issuer", j.issuer),
			slog.String("from", origin(last.metadata.jwksURL)), slog.String("to", origin(next.metadata.jwksURL)))
	}
}

// restored logs what the snapshot file gave, when the first fetch failed.
func (j *journal) restored(file string, found restored, err error) {
	name := slog.String("file", file)
	switch {
	case errors.Is(err, os.ErrNotExist):
		j.later(slog.LevelInfo, "jwks: no snapshot file yet", name)
	case err != nil:
		j.later(slog.LevelWarn, "jwks: snapshot file ignored", name, slog.Any("error", err))
	default:
		j.later(slog.LevelWarn, "jwks: serving keys from the snapshot file", name,
			slog.Time("fetched_at", found.provenAt))
	}
}

// notWritten logs that the next start has no new snapshot. It is no more than a
// log record: the set in memory is good.
func (j *journal) notWritten(file string, err error) {
	j.later(slog.LevelWarn, "jwks: snapshot file not written", slog.String("file", file), slog.Any("error", err))
}
