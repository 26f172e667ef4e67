package jwt

// How live tenants leave. The caller of each of these but used holds Tenants.mu.

// dismiss makes a live tenant leave at once: something else is true by now.
func (t *Tenants) dismiss(n *tenant) {
	t.table.remove(n)
	n.lease.end()
}

// enter makes a tenant live whose issuer has none, in place of another one if there is
// no room.
func (t *Tenants) enter(n *tenant) {
	if evicted := t.table.add(n); evicted != nil {
		t.evict(evicted)
	}
}

// evict makes a tenant leave for which there is no room: it is out of the table. Nothing
// else was said about it, so a validation that is under way by it comes to its end.
// Otherwise strangers, by tokens of many other tenants that they make up, could keep a
// good one from being validated, for as long as its keys are on their way.
func (t *Tenants) evict(n *tenant) {
	n.evicted.Store(true)
	t.leaving[n.issuer()] = n
	if n.users.Load() == 0 {
		t.depart(n)
	}
}

// depart ends what an evicted tenant has to say.
func (t *Tenants) depart(n *tenant) {
	t.counts.evicted.Add(1)
	n.lease.end()
	delete(t.leaving, n.issuer())
}

// outdate is depart of the evicted tenant of that issuer, if there is one.
func (t *Tenants) outdate(issuer string) {
	if n := t.leaving[issuer]; n != nil {
		t.depart(n)
	}
}

// present returns the tenant of that issuer, or nil. One that is leaving comes back:
// made anew, with keys of its own to wait for, it would be evicted again before the
// first of its tokens is accepted, and never be one that is used.
func (t *Tenants) present(hash uint64, issuer string) *tenant {
	if n := t.leaving[issuer]; n != nil {
		delete(t.leaving, issuer)
		n.evicted.Store(false)
		t.enter(n)
		return n
	}
	return t.table.find(hash, issuer)
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
	if n.users.Load() == 0 && t.leaving[n.issuer()] == n { // and it has not come back
		t.depart(n)
	}
}
