package introspection

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"
)

// Client asks an introspection endpoint about tokens (RFC 7662) and remembers
// its answers for a short while. It is safe for use by several goroutines. It
// starts no goroutine that outlives a call's time limit, and needs no closing.
type Client struct {
	config Config
	http   *http.Client
	logger *slog.Logger

	secret   [32]byte // see key
	active   *cache
	inactive *cache

	flights singleflight.Group
	slots   chan struct{}
	breaker breaker
}

// New checks the configuration and makes a client. It does no I/O: a server
// that is down does not keep a service from starting. The error joins every
// fault of the configuration, each with its remedy.
func New(config Config) (*Client, error) {
	if err := config.faults(); err != nil {
		return nil, err
	}
	config = config.withDefaults()
	c := &Client{
		config:   config,
		http:     httpClient(config),
		logger:   config.Logger.With(slog.String("endpoint", withoutQuery(config.Endpoint))),
		active:   newCache(config.CacheSize),
		inactive: newCache(config.CacheSize),
		slots:    make(chan struct{}, config.MaxConcurrentCalls),
	}
	rand.Read(c.secret[:]) // never fails: it ends the program instead
	return c, nil
}

// Introspect says what the endpoint says about a token, or said a moment ago.
// It is made for protector.Bearer.
//
// The error is an [*Error] if the token is no good, and an [*UnavailableError]
// if nothing could be learnt. When ctx ends, Introspect returns; a call already
// under way goes on, within its time limit, for whoever else waits for it.
//
// The token returned is shared and read-only.
func (c *Client) Introspect(ctx context.Context, token string) (*Token, error) {
	// Before anything is hashed, sent or allocated: a megabyte of token is as
	// cheap to refuse as a short one.
	if len(token) > c.config.MaxTokenBytes {
		return nil, rejected(ReasonTooLarge, "", "longer than Config.MaxTokenBytes")
	}
	if !isB64Token(token) {
		return nil, rejected(ReasonMalformed, "", "not made as bearer tokens are (RFC 6750 §2.1)")
	}
	key := c.key(token)
	v, ok := c.remembered(key, c.config.Now())
	if !ok {
		var err error
		if v, err = c.share(ctx, key, token); err != nil {
			return nil, err
		}
	}
	return v.at(c.config.Now())
}

// withoutQuery is the endpoint as logs have it: some put a key in the query.
func withoutQuery(endpoint string) string {
	before, _, _ := strings.Cut(endpoint, "?")
	return before
}

// cacheKey stands for a token in the caches.
type cacheKey [sha256.Size]byte

// key hashes a token together with a secret of this process. The hash keeps
// tokens themselves out of the caches, which live longer than any request. It
// is a cryptographic one, because two tokens with one key would be each other's
// equals: hash/maphash would be faster and is no defence against that. The
// secret makes the keys of one process worthless for recognising tokens
// anywhere else.
func (c *Client) key(token string) cacheKey {
	var buffer [1024]byte // on the stack, for tokens of the usual size
	return sha256.Sum256(append(append(buffer[:0], c.secret[:]...), token...))
}

func (c *Client) remembered(key cacheKey, now time.Time) (verdict, bool) {
	if v, ok := c.active.get(key, now); ok {
		return v, true
	}
	return c.inactive.get(key, now)
}

func (c *Client) remember(key cacheKey, v verdict, asked time.Time) {
	if v.token == nil {
		if c.config.NegativeTTL > 0 {
			c.inactive.put(key, v, asked.Add(c.config.NegativeTTL))
		}
		return
	}
	if c.config.PositiveTTL <= 0 {
		return
	}
	until := asked.Add(c.config.PositiveTTL)
	if exp := v.token.ExpiresAt(); !exp.IsZero() && exp.Before(until) {
		until = exp
	}
	c.active.put(key, v, until)
}

// share asks about a token, together with everyone else who is asking about it
// just now.
func (c *Client) share(ctx context.Context, key cacheKey, token string) (verdict, error) {
	if err := ctx.Err(); err != nil {
		return verdict{}, &UnavailableError{Failure: FailureAbandoned, err: err}
	}
	flight := c.flights.DoChan(string(key[:]), func() (any, error) { return c.ask(key, token) })
	select {
	case <-ctx.Done():
		return verdict{}, &UnavailableError{Failure: FailureAbandoned, err: ctx.Err()}
	case result := <-flight:
		if result.Err != nil {
			return verdict{}, result.Err
		}
		return result.Val.(verdict), nil
	}
}

// ask makes one call, if there is leave for one.
func (c *Client) ask(key cacheKey, token string) (verdict, error) {
	asked := c.config.Now()
	if v, ok := c.remembered(key, asked); ok { // by a flight that landed just before this one took off
		return v, nil
	}
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	default:
		return verdict{}, &UnavailableError{Failure: FailureBusy}
	}
	pass, wait, ok := c.breaker.admit(asked)
	if !ok {
		return verdict{}, &UnavailableError{Failure: FailureSuspended, retryAfter: wait}
	}
	body, err := c.call(token)
	if err != nil {
		c.failed(pass, err)
		return verdict{}, err
	}
	c.succeeded(pass)

	v, err := c.judge(body, asked)
	if err != nil {
		return verdict{}, err
	}
	c.remember(key, v, asked)
	return v, nil
}

// call is the exchange under its own time limit. The context is not derived
// from a requester's: the call is shared, and no one's leaving may end it for
// the others, nor may the values of one request (its trace, its user) be
// carried into what is done for all.
func (c *Client) call(token string) (body []byte, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), c.config.Timeout)
	defer cancel()
	defer func() {
		// We are on a goroutine of our own. A panic of the caller's transport,
		// token source or signer would end the process from here, where in a
		// handler it ends one request.
		if p := recover(); p != nil {
			body, err = nil, &UnavailableError{Failure: FailureUnreachable, err: panicked(p)}
		}
	}()
	return c.exchange(ctx, token)
}

// panicked repeats the words of the runtime alone: a panic of someone else's
// code may say anything, a token included.
func panicked(p any) error {
	if err, ok := p.(runtime.Error); ok {
		return fmt.Errorf("panic: %w", err)
	}
	return fmt.Errorf("panic of type %T", p)
}

func (c *Client) succeeded(p pass) {
	if c.breaker.succeeded(p) {
		c.logger.Info("introspection: calls resumed")
	}
}

func (c *Client) failed(p pass, err error) {
	var u *UnavailableError
	if !errors.As(err, &u) || !u.endpointWide() {
		c.succeeded(p) // it answered: what is wrong may be wrong with this token alone
		return
	}
	if u.Failure == FailureCredentialsRefused {
		c.logger.Error("introspection: the endpoint refuses our credentials; tokens are answered with 503 until this is corrected", slog.Any("error", err))
	}
	if c.breaker.failed(p, c.config.Now(), u.rest()) {
		c.logger.Warn("introspection: calls suspended", slog.Any("error", err))
	}
}
