package introspection

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	// NoCache, as PositiveTTL or NegativeTTL, turns that kind of remembering
	// off.
	NoCache time.Duration = -1

	// NoLeeway, as Leeway, compares times exactly.
	NoLeeway time.Duration = -1
)

const (
	defaultLeeway      = 30 * time.Second
	maxLeeway          = 5 * time.Minute
	defaultTimeout     = 5 * time.Second
	defaultPositiveTTL = 30 * time.Second
	defaultNegativeTTL = 5 * time.Second
	defaultCacheSize   = 10_000
	defaultMaxCalls    = 128
	defaultMaxToken    = 16 << 10
	defaultMaxAnswer   = 64 << 10
)

// Config says which endpoint to ask, as whom, and what to make of its answers.
// Endpoint, Credentials, and Audiences (or AnyAudience) are required; the zero
// value of everything else is its documented default. New copies it.
type Config struct {
	_ [0]func() // keyed literals only, and no comparison

	// Endpoint is the absolute URL of the introspection endpoint (RFC 7662
	// §2). It is https; http is accepted for a loopback host only.
	Endpoint string

	// Credentials authenticates this resource server to the endpoint: see
	// [ClientSecretBasic], [ClientSecretPost], [BearerToken] and
	// [PrivateKeyJWT]. RFC 7662 §2.1 demands one of them, so there is no value
	// for none.
	Credentials Credentials

	// Audiences are the identifiers this resource server answers to. An answer
	// whose aud names none of them is rejected, and so is one whose aud is an
	// empty array, which names nobody. (Ory Hydra writes that for a token that no
	// audience was asked for.) An answer without aud passes: the server gave it
	// to us, by name, and RFC 7662 §2.2 makes aud optional. Put "aud" in
	// RequiredMembers to insist on it.
	Audiences []string

	// AnyAudience gives up the check of aud: a token meant for any other
	// resource server of the same authorization server is then good here. It
	// excludes Audiences.
	AnyAudience bool

	// Issuer, where set, is what iss must equal where an answer has it. Default:
	// nothing is checked: the endpoint is configured, and speaks for one issuer
	// as a rule.
	Issuer string

	// RequiredMembers are members of the answer, such as "exp", "aud" or
	// "sub", without which a token is rejected. One that is null or empty is not
	// there. Default: none.
	RequiredMembers []string

	// Confirmations names the cnf methods (RFC 7800 §3.1), such as "jkt" and
	// "x5t#S256", that whoever receives the Token enforces. A token that is
	// bound by another method that is known to us (jkt, x5t#S256, x5t, jwk, jwe,
	// jku, kid) is rejected; members of cnf that are no method are ignored.
	// Default: none, so every bound token is rejected.
	Confirmations []string

	// AllowMissingTokenType accepts answers without token_type, and gives up
	// telling an access token from a refresh token: servers answer for both,
	// whatever the hint says, and some mark the difference in that member
	// alone.
	AllowMissingTokenType bool

	// Leeway is how far the clocks of the two servers may differ, for exp and
	// nbf. Default: 30 seconds, at most 5 minutes; NoLeeway for none.
	Leeway time.Duration

	// PositiveTTL is how long a token found active is believed without asking
	// again, counted from the asking, and never beyond its exp. It is also how
	// long a revocation may go unnoticed. Default: 30 seconds: one question
	// instead of thousands for a busy client, and half a minute to live for a
	// stolen token once it is revoked. NoCache asks for every request, save
	// for requests that share a call under way.
	PositiveTTL time.Duration

	// NegativeTTL is how long a token found not to be active is refused
	// without asking again. Default: 5 seconds: enough to take the sting out of
	// a client stuck with a dead token, and short enough that a token just
	// issued, and not yet known to every node of its server, is not held
	// against its owner for long. NoCache for none.
	NegativeTTL time.Duration

	// CacheSize bounds how many active tokens, and how many inactive ones, are
	// remembered; the least recently used make room. The two kinds are kept
	// apart, so that a flood of invented tokens pushes out no real one.
	// Default: 10,000 of each: some twenty megabytes with answers of the usual
	// size, which are kept whole.
	CacheSize int

	// Timeout bounds one call to the endpoint, connection to last byte.
	// Default: 5 seconds.
	Timeout time.Duration

	// MaxConcurrentCalls bounds the calls under way. Beyond it the answer is
	// "unavailable" at once: a slow endpoint gathers no queue. Default: 128.
	MaxConcurrentCalls int

	// MaxTokenBytes bounds the tokens asked about; a longer one is rejected
	// before any work is done on it. Default: 16 KiB.
	MaxTokenBytes int

	// MaxAnswerBytes bounds the answers read. A longer one is no answer.
	// Default: 64 KiB.
	MaxAnswerBytes int

	// HTTPClient makes the calls. It is copied, and the copy follows no
	// redirects and keeps no cookies: a token goes where it was meant to go or
	// nowhere. Default: a client of its own, with http.DefaultTransport's
	// settings.
	HTTPClient *http.Client

	// Logger hears when the endpoint refuses our credentials, when calls are
	// suspended and when they resume; never a token. Default: nothing is
	// logged.
	Logger *slog.Logger

	// InsecureAllowPlainHTTP lets Endpoint be http on any host: tokens and
	// credentials are then sent in the clear to whoever listens.
	InsecureAllowPlainHTTP bool

	// Now is the clock for exp, nbf and the caches. Default: time.Now.
	Now func() time.Time
}

