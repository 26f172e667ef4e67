package jwt

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// resolution is one question to the application, which any number of requests wait
// for. It has its own time limit and belongs to none of them: whoever caused it may
// leave.
type resolution struct {
	issuer string
	hash   uint64
	done   chan struct{}

	// To be read after done is closed, and guarded by Tenants.mu until then.
	tenant *tenant
	err    error

	// Guarded by Tenants.mu.
	desk    *desk
	began   bool // it has a place
	asked   time.Time
	ended   bool
	hangs   bool // it has ended, and its call has not
	renewal bool // of a live tenant: it is wanted though nobody waits
	waiters int
}

// The errors of a resolution that brought no answer. The first two never leave this
// package.
var (
	errOutdated   = errors.New("what Resolve answers is outdated")
	errAbandoned  = errors.New("nobody waits for the answer")
	errPanicked   = unresolved(errors.New("TenantsConfig.Resolve panicked"))
	errGoexit     = unresolved(errors.New("TenantsConfig.Resolve ended its goroutine"))
	errNoAnswer   = unresolved(fmt.Errorf("TenantsConfig.Resolve did not answer: %w", context.DeadlineExceeded))
	errNoPlace    = unresolved(fmt.Errorf("TenantsConfig.Resolve was not reached: %w", context.DeadlineExceeded))
	errFullHouse  = unresolved(errors.New("too many tenants wait for TenantsConfig.Resolve"))
	errNotRenewed = unresolved(errors.New("too many live tenants wait for TenantsConfig.Resolve"))
)

// Times between questions about an issuer for which the last one found no answer.
const (
	retryNew     = time.Second      // for a tenant that is not live, while each of its requests fails
	retryRenewal = 30 * time.Second // for a live one, which serves meanwhile
)

// unresolvedError says that nobody could tell which tenant a token is of. The text of
// the cause is read once, where a panic of the application's code does no harm.
type unresolvedError struct {
	text  string
	cause error
}

func unresolved(cause error) *unresolvedError {
	return &unresolvedError{cut(cause.Error(), maxCause), cause}
}

func (e *unresolvedError) Error() string             { return "jwt: the tenant is not available: " + e.text }
func (e *unresolvedError) Unwrap() error             { return e.cause }
func (e *unresolvedError) RetryAfter() time.Duration { return retryNew }

// resolve waits until the application has said whether the issuer is a tenant, or
// whether it still is.
func (t *Tenants) resolve(ctx context.Context, hash uint64, issuer string) (*tenant, error) {
	late := time.NewTimer(t.config.ResolveTimeout)
	defer late.Stop()
	for {
		n, r, err := t.join(hash, issuer)
		if r == nil {
			return n, err
		}
		if n, err = t.await(ctx, r, late.C); err != errOutdated {
			return n, err
		}
	}
}

// join returns the resolution that will tell, which it begins if there is none. It is
// nil if there is nothing to wait for: then the tenant is live, or it is known why not.
func (t *Tenants) join(hash uint64, issuer string) (*tenant, *resolution, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if n := t.present(hash, issuer); n != nil {
		r := t.renew(n, now)
		if r == nil {
			n.users.Add(1)
		}
		return n, r, nil
	}
	if err := t.known.find(hash, now); err != nil {
		return nil, nil, err
	}
	r := t.resolutions[issuer]
	if r == nil && t.hangs(issuer, &t.newcomers) {
		return nil, nil, errNoAnswer
	}
	if r == nil {
		issuer = strings.Clone(issuer) // a part of the token's claims, which a Config made of it would keep
		r = &resolution{issuer: issuer, hash: hash, done: make(chan struct{}), asked: now}
		if !t.begin(&t.newcomers, r) {
			t.counts.turnedAway.Add(1)
			return nil, nil, errFullHouse
		}
	}
	r.waiters++
	return nil, r, nil
}

// begin has the application asked as soon as there is a place. The caller holds mu.
func (t *Tenants) begin(d *desk, r *resolution) bool {
	now, ok := d.admit(r)
	if !ok {
		return false
	}
	t.resolutions[r.issuer] = r
	if now {
		go t.work(r)
	}
	return true
}

