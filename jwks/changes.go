package jwks

import (
	"context"
	"errors"
	"log/slog"
	"slices"

	"example.com/resourceserver/jwks/jwk"
)

// change is a difference between two sets.
type change struct {
	what string // "added", "removed" or "changed"
	key  jwk.Key
}

// changes compares two sets by kid and thumbprint. A kid that lost one key and
// gained another is one change: same name, new material.
func changes(old, now *keySet) []change {
	if old == now {
		return nil
	}
	added, removed := now.without(old), old.without(now)
	var all []change
	for _, k := range added {
		what := "added"
		if k.ID != "" && slices.ContainsFunc(removed, sameID(k)) {
			what = "changed"
		}
		all = append(all, change{what, k})
	}
	for _, k := range removed {
		if k.ID == "" || !slices.ContainsFunc(added, sameID(k)) {
			all = append(all, change{"removed", k})
		}
	}
	return all
}

func sameID(a jwk.Key) func(jwk.Key) bool {
	return func(b jwk.Key) bool { return a.ID == b.ID }
}

// without lists the keys of s that other does not hold under the same kid.
func (s *keySet) without(other *keySet) []jwk.Key {
	type identity struct{ kid, thumbprint string }
	held := make(map[identity]bool)
	if other != nil {
		for _, k := range other.keys {
			held[identity{k.ID, k.Thumbprint}] = true
		}
	}
	var missing []jwk.Key
	if s != nil {
		for _, k := range s.keys {
			if !held[identity{k.ID, k.Thumbprint}] {
				missing = append(missing, k)
			}
		}
	}
	return missing
}

// report logs what is different now. Nothing is repeated that did not change,
// but for a fetch that fails: that is logged each time, and the back-off keeps
// it to about one a minute.
func (r *Remote) report(last, next *state) {
	log, ctx := r.cfg.Logger, context.Background()
	for _, c := range changes(last.set, next.set) {
		level := slog.LevelInfo
		if c.what == "changed" {
			level = slog.LevelWarn
		}
		log.LogAttrs(ctx, level, "jwks: key "+c.what, slog.String("kid", c.key.ID),
			slog.Any("alg", c.key.Algorithms), slog.String("thumbprint", c.key.Thumbprint))
	}
	r.reportSkipped(last.set, next.set)
	r.reportFetch(last, next)
	r.reportDiscovery(last, next)
	r.reportMove(last.source, next.source)
}

func (r *Remote) reportSkipped(old, now *keySet) {
	if now == nil || old != nil && slices.Equal(old.skipped, now.skipped) {
		return
	}
	for _, k := range now.skipped {
		level := slog.LevelInfo
		if k.Secret {
			level = slog.LevelWarn
		}
		r.cfg.Logger.LogAttrs(context.Background(), level, "jwks: key skipped",
			slog.Int("index", k.Index), slog.String("kid", k.KeyID), slog.String("reason", k.Reason))
	}
}

func (r *Remote) reportFetch(last, next *state) {
	switch {
	case next.fault != nil:
		r.cfg.Logger.Warn("jwks: refresh failed", "error", next.fault, "failures", next.failures,
			"state", string(next.condition(next.faultAt)), "next", next.dueAt)
	case last.fault != nil:
		r.cfg.Logger.Info("jwks: refresh succeeded again", "failures", last.failures)
	}
}

// reportDiscovery logs that older metadata is in use. Where there is none, the
// fetch has failed, and reportFetch has said why.
func (r *Remote) reportDiscovery(last, next *state) {
	before, fault := last.source.fault, next.source.fault
	switch {
	case fault == nil, errors.Is(next.fault, fault):
	case before == nil || before.Error() != fault.Error():
		r.cfg.Logger.Warn("jwks: discovery failed", "issuer", r.cfg.Issuer, "error", fault)
	}
}

func (r *Remote) reportMove(last, next source) {
	if next.movedFrom(last) {
		r.cfg.Logger.Warn("jwks: the key set moved to another origin",
			"issuer", r.cfg.Issuer, "from", origin(last.metadata.jwksURL), "to", origin(next.metadata.jwksURL))
	}
}

func (s source) movedFrom(last source) bool {
	from, to := last.metadata.jwksURL, s.metadata.jwksURL
	return from != "" && from != to && origin(from) != origin(to)
}
