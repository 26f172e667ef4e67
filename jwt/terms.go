package jwt

import (
	"reflect"
	"sync/atomic"
	"time"
)

// terms are what one issuer's tokens are judged by, from the config. A Validator
// and every token that it has accepted share them, and nothing changes them, but that
// a lease ends: a token can be judged again, for as long as it is kept, without its
// validator.
type terms struct {
	issuer        string
	audiences     []string
	keys          KeySource // nil where Config.Secret takes its place
	confirmations []string
	leeway        time.Duration
	now           func() time.Time
	lease         *lease // nil where the issuer is not a tenant's
	*shape
}

// shape is how tokens look.
type shape struct {
	profile Profile
	refs    claimRefs // the claims that profile names
}

// lastShape is that of the validator that was made last. A service that has thousands
// of them makes one after another of the same profile, and they share it.
var lastShape atomic.Pointer[shape]

// shapeOf returns the shape of a profile with its defaults filled in.
func shapeOf(p Profile) *shape {
	if last := lastShape.Load(); last != nil && reflect.DeepEqual(last.profile, p) {
		return last
	}
	s := &shape{p, p.claimRefs()}
	lastShape.Store(s)
	return s
}

// termsOf returns the terms of a config that has been resolved.
func termsOf(c Config) *terms {
	return &terms{
		issuer: c.Issuer, audiences: c.Audiences, keys: c.Keys,
		confirmations: c.Confirmations, leeway: c.Leeway, now: c.Now, shape: shapeOf(c.Profile),
	}
}
