package protector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// Config is what a [Protector] is built from. Only Validators must be set; the
// zero value of every other field is its documented, strict default.
type Config struct {
	_ [0]func() // no unkeyed literals, no comparison

	// Validators tell good tokens from bad ones: at least one. Several may share
	// a scheme if all but the last have a condition, see [Validator.When].
	Validators []Validator

	// Realm names the protection space in challenges (RFC 9110 §11.5), in
	// printable ASCII. Default: "api".
	Realm string

	// MaxTokenBytes is the longest token that is looked at. A longer one is
	// answered 401 invalid_token before any work is done on it: the request is
	// well-formed, and the token is none that this server could have been meant
	// to take. Default: 16 KiB.
	MaxTokenBytes int

	// AmbientCookie names a cookie that may carry the token, beside the header.
	// Browsers send cookies by themselves, on whoever's behalf: read "Cookies"
	// in the package documentation first. Default: none.
	AmbientCookie string

	// CrossOrigin decides which requests of other origins may use the cookie:
	// set it to trust further origins. It is asked only for requests whose token
	// came from AmbientCookie, and its deny handler is not used. WebSocket
	// handshakes are judged as POST, so a bypass pattern for them must not name
	// GET. Default: no other origin is trusted.
	CrossOrigin *http.CrossOriginProtection

	// BufferedFormTokens also takes the token from the access_token field of an
	// application/x-www-form-urlencoded body of POST, PUT and PATCH (RFC 6750
	// §2.2). What it gives up: such bodies are read into memory before anybody
	// is authenticated. The handler can read the body, or parse the form, as if
	// nothing had happened.
	BufferedFormTokens bool

	// MaxFormBytes is the longest form body that is buffered. A longer one is
	// answered 400. Default: 64 KiB. It needs BufferedFormTokens.
	MaxFormBytes int64

	// InsecureQueryTokens also takes the token from the access_token parameter
	// of the query (RFC 6750 §2.3). What it gives up: URLs end in histories,
	// referrers and the logs of every proxy on the way.
	InsecureQueryTokens bool

	// UnauthenticatedPreflight lets CORS preflights without a token through to
	// the handler, which then has no current token. Default: they are challenged
	// like any other request, which suits a CORS middleware placed before the
	// protector: that one answers preflights itself.
	UnauthenticatedPreflight bool

	// RequestCheck is a check of the request itself, made once before the token
	// is authenticated. An error is answered 400 invalid_request; an [*Error]
	// chooses another answer, and one that looks like an outage (see
	// [Policy].Check) is 503.
	RequestCheck func(r *http.Request) error

	// ErrorHandler writes the status and the body of refusals and outages. All
	// header fields of the protocol, Cache-Control included, are set when it is
	// called; it adds Content-Type, calls w.WriteHeader(e.Status), and writes.
	// There is no current token in the request's context. Default: JSON with
	// error and error_description.
	ErrorHandler func(w http.ResponseWriter, r *http.Request, e *Error)

	// OnDecision is called after each decision, before the handler or the
	// refusal, from the request's goroutine. The context is the one the handler
	// gets, with the current token where access was granted. Default: none, at
	// no cost.
	OnDecision func(ctx context.Context, d Decision)

	// Logger gets a record for each refusal (Info) and outage (Error, at most
	// one a second, which counts those left out). Grants, anonymous requests and
	// requests without credentials are logged at Debug: the latter are how many
	// clients begin. A record has outcome, method, duration and, where they are
	// known, route, reason, scheme, issuer, client_id, status, scope (what the
	// challenge asks for) and error (the cause). The token is never logged.
	// Default: nothing is logged.
	Logger *slog.Logger

	// Now is the clock by which tokens expire. Default: time.Now.
	Now func() time.Time
}

// Protector stands in front of handlers and lets requests with good access
// tokens through. Build one with [New]. It is safe for concurrent use and holds
// no lock while it works.
type Protector struct {
	schemes    []*scheme
	limit      int
	sources    []source
	origins    *http.CrossOriginProtection
	preflights bool

	requestCheck func(*http.Request) error
	errorHandler func(http.ResponseWriter, *http.Request, *Error)
	onDecision   func(context.Context, Decision)
	logger       *slog.Logger
	outages      sampler
	now          func() time.Time
	acquired     requirements
}

// New builds a protector. The error joins every fault of the configuration,
// each with its remedy. New does no I/O.
func New(config Config) (*Protector, error) {
	p := &Protector{
		limit:        16 << 10,
		preflights:   config.UnauthenticatedPreflight,
		requestCheck: config.RequestCheck,
		errorHandler: config.ErrorHandler,
		onDecision:   config.OnDecision,
		logger:       config.Logger,
		now:          time.Now,
	}
	if config.Now != nil {
		p.now = config.Now
	}
	faults := p.addSchemes(config)
	faults = append(faults, p.addSources(config)...)
	switch n := config.MaxTokenBytes; {
	case n < 0:
		faults = append(faults, fmt.Errorf("Config.MaxTokenBytes is %d: leave it 0 for the default", n))
	case n > 0:
		p.limit = n
	}
	for i, fault := range faults {
		faults[i] = fmt.Errorf("protector: %w", fault)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return p, nil
}

// addSchemes groups the validators by scheme, in the order of their first
// appearance, which is the order of the challenges.
func (p *Protector) addSchemes(config Config) (faults []error) {
	realm := config.Realm
	if realm == "" {
		realm = "api"
	}
	if err := checkRealm(realm); err != nil {
		faults = append(faults, err)
	}
	if len(config.Validators) == 0 {
		faults = append(faults, errors.New("Config.Validators is empty: give at least one, such as Bearer(validator.Validate)"))
	}
	for i, v := range config.Validators {
		for _, fault := range p.addValidator(v, realm) {
			faults = append(faults, fmt.Errorf("Config.Validators[%d]: %w", i, fault))
		}
	}
	return faults
}

func (p *Protector) addValidator(v Validator, realm string) []error {
	if len(v.faults) > 0 {
		return v.faults
	}
	if v.authenticate == nil {
		return []error{errors.New("it is a zero Validator: build it with Bearer or Scheme")}
	}
	s := p.schemeNamed(v.scheme)
	if s == nil {
		name := v.scheme
		if equalFold(name, bearer) {
			name = bearer
		}
		s = &scheme{name: name, challenge: newChallenge(name, realm)}
		p.schemes = append(p.schemes, s)
	}
	if err := s.add(v); err != nil {
		return []error{err}
	}
	return nil
}

// schemeNamed returns the scheme, or nil. There are one or two: a loop beats a
// map.
func (p *Protector) schemeNamed(name string) *scheme {
	for _, s := range p.schemes {
		if equalFold(s.name, name) {
			return s
		}
	}
	return nil
}
