package introspection

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"time"
)

// Client asks an introspection endpoint about tokens (RFC 7662) and remembers
// its answers for a short while. It is safe for use by several goroutines. It
// starts no goroutine that outlives a call's time limit, unless code of
// Config.HTTPClient or Config.Credentials does not end then, and needs no closing.
type Client struct {
	config *Config
	http   *http.Client

	secret   *[32]byte // see key
	active   *cache
	inactive *cache

	flights *flights
	breaker *breaker
	journal *journal
	first   *firstAnswers
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
		config:   &config,
		http:     httpClient(config),
		secret:   new([32]byte),
		active:   newCache(config.CacheSize, config.CacheBytes),
		inactive: newCache(config.CacheSize, config.CacheBytes),
		flights:  newFlights(config),
		breaker:  new(breaker),
		first:    newFirstAnswers(),
		journal:  newJournal(config.Logger.With(slog.String("endpoint", place(config.Endpoint)))),
	}
	rand.Read(c.secret[:]) // never fails: it ends the program instead
	return c, nil
}

// Issuers returns Config.Issuer, as what publishes the issuers of a service expects
// it; nil if that is not set.
func (c *Client) Issuers() []string {
	if c.config.Issuer == "" {
		return nil
	}
	return []string{c.config.Issuer}
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
	return v.at(c.config.Now()) // read now: the answer may have taken its time
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

// remember keeps a verdict. What was said at the asking may be less true at each
// moment since, so its time is counted from there.
func (c *Client) remember(key cacheKey, v verdict, asked time.Time) {
	if v.token == nil {
		c.active.forget(key)
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
		until = asked.Add(exp.Sub(asked)) // exp, by the monotonic clock as well: see get
	}
	c.active.put(key, v, until)
}
