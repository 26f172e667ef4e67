package protector

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
)

// Acquire authenticates the request within a handler, where which scopes are
// needed depends on what is asked for. It follows the rules of
// [Protector.Require] and needs no middleware; behind one of the same protector
// it uses the token that is there already.
//
// The error is an [*Error]; pass it to [Protector.WriteError] and return. A
// blank or malformed alternative is an error too, answered with 500: there is
// no start-up to panic at, and 503 would have clients repeat a request that
// cannot succeed.
//
// Acquire leaves r as it is, since others may be reading it: without a
// middleware each call authenticates, and there is no current token afterwards.
// Put [Protector.Optional] in front, or use [Protector.Check], whose request
// carries the token, for [CurrentToken] and for any further Acquire.
//
// Acquire cannot set fields of the answer, nor withhold a token from the handler:
// with tokens elsewhere than in the Authorization field, or with proofs, use a
// middleware or Check, see [Rule.AnswerHeader].
func (p *Protector) Acquire(r *http.Request, alternatives ...string) (Token, error) {
	if err := p.unbuilt("Acquire"); err != nil {
		_, refusal := p.refuse(r, errProgram(reasonBadRequirement, err))
		return nil, refusal
	}
	rule, known := p.acquired.find(alternatives)
	if !known {
		var err error
		rule, err = p.compile("Acquire", Policy{Scopes: copied(alternatives)})
		if err != nil {
			_, refusal := p.refuse(r, errProgram(reasonBadRequirement, err))
			return nil, refusal
		}
	}
	_, j := p.admit(r, rule)
	if j.err != nil {
		return nil, j.err
	}
	if !known {
		p.acquired.remember(alternatives, rule)
	}
	return j.grant.token, nil
}

// copied returns a list that leads back neither to the caller's, which stays on
// its stack when it is known, nor to what the texts were cut out of: a short one
// may be a part of a URL of a megabyte.
func copied(alternatives []string) []string {
	list := slices.Clone(alternatives)
	for i, a := range list {
		list[i] = strings.Clone(a)
	}
	return list
}

// requirements remembers what Acquire was asked for, so that a handler does not
// have it parsed for every request.
//
// Lists that come from the program are few and short, and some token satisfies
// them. A list that was made up from a request is none of that: it is remembered
// only once it was granted, so that no stranger fills the memory, and only if it
// is short. When the memory is full, what does not fit is parsed each time.
type requirements struct {
	known atomic.Pointer[map[string]*Rule]
}

const (
	maxRequirements     = 256
	maxRequirementBytes = 256 // of the key
)

func (m *requirements) find(alternatives []string) (*Rule, bool) {
	known := m.known.Load()
	if known == nil {
		return nil, false
	}
	var space [128]byte
	rule, ok := (*known)[string(appendKey(space[:0], alternatives))]
	return rule, ok
}

// remember replaces the map by a larger one. Who loses the race parses once
// more next time.
func (m *requirements) remember(alternatives []string, rule *Rule) {
	key := appendKey(nil, alternatives)
	if len(key) > maxRequirementBytes {
		return
	}
	known := m.known.Load()
	larger := map[string]*Rule{string(key): rule}
	if known != nil {
		if len(*known) >= maxRequirements {
			return
		}
		for k, v := range *known {
			larger[k] = v
		}
	}
	m.known.CompareAndSwap(known, &larger)
}

// appendKey writes the list so that no two lists have the same key: a separator
// alone would make ["a|b"], which is refused, look like ["a", "b"].
//
// It stops behind the longest key that is remembered, so that a long list is
// neither copied nor found.
func appendKey(key []byte, alternatives []string) []byte {
	if alternatives != nil {
		key = append(key, '+') // nil and empty differ
	}
	for _, a := range alternatives {
		key = strconv.AppendInt(key, int64(len(a)), 10)
		key = append(key, ':')
		key = append(key, a[:min(len(a), maxRequirementBytes+1)]...)
		if len(key) > maxRequirementBytes {
			break
		}
	}
	return key
}
