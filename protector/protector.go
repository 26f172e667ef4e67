package protector

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"example.com/resourceserver/scopes"
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

	// Resource is the identifier of what is protected (RFC 9728 §1.2), as clients
	// are to name it: an https URL without fragment, such as https://api.example/v1,
	// or http for a loopback host. Where it is set, every challenge names the
	// document with the metadata of the resource (resource_metadata, §5.1), which
	// [Protector.ResourceMetadata] serves. The URL is made of Resource, and of
	// nothing that is in a request. A protector is for one resource; a service with
	// several has a protector for each. Default: none.
	Resource string

	// AuthorizationServers are the issuers of the tokens that are accepted, for the
	// metadata: those that a validator names by its method Issuers. Default: the
	// document names none.
	AuthorizationServers []string

	// ResourceMetadata is what else the metadata says.
	ResourceMetadata ResourceMetadata

	// Hierarchy says which scopes imply which others: a token passes with what it was
	// granted and all that this implies. It holds for whatever asks for scopes here:
	// policies, Require, Acquire and Check. Challenges name the scopes that a policy
	// asks for, and never a broader one. Handlers, Policy.Check and OnDecision see the
	// token as it was issued; whoever has to ask further calls Acquire, or
	// Hierarchy.Expand(token.Scopes()). Default: no scope implies another.
	Hierarchy scopes.Hierarchy

	// ScopeInChallenge has the 401 to a request without a token name the scopes of
	// the route, for clients that ask for as little as will do (MCP, Authorization).
	// It tells strangers what the routes ask for. Of alternatives it names the one
	// with the fewest scopes. Default: such a challenge names none.
	ScopeInChallenge bool

	// MaxTokenBytes is the longest token that is looked at. A longer one is
	// answered 401 invalid_token before any work is done on it: the request is
	// well-formed, and the token is none that this server could have been meant
	// to take. The validator may have a limit of its own; each names itself in the
	// log. Default: 16 KiB. At most: 1 MiB.
	MaxTokenBytes int

	// AmbientCookie names a cookie that may carry the token, beside the header.
	// Browsers send cookies by themselves, on whoever's behalf: read "Cookies"
	// in the package documentation first. Default: none.
	AmbientCookie string

	// WebSocketProtocol also takes the token from a WebSocket handshake, as one of the
	// subprotocols that it offers: a page in a browser can set nothing else there. The
	// token follows the name and a dot, beside a protocol that the client speaks. With
	// the name "access_token":
	//
	//	new WebSocket(url, ["chat", "access_token." + token])
	//
	// The handler does not see the entry, and answers with one of the others; it does
	// where the policy is in shadow. Without any other the handshake is refused.
	// Default: none. Read "WebSockets" in the package documentation.
	WebSocketProtocol string

	// CrossOrigin decides which requests of other origins may use a token from
	// AmbientCookie, WebSocketProtocol or a [Field]: set it to trust further
	// origins. It is asked for no others, and its deny handler is not used.
	// WebSocket handshakes are judged as POST, so a bypass pattern for them must
	// not name GET. Default: no other origin is trusted.
	CrossOrigin *http.CrossOriginProtection

	// BufferedFormTokens also takes the token from the access_token field of an
	// application/x-www-form-urlencoded body of POST, PUT and PATCH (RFC 6750
	// §2.2). What it gives up: such bodies are read into memory before anybody
	// is authenticated. The handler can read the body, or parse the form, as if
	// nothing had happened.
	BufferedFormTokens bool

	// MaxFormBytes is the longest form body that is buffered. A longer one is
	// answered 400. Default: 64 KiB. At most: 16 MiB. It needs BufferedFormTokens.
	MaxFormBytes int64

	// InsecureQueryTokens also takes the token from the access_token parameter
	// of the query (RFC 6750 §2.3). What it gives up: URLs end in histories,
	// referrers and the logs of every proxy on the way.
	InsecureQueryTokens bool

	// Preflight answers CORS preflights that carry no token, in the place of a
	// protected handler. What it is must protect itself: it is not the handler
	// behind the protector, nor a mux that leads there. A CORS middleware before
	// the protector does without it. Default: none, and a preflight is challenged
	// like any other request without a token.
	Preflight http.Handler

	// RequestCheck is a check of the request itself, made once before the token
	// is authenticated. An error is answered 400 invalid_request; an [*Error]
	// chooses another answer, and one that looks like an outage (see
	// [Policy].Check) is 503. There is no current token in the request's context.
	RequestCheck func(r *http.Request) error

	// ErrorHandler writes the status and the body of refusals and outages. All
	// header fields of the protocol, Cache-Control included, are set when it is
	// called; it adds Content-Type, calls w.WriteHeader(e.Status), and writes. If
	// it names no status, the answer has e.Status. There is no current token in
	// the request's context. Default: JSON with error and error_description.
	ErrorHandler func(w http.ResponseWriter, r *http.Request, e *Error)

	// OnDecision is called after each decision, before the handler or the
	// refusal, from the request's goroutine. The context is the one the handler
	// gets, with the current token where access was granted. Default: none, at
	// no cost.
	OnDecision func(ctx context.Context, d Decision)

	// Logger gets a record for each refusal (Info) and outage (Error, at most
	// one a second, which counts those left out). Grants, anonymous requests and
	// requests without credentials are logged at Debug: the latter are how many
	// clients begin. In shadow they are at Info, as all that would be refused. A
	// record has outcome, method, duration and, where they are
	// known, route, policy, reason, scheme, issuer, client_id, status, scope (what the
	// challenge asks for), error (the cause) or remedy (what to do about what is refused
	// here), shadow, left_out (outages since the last record) and jti_sha256: the first 16 bytes of the
	// SHA-256 of what the token's method ID() string returns, in hexadecimal, to find the
	// token in the log of its issuer. Where a validator's error has a method Mismatch()
	// (expected, received []string), as that of the package jwt has for audiences and
	// issuers, they are in expected and received: 200 bytes at the most, and quoted
	// unless they are plain. The token is never logged. Default: nothing is logged.
	Logger *slog.Logger

	// Now is the clock by which tokens expire. Default: time.Now.
	Now func() time.Time
}

