package jwt

import "slices"

// How live tenants leave. The caller of each of these but used holds Tenants.mu.

// dismiss makes a live tenant leave at once: something else is true by now.
func (t *Tenants) dismiss(n *tenant) {
	t.table.remove(n)
	n.lease.end()
}

// evict makes a tenant leave for which there is no room: it is out of the table. Nothing
// else was said about it, so a validation that is under way by it comes to its end.
// Otherwise strangers, by tokens of many other tenants that they make up, could keep a
// good one from being validated, for as long as its keys are on their way.
func (t *Tenants) evict(n *tenant) {
	t.counts.evicted.Add(1)
	n.evicted.Store(true)
	if n.users.Load() == 0 {
		n.lease.end()
		return
	}
	t.leaving[n.issuer()] = append(t.leaving[n.issuer()], n)
}

// outdate ends what evicted tenants of that issuer have yet to say.
func (t *Tenants) outdate(issuer string) {
	for _, n := range t.leaving[issuer] {
		n.lease.end()
	}
	delete(t.leaving, issuer)
}

// used is told of each validation by a tenant that has ended, and completes an eviction
// after the last. It looks at evicted after users, and evict the other way round, so that
// one of them sees it.
func (t *Tenants) used(n *tenant) {
	if n.users.Add(-1) > 0 || !n.evicted.Load() {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if n.users.Load() > 0 {
		return // of one who found it just before it left
	}
	n.lease.end()
	issuer := n.issuer()
	others := slices.DeleteFunc(t.leaving[issuer], func(other *tenant) bool { return other == n })
	if t.leaving[issuer] = others; len(others) == 0 {
		delete(t.leaving, issuer)
	}
}
