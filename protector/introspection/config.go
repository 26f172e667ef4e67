package introspection

import (
	"log/slog"
	"net/http"
	"slices"
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
	defaultCacheBytes  = 32 << 20
	defaultMaxCalls    = 128
	defaultMaxToken    = 16 << 10
	defaultMaxAnswer   = 64 << 10
)

// Config says which endpoint to ask, as whom, and what to make of its answers.
// Endpoint, Credentials, and Audiences (or AnyAudience) are required; the zero
// value of everything else is its documented default. New copies it. A duration
// is from a millisecond to a year.
type Config struct {
	_ [0]func() // keyed literals only, and no comparison

	// Endpoint is the absolute URL of the introspection endpoint (RFC 7662
	// §2). It is https; http is accepted for a loopback host only.
	Endpoint string

	// Credentials authenticates this resource server to the endpoint: see
	// [ClientSecretBasic], [ClientSecretPost], [BearerToken] and
	// [PrivateKeyJWT], and [ClientSecretBasicUnencoded] for servers that do not
	// decode what RFC 6749 has clients encode. RFC 7662 §2.1 demands one of them,
	// so there is no value for none.
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
	// Default: 10,000 of each.
	CacheSize int

	// CacheBytes bounds the memory that the active tokens take, and that the
	// inactive ones take, as estimated from the answers, which are kept whole.
	// Default: 32 MiB of each, room for 10,000 answers of the usual size.
	CacheBytes int

	// Timeout bounds one call to the endpoint, connection to last byte, and the
	// getting of the credentials before it. It holds whatever the code in
	// Credentials and HTTPClient does. Default: 5 seconds.
	Timeout time.Duration

	// MaxConcurrentCalls bounds the calls under way. Beyond it the answer is
	// "unavailable" at once: a slow endpoint gathers no queue. A quarter of them
	// is kept for tokens that were active before and are still remembered, so
	// that strangers who invent tokens do not crowd out the callers that are
	// known. As many calls again may be stuck beyond their time limit, in code of
	// Credentials or HTTPClient that does not end with its context. Default: 128.
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
	// settings and without HTTP/2. With HTTP/2 all calls share one connection,
	// and a firewall that cuts it because of one token ends the calls about all
	// others: keep to HTTP/1.1 in a client of your own as well.
	HTTPClient *http.Client

	// Logger hears when the endpoint refuses our credentials, when calls are
	// suspended (once a minute while they are) and when they resume, and when the
	// first twenty tokens of the process are all inactive; never a token. What can
	// happen again and again is said once a minute. It is called on the goroutines of
	// requests. Default: nothing is logged.
	Logger *slog.Logger

	// OnCall is told about each call to the endpoint when it is over: how long it took,
	// and the [Failure] that it ended in, empty where the endpoint has answered. Answers
	// that were remembered are no calls. It is called on the goroutine of the call, after
	// those who wait have their answer, and must not block: each that does takes the
	// place of a call. A panic of it is dropped. Default: none, at no cost.
	OnCall func(took time.Duration, failure string)

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
	c.CacheBytes = orDefault(c.CacheBytes, defaultCacheBytes)
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
