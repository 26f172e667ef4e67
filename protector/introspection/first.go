package introspection

import (
	"log/slog"
	"sync"
)

// enoughInactive is how many tokens in a row, the first of a process, must be
// inactive to be worth a word.
const enoughInactive = 20

// firstAnswers looks out for a client that may not introspect: RFC 7662 §2.2 has
// servers answer it that every token is inactive, which looks like nothing but bad
// tokens.
type firstAnswers struct {
	mu       sync.Mutex
	inactive map[cacheKey]struct{} // nil once there is nothing more to learn
}

func newFirstAnswers() *firstAnswers {
	return &firstAnswers{inactive: make(map[cacheKey]struct{})}
}

// learn notes an answer, and says, once at most, that the first ones were all
// inactive.
func (a *firstAnswers) learn(key cacheKey, active bool) (suspicious bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.inactive == nil {
		return false
	}
	if active {
		a.inactive = nil
		return false
	}
	a.inactive[key] = struct{}{}
	if len(a.inactive) < enoughInactive {
		return false
	}
	a.inactive = nil
	return true
}

func (c *Client) learn(f *flight) {
	refusal := f.verdict.refusal
	if c.first.learn(f.key, refusal == nil || refusal.Reason != ReasonInactive) {
		c.journal.note(slog.LevelWarn, "introspection: the first tokens asked about were all inactive; "+
			"if good ones are among them, this client may not introspect them: ask the authorization server's administrator",
			slog.Int("tokens", enoughInactive))
	}
}
