package jwt

import "time"

// terms are what one issuer's tokens are judged by, from the config. A Validator
// and every token that it has accepted share them, and nothing changes them, but that
// a lease ends: a token can be judged again, for as long as it is kept, without its
// validator.
type terms struct {
	issuer        string
	audiences     []string
	keys          KeySource // nil where Config.Secret takes its place
	profile       Profile
	refs          claimRefs // the claims that profile names
	confirmations []string
	leeway        time.Duration
	now           func() time.Time
	lease         *lease // nil where the issuer is not a tenant's
}

// termsOf returns the terms of a config that has been resolved.
func termsOf(c Config) *terms {
	return &terms{
		issuer: c.Issuer, audiences: c.Audiences, keys: c.Keys,
		profile: c.Profile, refs: c.Profile.claimRefs(), confirmations: c.Confirmations,
		leeway: c.Leeway, now: c.Now,
	}
}