// Format prints no setting, whatever the verb: what a validator is made of may
// hold secrets.
func (Config) Format(s fmt.State, _ rune) { fmt.Fprint(s, "protector.Config") }

// Protector stands in front of handlers and lets requests with good access
// tokens through. Build one with [New]: a nil or zero Protector lets nobody in,
// and panics where handlers are wired. It is safe for concurrent use and holds no
// lock while it works.
type Protector struct {
	identity  *identity // nil: not built by New
	schemes   []*scheme
	limit     int
	tooLarge  error // names the limit
	sources   []source
	origins   *http.CrossOriginProtection
	vary      string
	preflight http.Handler

	requestCheck func(*http.Request) error
	errorHandler func(http.ResponseWriter, *http.Request, *Error)
	onDecision   func(context.Context, Decision)
	logger       *slog.Logger
	outages      sampler
	now          func() time.Time
	acquired     requirements
	metadata     *metadata // nil: the resource has no identifier
	hierarchy    scopes.Hierarchy

	scopeInChallenge bool

	stated       statements // for Inventory
	otherPlaces  []place    // beside the Authorization field, likewise
	hierarchical bool       // likewise
}

const (
	defaultTokenBytes = 16 << 10
	mostTokenBytes    = 1 << 20 // what net/http takes of all header fields together, by default
)

// New builds a protector. The error joins every fault of the configuration,
// each with its remedy. New does no I/O.
func New(config Config) (*Protector, error) {
	p := &Protector{
		identity:     new(identity),
		limit:        cmp.Or(config.MaxTokenBytes, defaultTokenBytes),
		preflight:    config.Preflight,
		requestCheck: config.RequestCheck,
		errorHandler: config.ErrorHandler,
		onDecision:   config.OnDecision,
		logger:       config.Logger,
		now:          time.Now,
		hierarchy:    config.Hierarchy,
		hierarchical: !config.Hierarchy.IsZero(),

		scopeInChallenge: config.ScopeInChallenge,
	}
	if config.Now != nil {
		p.now = config.Now
	}
	p.tooLarge = fmt.Errorf("the token is longer than protector.Config.MaxTokenBytes, which is %d", p.limit)
	faults := slices.Concat(p.addResource(config), p.addSchemes(config), p.addSources(config),
		checkLimit(config.MaxTokenBytes))
	p.vary = p.varies()
	p.describe(config)
	p.addPlaces(config)
	if config.Preflight != nil && isNil(config.Preflight) {
		faults = append(faults, errors.New("Config.Preflight is a nil handler: set one, or leave it out"))
	}
	for i, fault := range faults {
		faults[i] = fmt.Errorf("protector: %w", fault)
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return p, nil
}

func checkLimit(n int) []error {
	switch {
	case n < 0:
		return []error{fmt.Errorf("Config.MaxTokenBytes is %d: leave it 0 for the default", n)}
	case n > mostTokenBytes:
		return []error{fmt.Errorf("Config.MaxTokenBytes is %d: set at most %d", n, mostTokenBytes)}
	}
	return nil
}

// Format prints nothing of what the protector is made of, like that of [Config].
func (p *Protector) Format(s fmt.State, _ rune) { fmt.Fprint(s, "protector.Protector") }

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
		faults = append(faults, errors.New(
			"Config.Validators is empty: give at least one, such as Bearer(validator.Validate)"))
	}
	params := []Param{{"realm", realm}}
	if p.metadata != nil { // RFC 9728 §5.1
		params = append(params, Param{"resource_metadata", p.metadata.resource.metadata})
	}
	for i, v := range config.Validators {
		for _, fault := range p.addValidator(v, params) {
			faults = append(faults, fmt.Errorf("Config.Validators[%d] is not usable: %w", i, fault))
		}
	}
	return faults
}

// addValidator adds v to its scheme, whose challenges all have the params.
func (p *Protector) addValidator(v Validator, params []Param) []error {
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
		s = &scheme{name: name, field: v.field, params: slices.Clone(params)}
		s.expired = &expired{s}
		p.schemes = append(p.schemes, s)
	}
	if s.field != v.field {
		return []error{errFieldAndScheme}
	}
	return s.add(v)
}

// checkRealm refuses what cannot stand in a header field, and what two parties
// would read differently: RFC 9110 §5.6.4 lets a quoted-string hold bytes above
// 0x7F and gives them no meaning. A Bearer challenge needs at least one attribute
// (RFC 6750 §3); the realm is always there to be it.
func checkRealm(realm string) error {
	for _, c := range []byte(realm) {
		if c < ' ' || c > '~' {
			return fmt.Errorf("Config.Realm holds the byte 0x%02x: use printable ASCII characters", c)
		}
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
