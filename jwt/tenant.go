package jwt

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync/atomic"
	"time"
)

// tenant is one live issuer of Tenants.
type tenant struct {
	validator *Validator
	lease     *lease // that of the validator's terms

	next atomic.Pointer[tenant] // in its bucket of the table
	hash uint64

	users   atomic.Int32 // validations under way
	evicted atomic.Bool  // after the last of those it is gone

	// Guarded by Tenants.mu.
	slot        int       // in the ring of the table
	confirmedAt time.Time // beginning of the call of Resolve that last said so
}

// newTenant returns the tenant that the application describes, if it is that
// issuer's. A config of another tenant, from a resolver that mixes them up, must
// never vouch for this one's tokens.
func newTenant(c Config, issuer string, limits TenantsConfig, at time.Time) (*tenant, error) {
	v, err := NewValidator(c)
	switch {
	case err != nil:
		return nil, fmt.Errorf("TenantsConfig.Resolve returned a Config with faults: %w", err)
	case v.terms.issuer != issuer:
		return nil, fmt.Errorf("TenantsConfig.Resolve was asked for one issuer, and returned the Config of another, %s",
			quoted(v.terms.issuer))
	case v.decrypt != nil:
		return nil, errors.New("TenantsConfig.Resolve returned a Config with Decrypt: " +
			"an encrypted token does not tell its issuer")
	case v.terms.profile.AllowMissingIssuer:
		return nil, errors.New("TenantsConfig.Resolve returned a Config with Profile.AllowMissingIssuer: " +
			"a token without iss does not tell its issuer")
	case c.MaxTokenBytes > limits.MaxTokenBytes:
		return nil, fmt.Errorf("TenantsConfig.Resolve returned a Config with MaxTokenBytes %d: "+
			"TenantsConfig.MaxTokenBytes is %d, and no tenant takes longer tokens", c.MaxTokenBytes, limits.MaxTokenBytes)
	}
	v.terms.lease = newLease(at.Add(limits.ResolveAgain))
	return &tenant{validator: v, lease: v.terms.lease, confirmedAt: at}, nil
}

// issuer is the tenant's name.
func (n *tenant) issuer() string { return n.validator.terms.issuer }

// isSame reports whether other is what the application has said before: then the
// tenant stays as it is, its keys and the tokens that it has accepted included.
// Functions cannot be compared, and another Config.Now is taken for the same.
func (n *tenant) isSame(other *tenant) bool {
	a, b := n.validator, other.validator
	return a.terms.issuer == b.terms.issuer &&
		slices.Equal(a.terms.audiences, b.terms.audiences) &&
		reflect.DeepEqual(a.terms.profile, b.terms.profile) &&
		slices.Equal(a.terms.confirmations, b.terms.confirmations) &&
		a.terms.leeway == b.terms.leeway &&
		maps.Equal(a.rules.Algorithms, b.rules.Algorithms) &&
		a.maxTokenBytes == b.maxTokenBytes &&
		bytes.Equal(a.secret(), b.secret()) &&
		isSameSource(a.terms.keys, b.terms.keys)
}

// isSameSource reports whether two key sources are one, or say of themselves that
// their keys are those of one place, as jwks.Remote can: a resolver makes one anew
// each time that it is asked, and the keys that are there must not be thrown away.
func isSameSource(a, b KeySource) bool {
	if a == nil || b == nil {
		return a == b
	}
	if reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a == b {
		return true
	}
	source, ok := a.(interface{ SameSource(other any) bool })
	return ok && source.SameSource(b)
}
