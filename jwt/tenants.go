package jwt

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"time"
)

// ErrUnknownIssuer is the error by which TenantsConfig.Resolve says that there is no
// such tenant. It may be wrapped.
var ErrUnknownIssuer error = unknownIssuer("TenantsConfig.Resolve knows no such tenant")

// Tenants validates the tokens of issuers that come and go while the process runs:
// one, or a hundred thousand of them. Make it with [NewTenants]; it may be used by any
// number of goroutines.
//
// The iss claim of a token, which nobody has signed yet, says about which tenant the
// application is asked, and nothing more: what is fetched, and from where, is in the
// Config that the application returns. A tenant's own validator then makes every
// check, iss included, with the keys of that tenant: a key of one never vouches for
// another (RFC 8725 §3.8).
//
// A number of tenants are live, each with its validator and its keys. No goroutine
// works for them unless a request does: one that is idle costs its memory, and its
// keys are refreshed when they are next asked for. The first token after a pause may be
// judged by the keys from before it, as jwks.Remote says. Finding a live tenant takes no
// lock.
//
// When a tenant leaves, whatever the reason, StillValid reports false for all tokens
// that it has accepted, so that a cache such as that of package tokencache validates
// them anew.
type Tenants struct {
	config TenantsConfig // resolved
	table  *tenantTable  // the live ones
	known  verdicts      // about the others
	counts tenantCounters

	mu          sync.Mutex // held to change any of this; never while the application is called
	resolutions map[string]*resolution
	hanging     map[string]int     // how many calls go on after their time, by issuer
	leaving     map[string]*tenant // evicted ones by which a validation is under way, by issuer
	newcomers   desk
	renewals    desk // apart, so that a flood of made-up issuers cannot put them off
	lastFault   tenantFault
}

// NewTenants returns the validator for the tenants that config.Resolve knows. It asks
// for none. The error joins every fault of the config.
func NewTenants(config TenantsConfig) (*Tenants, error) {
	c, err := config.resolve()
	if err != nil {
		return nil, err
	}
	return &Tenants{
		config: c, table: newTenantTable(c.MaxTenants), resolutions: make(map[string]*resolution),
		hanging: make(map[string]int), leaving: make(map[string]*tenant),
		newcomers: desk{places: c.MaxResolving}, renewals: desk{places: c.MaxResolving},
	}, nil
}

// maxChanges is how often one validation begins anew because its tenant left, or was
// replaced, meanwhile.
const maxChanges = 3

var errKeepsChanging = unresolved(errors.New("it was replaced again and again while the token was validated"))

// Validate is [Validator.Validate] of the validator for the token's tenant. A token
// of no tenant is refused for ReasonUnknownIssuer. Where nobody can tell whether there
// is one, the error is no *Error: it has a RetryAfter method, and says nothing about
// the token.
func (t *Tenants) Validate(ctx context.Context, token string) (*Token, error) {
	v := newValidation(token)
	defer v.end()
	for range maxChanges {
		n, known, err := t.choose(ctx, v)
		if err != nil {
			return nil, err
		}
		if accepted, err, counts := t.validateBy(ctx, n, known, v); counts {
			return accepted, err
		}
	}
	return nil, errKeepsChanging
}

// validateBy validates by what is known about a tenant. The result does not count if
// something else was said about it meanwhile.
//
// Use is what keeps a tenant from leaving, and use is a token that it accepts: one that
// somebody made up would keep others than those who are used. Neither is it the first
// one, or all who come would look as much used as those who stay.
func (t *Tenants) validateBy(ctx context.Context, n *tenant, known bool, v *validation) (*Token, error, bool) {
	defer t.used(n)
	v.validator = n.validator
	accepted, err := v.run(ctx)
	if n.lease.ended() {
		return nil, nil, false
	}
	if err == nil && known {
		n.lease.touch()
	}
	return accepted, err, true
}

// choose finds the tenant that the claims name, and counts the caller among its users;
// known is whether nobody had to be asked.
func (t *Tenants) choose(ctx context.Context, v *validation) (n *tenant, known bool, err error) {
	issuer, err := v.findIssuer(t.config.MaxTokenBytes, maxIssuerBytes)
	if err != nil {
		return nil, false, err
	}
	hash, now := t.table.hashOf(issuer), time.Now()
	if n := t.table.find(hash, issuer); n != nil {
		if n.lease.holds(now) {
			n.users.Add(1)
			return n, true, nil
		}
	} else if err := t.refuse(hash, issuer, now); err != nil {
		t.counts.refused.Add(1)
		return nil, false, err
	}
	n, err = t.resolve(ctx, hash, issuer)
	return n, false, err
}

var (
	errUnsound     = unknownIssuer("not an https URL of up to 1 KiB, without userinfo, query, fragment and dot segments")
	errUnprintable = unknownIssuer("not up to 1 KiB of printable ASCII characters")
	errNotAdmitted = unknownIssuer("TenantsConfig.Admit does not admit it")
)

// refuse decides about whom the application is not asked.
func (t *Tenants) refuse(hash uint64, issuer string, now time.Time) error {
	if err := t.known.find(hash, now); err != nil {
		return err
	}
	switch {
	case len(issuer) > maxIssuerBytes || !isPrintable(issuer):
		return errUnprintable
	case !t.config.AllowAnyIssuer && !isSoundIssuer(issuer):
		return errUnsound
	case t.config.Admit != nil && !t.config.Admit(issuer):
		return errNotAdmitted
	}
	return nil
}

// Remove makes the tenant leave, and forgets whatever else is known about the issuer:
// that there is no such tenant, that it could not be found out, and what Resolve is
// about to answer. It takes effect at once, for tokens that a cache remembers too, and
// a validation that is under way does not accept the token by what was known before.
// The next token asks Resolve. Call it when you have removed, changed or added a
// tenant.
func (t *Tenants) Remove(issuer string) {
	if t.table == nil {
		return // the zero Tenants, which knows nothing
	}
	hash := t.table.hashOf(issuer)
	t.mu.Lock()
	defer t.mu.Unlock()
	if n := t.table.find(hash, issuer); n != nil {
		t.dismiss(n)
		t.counts.removed.Add(1)
	}
	t.outdate(issuer)
	if r := t.resolutions[issuer]; r != nil {
		t.end(r, nil, errOutdated)
	}
	t.known.forget(hash)
}

// All returns the live tenants, as they are when the loop begins, by issuer, with the
// keys of their Config: nil for one with a shared secret. It is for whoever reports
// how they are.
func (t *Tenants) All() iter.Seq2[string, KeySource] {
	return func(yield func(string, KeySource) bool) {
		if t.table == nil {
			return // of the zero Tenants
		}
		t.mu.Lock()
		live := slices.Clone(t.table.ring)
		t.mu.Unlock()
		for _, n := range live {
			if !yield(n.issuer(), n.validator.terms.keys) {
				return
			}
		}
	}
}