// withDefaults is the configuration in force: a copy that shares nothing
// mutable with the caller's.
func (c Config) withDefaults() Config {
	c.Audiences = slices.Clone(c.Audiences)
	c.RequiredMembers = slices.Clone(c.RequiredMembers)
	c.Confirmations = slices.Clone(c.Confirmations)
	c.Leeway = orDefault(c.Leeway, defaultLeeway)
	c.PositiveTTL = orDefault(c.PositiveTTL, defaultPositiveTTL)
	c.NegativeTTL = orDefault(c.NegativeTTL, defaultNegativeTTL)
	c.CacheSize = orDefault(c.CacheSize, defaultCacheSize)
	c.Timeout = orDefault(c.Timeout, defaultTimeout)
	c.MaxConcurrentCalls = orDefault(c.MaxConcurrentCalls, defaultMaxCalls)
	c.MaxTokenBytes = orDefault(c.MaxTokenBytes, defaultMaxToken)
	c.MaxAnswerBytes = orDefault(c.MaxAnswerBytes, defaultMaxAnswer)
	if c.Leeway == NoLeeway {
		c.Leeway = 0
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

func orDefault[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

// faults is everything wrong with the configuration, joined, each with its
// remedy; nil if nothing is.
func (c *Config) faults() error {
	return errors.Join(
		endpointFault(c.Endpoint, c.InsecureAllowPlainHTTP),
		c.Credentials.fault(),
		c.audienceFault(),
		c.memberFault(),
		c.timeFaults(),
		c.boundFaults(),
	)
}

func endpointFault(endpoint string, insecure bool) error {
	if endpoint == "" {
		return fault("Endpoint", "is empty: set the URL of the introspection endpoint")
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		// The parser's own words would repeat a password in the URL.
		return fault("Endpoint", "does not parse as a URL: write https://host/path")
	}
	switch {
	case u.Host == "" || u.Opaque != "":
		return fault("Endpoint", "is not an absolute URL: write https://host/path")
	case u.User != nil:
		return fault("Endpoint", "holds a user name or password: set Credentials instead")
	case strings.Contains(endpoint, "#"):
		return fault("Endpoint", "has a fragment: remove it")
	case u.Scheme == "https", u.Scheme == "http" && (insecure || isLoopback(u.Hostname())):
		return nil
	}
	return fault("Endpoint", "is not https: use https, or name InsecureAllowPlainHTTP and its risk")
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

func (c *Config) audienceFault() error {
	switch {
	case c.AnyAudience && len(c.Audiences) > 0:
		return fault("Audiences", "is set together with AnyAudience: choose one")
	case !c.AnyAudience && len(c.Audiences) == 0:
		return fault("Audiences", "is empty: name this resource server, or name AnyAudience and its risk")
	case slices.Contains(c.Audiences, ""):
		return fault("Audiences", "holds an empty string: remove it")
	}
	return nil
}

func (c *Config) memberFault() error {
	switch {
	case slices.Contains(c.RequiredMembers, ""):
		return fault("RequiredMembers", "holds an empty string: remove it")
	case slices.Contains(c.Confirmations, ""):
		return fault("Confirmations", "holds an empty string: remove it")
	}
	return nil
}

func (c *Config) timeFaults() error {
	return errors.Join(
		durationFault("Leeway", c.Leeway, NoLeeway, maxLeeway),
		durationFault("PositiveTTL", c.PositiveTTL, NoCache, 0),
		durationFault("NegativeTTL", c.NegativeTTL, NoCache, 0),
		durationFault("Timeout", c.Timeout, 0, 0),
	)
}

// durationFault allows a duration from zero to ceiling (0: no ceiling), and the
// one value that means none.
func durationFault(field string, d, none, ceiling time.Duration) error {
	switch {
	case d == none:
		return nil
	case d < 0:
		return fault(field, fmt.Sprintf("is %v: leave it 0 for the default", d))
	case ceiling > 0 && d > ceiling:
		return fault(field, fmt.Sprintf("is %v: use up to %v", d, ceiling))
	}
	return nil
}

func (c *Config) boundFaults() error {
	var faults []error
	for _, bound := range []struct {
		field string
		value int
	}{
		{"CacheSize", c.CacheSize},
		{"MaxConcurrentCalls", c.MaxConcurrentCalls},
		{"MaxTokenBytes", c.MaxTokenBytes},
		{"MaxAnswerBytes", c.MaxAnswerBytes},
	} {
		if bound.value < 0 {
			faults = append(faults, fault(bound.field, fmt.Sprintf("is %d: leave it 0 for the default", bound.value)))
		}
	}
	return errors.Join(faults...)
}

func fault(field, what string) error {
	return fmt.Errorf("introspection: Config.%s %s", field, what)
}
