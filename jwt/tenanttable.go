package jwt

import (
	"hash/maphash"
	"sync/atomic"
)

// tenantTable holds the live tenants. Reading takes no lock: a hash chooses a
// bucket, and the tenants in it are a list that changes only by one pointer at a
// time. A tenant that was taken out still leads to those behind it.
//
// A sync.Map was rejected because it puts each issuer that is looked up on the heap,
// and a copy of one map at each change because 5,000 tenants that come at once would
// cost as many copies.
type tenantTable struct {
	seed    maphash.Seed
	buckets []atomic.Pointer[tenant]
	max     int

	// Guarded by Tenants.mu, and so are all changes.
	ring []*tenant
	hand int // where the next one is looked for that leaves
}

func newTenantTable(most int) *tenantTable {
	buckets := 1
	for buckets < most {
		buckets *= 2
	}
	return &tenantTable{seed: maphash.MakeSeed(), buckets: make([]atomic.Pointer[tenant], buckets), max: most}
}

func (t *tenantTable) hashOf(issuer string) uint64 { return maphash.String(t.seed, issuer) }

func (t *tenantTable) bucket(hash uint64) *atomic.Pointer[tenant] {
	return &t.buckets[hash&uint64(len(t.buckets)-1)]
}

// find returns the tenant of that issuer, or nil.
func (t *tenantTable) find(hash uint64, issuer string) *tenant {
	n := t.bucket(hash).Load()
	for n != nil && (n.hash != hash || n.issuer() != issuer) {
		n = n.next.Load()
	}
	return n
}

// add puts in a tenant that has its hash, and whose issuer is not there. If the table is
// full another one leaves, which is returned. One that comes back may still be read by
// whoever saw it before: what is written to it here, but for atomics, only mu reads.
func (t *tenantTable) add(n *tenant) (evicted *tenant) {
	if len(t.ring) == t.max {
		evicted = t.leastUsed()
		t.unlink(evicted)
		n.slot, t.ring[evicted.slot] = evicted.slot, n
		t.hand = (n.slot + 1) % len(t.ring) // all others are looked at before this one
	} else {
		n.slot, t.ring = len(t.ring), append(t.ring, n)
	}
	b := t.bucket(n.hash)
	n.next.Store(b.Load())
	b.Store(n)
	return evicted
}

// leastUsed returns a tenant that was not used since the last time around, if there
// is one.
func (t *tenantTable) leastUsed() *tenant {
	for range t.ring {
		if n := t.ring[t.hand]; !n.lease.passOver() {
			return n
		}
		t.hand = (t.hand + 1) % len(t.ring)
	}
	return t.ring[t.hand] // all were: their marks are gone, and one has to leave
}

// remove takes out a tenant that is there.
func (t *tenantTable) remove(n *tenant) {
	t.unlink(n)
	last := len(t.ring) - 1
	moved := t.ring[last]
	moved.slot, t.ring[n.slot] = n.slot, moved
	t.ring[last], t.ring = nil, t.ring[:last]
	if t.hand >= last {
		t.hand = 0
	}
}

// unlink takes n out of its bucket. Whoever reads it meanwhile goes on behind it.
func (t *tenantTable) unlink(n *tenant) {
	place := t.bucket(n.hash)
	for place.Load() != n {
		place = &place.Load().next
	}
	place.Store(n.next.Load())
}
