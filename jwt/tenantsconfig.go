package jwt

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/resourceserver/jwt/internal/jws"
)

// Defaults and ceilings of TenantsConfig, as its fields document them.
const (
	defaultTenants        = 1000
	maxTenants            = 1 << 20
	defaultResolveAgain   = 5 * time.Minute
	defaultResolveTimeout = 5 * time.Second
	defaultRefuseFor      = 30 * time.Second
	defaultMaxStale       = 24 * time.Hour
	defaultResolving      = 64
	maxResolving          = 4096
	longestWait           = 366 * 24 * time.Hour
)

// TenantsConfig configures [Tenants]. Resolve is required; the zero value of
// every other field is its documented default. A duration is from a millisecond to
// a year.
type TenantsConfig struct {
	_ [0]func() // keyed literals only, and no comparison

	// Resolve says which Config applies to the tokens of issuer, or that there is
	// no such tenant. issuer is what a token names in iss, and nobody has signed it
	// yet: compare it, byte by byte, with what you know, or look it up there. Do
	// not fetch from it, and do not make the answer out of it alone: whoever sends
	// a token would choose who vouches for it. An [IssuerTemplate] reads issuers
	// that differ in one part.
	//
	// No such tenant is an error with a method InvalidToken that returns true, such
	// as [ErrUnknownIssuer]: the token is refused. Any other error says that this
	// could not be found out, and nothing about the token; so do a Config with a
	// fault, one whose issuer is not exactly that issuer, one that decrypts, a
	// panic, and no answer in time. Config.Issuer may be left out where Config.Keys
	// states it.
	//
	// It is called by goroutines of the Tenants, by several at once, and its context is
	// nobody's request's. It should return when that ends. A call that goes on occupies
	// a place of MaxResolving; about the same issuer it is called once more meanwhile
	// only if half of the places are free, or else nobody can tell. Other calls for one
	// issuer come one after the other, unless Remove has outdated what the first says.
	Resolve func(ctx context.Context, issuer string) (Config, error)

	// Admit says, if it is set, which issuers Resolve is asked about at all. It is
	// called for each token whose tenant is not live, by the goroutine of the
	// request: it must answer from memory, as [IssuerTemplate.Matches] does. It is
	// for a flood of issuers that are made up: those that it does not admit take no
	// place that a new tenant may be waiting for. Default: every issuer of sound
	// syntax.
	Admit func(issuer string) bool

	// AllowAnyIssuer asks Resolve about every iss of up to 1 KiB of printable ASCII
	// characters. It gives up that an issuer is an https URL (RFC 9068 §2.2, RFC
	// 8414 §2), without userinfo, query, fragment, dot segments and characters that
	// a URL does not have: Resolve must take all of that for the letters that it is.
	// An http URL of a loopback address needs no permission.
	AllowAnyIssuer bool

	// MaxTenants bounds how many tenants are live: known with their validator and
	// keys. When there are as many, the one that was not used for longest leaves,
	// to be resolved again with its next token. Each costs the size of a pointer
	// from the start, and about 3 KB when it is live with jwks.Remote. Default:
	// 1000. At most 1048576.
	MaxTenants int

	// MaxTokenBytes bounds the length of a token. It is what can be said before its
	// tenant is known: the Config of a tenant cannot allow more. Default: 16 KiB,
	// at most 1 MiB.
	MaxTokenBytes int

	// MaxResolving bounds how many calls of Resolve are under way at once for
	// tenants that are not live, and again for those that are. Up to 8192 further
	// issuers wait for a place; requests of yet others are answered at once that
	// nobody can tell. Default: 64. At most 4096.
	MaxResolving int

	// ResolveTimeout bounds a call of Resolve, and the time that a request waits for
	// one, its own place in the queue included. Default: 5 seconds.
	ResolveTimeout time.Duration

	// ResolveAgain is how long an answer of Resolve counts before it is asked again,
	// by the next token of the tenant, which does not wait for it. An answer that
	// says the same changes nothing; another one takes effect at once, and ends
	// what was validated by the last one. While Resolve fails it is asked again
	// every 30 seconds, or as often as this if it is shorter. Default: 5 minutes.
	ResolveAgain time.Duration

	// MaxStale is how old the last answer about a live tenant may grow while Resolve
	// fails. After that the tenant is not live any more. It is no shorter than
	// ResolveAgain. Default: 24 hours, or ResolveAgain if that is longer.
	MaxStale time.Duration

	// RefuseFor is how long it is remembered that there is no such tenant. About
	// 8000 such issuers are remembered. A tenant that you create meanwhile is known
	// after that, or at once if you call [Tenants.Remove] for its issuer. Default:
	// 30 seconds.
	RefuseFor time.Duration
}

// resolve returns a copy of c with the defaults filled in, or every fault of c.
func (c TenantsConfig) resolve() (TenantsConfig, error) {
	var f tenantsFaults
	if c.Resolve == nil {
		f.add("Resolve is nil: set it to the function that knows your tenants")
	}
	f.setNumber("MaxTenants", &c.MaxTenants, defaultTenants, maxTenants)
	f.setNumber("MaxTokenBytes", &c.MaxTokenBytes, defaultMaxTokenBytes, jws.MaxBytes)
	f.setNumber("MaxResolving", &c.MaxResolving, defaultResolving, maxResolving)
	f.setDuration("ResolveTimeout", &c.ResolveTimeout, defaultResolveTimeout)
	f.setDuration("ResolveAgain", &c.ResolveAgain, defaultResolveAgain)
	f.setDuration("MaxStale", &c.MaxStale, max(defaultMaxStale, c.ResolveAgain))
	f.setDuration("RefuseFor", &c.RefuseFor, defaultRefuseFor)
	if inRange(c.MaxStale) && inRange(c.ResolveAgain) && c.MaxStale < c.ResolveAgain {
		f.add("MaxStale is %v: it must be no shorter than ResolveAgain, %v", c.MaxStale, c.ResolveAgain)
	}
	return c, errors.Join(f...)
}

func inRange(d time.Duration) bool { return d >= time.Millisecond && d <= longestWait }

// tenantsFaults collects what is wrong with a TenantsConfig.
type tenantsFaults []error

func (f *tenantsFaults) add(format string, values ...any) {
	*f = append(*f, fmt.Errorf("jwt: TenantsConfig."+format, values...))
}

func (f *tenantsFaults) setNumber(field string, n *int, byDefault, ceiling int) {
	switch {
	case *n == 0:
		*n = byDefault
	case *n < 0 || *n > ceiling:
		f.add("%s is %d: use up to %d, or leave it 0 for %d", field, *n, ceiling, byDefault)
	}
}

func (f *tenantsFaults) setDuration(field string, d *time.Duration, byDefault time.Duration) {
	switch {
	case *d == 0:
		*d = byDefault
	case *d < time.Millisecond:
		f.add("%s is %v, negative or without its unit: write it like 30*time.Second, or leave it 0 for %v",
			field, *d, byDefault)
	case *d > longestWait:
		f.add("%s is %v, longer than a year: use up to %v", field, *d, longestWait)
	}
}
