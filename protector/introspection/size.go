package introspection

import "example.com/resourceserver/scopes"

// What an entry of a cache takes beside its token: itself, its places in the list
// and in the map, and a refusal; and what a token takes beside its texts.
const (
	entryBytes        = 300
	tokenBytes        = 600
	confirmationBytes = 350
	textBytes         = 24 // of one of many strings: header, and the allocator's rounding
)

// size estimates the memory of a verdict beside its entry.
func (v verdict) size() int {
	n := v.token.size()
	if v.refusal != nil && v.refusal.mismatch != nil {
		for _, text := range v.refusal.mismatch.received {
			n += textBytes + len(text)
		}
	}
	return n
}

// size estimates the memory of a token, which has the answer, and its members once
// more as texts of their own.
func (t *Token) size() int {
	if t == nil {
		return 0
	}
	m := &t.members
	n := tokenBytes + len(t.answer) + len(t.answer)/8 // the allocator rounds up
	for _, text := range []string{m.ClientID, m.Username, m.tokenType(), m.Subject, t.Issuer(), m.ID, string(m.ACR)} {
		n += len(text)
	}
	for _, name := range m.Audience {
		n += textBytes + len(name)
	}
	for _, set := range []scopes.Set{m.Scope.set, m.Groups.set, m.Roles.set, m.Entitlements.set} {
		n += setSize(set)
	}
	if t.confirmation != nil {
		n += confirmationBytes
		for method, value := range t.confirmation {
			n += textBytes + len(method) + len(value)
		}
	}
	return n
}

func setSize(set scopes.Set) (n int) {
	for name := range set.All() {
		n += textBytes + len(name)
	}
	return n
}