// await returns what a resolution came to, unless ctx ends before, or it is late.
func (t *Tenants) await(ctx context.Context, r *resolution, late <-chan time.Time) (*tenant, error) {
	select {
	case <-r.done:
		return r.tenant, r.err
	case <-ctx.Done():
		t.mu.Lock()
		defer t.mu.Unlock()
		if r.ended { // just now, which counts as well
			return r.tenant, r.err
		}
		t.leave(r)
		return nil, &undecidedError{"gave up waiting for the tenant", context.Cause(ctx)}
	case <-late:
		return t.late(r)
	}
}

// late is the answer when there is none in time. A tenant that is live serves on.
func (t *Tenants) late(r *resolution) (*tenant, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.ended {
		return r.tenant, r.err
	}
	t.leave(r)
	cause := errNoPlace
	if r.began {
		cause = errNoAnswer
	}
	if n := t.table.find(r.hash, r.issuer); n != nil {
		n.users.Add(1)
		return n, t.postpone(n, time.Now(), cause)
	}
	return nil, cause
}

// leave ends a resolution that nobody waits for any more, if it has not begun: what was
// sent by a client that went away is no work for the application. The caller holds mu.
func (t *Tenants) leave(r *resolution) {
	if r.waiters--; r.waiters == 0 && !r.began && !r.renewal {
		t.end(r, nil, errAbandoned)
	}
}

// renew asks again about a live tenant, whose lease is over. Usually it serves
// meanwhile, and its lease counts for as long as the answer may take; then there is
// nothing to wait for. A tenant that nobody has used for so long after the end of its
// lease that it should have been asked about once more does not: the answer, which is
// returned, may well be that it is gone. The caller holds mu.
func (t *Tenants) renew(n *tenant, now time.Time) *resolution {
	until := n.lease.until.Load()
	if until == nil || !reached(now, *until) {
		return nil
	}
	r := t.resolutions[n.issuer()]
	if r == nil && t.hangs(n.issuer(), &t.renewals) {
		_ = t.postpone(n, now, errNoAnswer)
		return nil
	}
	if r == nil {
		r = &resolution{issuer: n.issuer(), hash: n.hash, done: make(chan struct{}), renewal: true, asked: now}
		if !t.begin(&t.renewals, r) {
			_ = t.postpone(n, now, errNotRenewed)
			return nil
		}
	}
	if reached(now, r.asked.Add(t.config.ResolveTimeout)) { // no place was free since
		_ = t.postpone(n, now, errNoPlace)
		return nil
	}
	if reached(now, until.Add(t.config.ResolveAgain)) {
		r.waiters++
		return r
	}
	n.lease.extend(now.Add(t.config.ResolveTimeout + time.Second))
	return nil
}

// postpone lets a live tenant serve on though nobody could confirm it, or makes it
// leave if that has been so for too long. The caller holds mu.
func (t *Tenants) postpone(n *tenant, now time.Time, cause *unresolvedError) error {
	t.lastFault = tenantFault{cause, now}
	if reached(now, n.confirmedAt.Add(t.config.MaxStale)) {
		t.dismiss(n)
		return cause
	}
	n.lease.extend(now.Add(min(t.config.ResolveAgain, retryRenewal)))
	return nil
}

// work asks the application for one issuer after another, until nobody waits.
func (t *Tenants) work(r *resolution) {
	for r != nil {
		r = t.turn(r)
	}
}

// turn has the application asked, and returns whose turn is next. If the application
// ends this goroutine, another one goes on with that.
func (t *Tenants) turn(r *resolution) (next *resolution) {
	answer, returns := resolved{err: errGoexit}, false
	defer func() {
		next = t.returned(r, answer)
		if !returns && next != nil {
			go t.work(next)
		}
	}()
	answer = t.ask(r)
	returns = true
	return nil
}

// ask asks the application. Those who wait get no answer when the time is over, even
// if the call goes on: then the place alone is taken until it returns. A timer beside
// the one of the context costs half of what context.AfterFunc does.
func (t *Tenants) ask(r *resolution) resolved {
	ctx, cancel := context.WithTimeout(context.Background(), t.config.ResolveTimeout)
	defer cancel()
	defer time.AfterFunc(t.config.ResolveTimeout, func() { t.giveUp(r) }).Stop()
	return t.call(ctx, r, time.Now())
}

// hangs reports that an issuer, for which a call goes on after its time, is not to be
// asked about once more beside it: half of the places are for the others, whose calls
// may well return. Otherwise one tenant whose calls hang would take one place after
// another, until nobody can come any more. The caller holds mu.
func (t *Tenants) hangs(issuer string, d *desk) bool {
	return t.hanging[issuer] > 0 && d.taken >= d.places/2
}

// giveUp is the answer when the time is over.
func (t *Tenants) giveUp(r *resolution) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !r.ended {
		r.hangs = true
		t.hanging[r.issuer]++
		t.land(r, resolved{err: errNoAnswer})
	}
}

// returned is told of each call that has come to its end, and returns who has its place
// now. Both are one step: whoever has the answer sees the place free.
func (t *Tenants) returned(r *resolution, answer resolved) (next *resolution) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.hangs {
		if t.hanging[r.issuer]--; t.hanging[r.issuer] == 0 {
			delete(t.hanging, r.issuer)
		}
	}
	if !r.ended { // and nothing else was said meanwhile
		t.land(r, answer)
	}
	return r.desk.next()
}

// resolved is what a call of the application came to: a tenant, or an error.
type resolved struct {
	tenant    *tenant
	confirmed *tenant // the live one that is the same; nil: none is
	none      bool    // there is no such tenant
	err       *unresolvedError
}

// call asks and reads the answer, all of which may run the application's code: its key
// source says whether it is the same as the live tenant's. What a panic says is not
// repeated: it may say anything.
func (t *Tenants) call(ctx context.Context, r *resolution, began time.Time) (answer resolved) {
	defer func() {
		if recover() != nil {
			answer = resolved{err: errPanicked}
		}
	}()
	config, err := t.config.Resolve(ctx, r.issuer)
	if refusal, ok := errors.AsType[interface {
		error
		InvalidToken() bool
	}](err); ok && refusal.InvalidToken() {
		return resolved{none: true}
	}
	if err != nil {
		return resolved{err: unresolved(err)}
	}
	n, err := newTenant(config, r.issuer, t.config, began)
	if err != nil {
		return resolved{err: unresolved(err)}
	}
	if live := t.table.find(r.hash, r.issuer); live != nil && live.isSame(n) {
		return resolved{tenant: n, confirmed: live}
	}
	return resolved{tenant: n}
}

// land makes the answer known. The caller holds mu.
func (t *Tenants) land(r *resolution, answer resolved) {
	n, err := t.settle(r, answer)
	t.end(r, n, err)
}

// settle draws the consequences of an answer. The caller holds mu.
func (t *Tenants) settle(r *resolution, answer resolved) (*tenant, error) {
	live, now := t.table.find(r.hash, r.issuer), time.Now()
	switch {
	case answer.none:
		t.counts.unknown.Add(1)
		if live != nil {
			t.dismiss(live)
		}
		t.outdate(r.issuer)
		t.known.add(r.hash, now.Add(t.config.RefuseFor), ErrUnknownIssuer)
		return nil, ErrUnknownIssuer
	case answer.err == nil:
		t.counts.resolved.Add(1)
		return t.install(r, live, answer), nil
	}
	t.counts.failed.Add(1)
	t.lastFault = tenantFault{answer.err, now}
	if live != nil {
		return live, t.postpone(live, now, answer.err)
	}
	t.known.add(r.hash, now.Add(retryNew), answer.err)
	return nil, answer.err
}

// install makes a tenant live, in place of what is live for the issuer unless that is
// the same. The caller holds mu.
func (t *Tenants) install(r *resolution, live *tenant, answer resolved) *tenant {
	n := answer.tenant
	if live != nil && live == answer.confirmed {
		live.confirmedAt = n.confirmedAt
		live.lease.extend(n.confirmedAt.Add(t.config.ResolveAgain))
		return live
	}
	if live != nil {
		t.counts.changed.Add(1)
		t.dismiss(live)
	}
	t.outdate(r.issuer)
	n.hash = r.hash
	t.enter(n)
	return n
}

// end tells those who wait. They are users of the tenant from now on, or it could be
// evicted before they come to be. The caller holds mu.
func (t *Tenants) end(r *resolution, n *tenant, err error) {
	delete(t.resolutions, r.issuer)
	r.desk.forget(r)
	if r.tenant, r.err, r.ended = n, err, true; err == nil {
		n.users.Add(int32(r.waiters))
	}
	close(r.done)
}
