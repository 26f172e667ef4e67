package jwt

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// Defaults of CacheConfig.
const (
	defaultCacheEntries = 16 << 10
	defaultCacheBytes   = 32 << 20
)

// CacheConfig bounds a [Cache]. The zero value of each field is its default.
type CacheConfig struct {
	_ [0]func() // keyed literals only, and no comparison

	// MaxEntries bounds how many tokens are remembered; it is rounded up to a
	// power of two. Each costs 8 bytes from the start. A token has eight places to
	// be in: at half of the bound hardly one is forgotten for want of a place, and
	// at the bound one of seven. Default: 16384.
	MaxEntries int

	// MaxBytes bounds the memory that remembered tokens take, as estimated from
	// the length of their texts. Default: 32 MiB.
	MaxBytes int

	// MaxTokenBytes is the length beyond which a token is passed on unseen, so
	// that nobody can make the cache read megabytes. Default: 16 KiB.
	MaxTokenBytes int
}

// resolve returns c with the defaults filled in, and its faults.
func (c CacheConfig) resolve() (CacheConfig, []error) {
	var faults []error
	for _, limit := range []struct {
		field    string
		value    *int
		standard int
	}{
		{"MaxEntries", &c.MaxEntries, defaultCacheEntries},
		{"MaxBytes", &c.MaxBytes, defaultCacheBytes},
		{"MaxTokenBytes", &c.MaxTokenBytes, defaultMaxTokenBytes},
	} {
		if *limit.value < 0 {
			faults = append(faults, fmt.Errorf("jwt: CacheConfig.%s is %d: leave it 0 for the default", limit.field, *limit.value))
		}
		if *limit.value == 0 {
			*limit.value = limit.standard
		}
	}
	return c, faults
}

// Cache remembers tokens that were found valid, so that the second request with
// a token costs no signature check. It is a decorator: its Validate has the
// signature of the Validate behind it. Services use one when the same token
// comes again and again; it is never needed for correctness, and nothing else in
// this package keeps tokens.
//
// Only verified tokens enter. A remembered token is good for nothing more than
// the same bytes again, and each time its exp and nbf are compared with the time
// and the key that verified it must still be among the issuer's: a token whose
// key was withdrawn or replaced is forgotten when it comes next. What a
// validator accepts depends on nothing else.
//
// The cache does not hold tokens that could be used. It keeps the header and the
// payload, whose claims the [Token] it hands out holds anyway, and compares them
// byte by byte; of the signature it keeps a 128-bit authentication code under a
// key that is made at random when the cache is made and never leaves it. The
// signature cannot be computed back from that.
//
// When many requests bring the same new token at once, one of them verifies it
// and the others wait for the result, each no longer than its own context lasts.
//
// A Cache may be used by any number of goroutines; finding a token takes no lock.
type Cache struct {
	validate      func(context.Context, string) (*Token, error)
	maxTokenBytes int
	digests       *digester
	table         *table

	mu      sync.Mutex
	flights map[string]*flight // by the token's text
}

// flight is a validation under way. token and err may be read once done is
// closed.
type flight struct {
	done  chan struct{}
	token *Token
	err   error
}

// NewCache returns a cache in front of validate, which is the Validate of a
// [Validator] or of [Issuers] itself. A check of your own, such as a list of
// revoked tokens or whatever depends on ctx, goes in front of the cache: behind
// it, it would not be asked again. The error joins every fault of the config. In a
// program restricted to FIPS 140 (GODEBUG=fips140=only) the authentication code
// is not allowed, and the error says so.
func NewCache(validate func(ctx context.Context, token string) (*Token, error), config CacheConfig) (*Cache, error) {
	var faults []error
	if validate == nil {
		faults = append(faults, errors.New("jwt: NewCache: validate is nil: give it the Validate of a validator"))
	}
	config, limitFaults := config.resolve()
	faults = append(faults, limitFaults...)
	digests, err := newDigester()
	if err != nil {
		faults = append(faults, fmt.Errorf("jwt: NewCache: %w", err))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return &Cache{
		validate: validate, maxTokenBytes: config.MaxTokenBytes, digests: digests,
		table: newTable(config.MaxEntries, config.MaxBytes), flights: make(map[string]*flight),
	}, nil
}

// Validate returns the remembered token if token was found valid before and
// would be still, and otherwise what the validator behind the cache says, errors
// included.
func (c *Cache) Validate(ctx context.Context, token string) (*Token, error) {
	k, ok := c.keyOf(token)
	if !ok {
		return c.validate(ctx, token)
	}
	if e := c.table.find(k); e != nil {
		if e.token.StillValid(ctx) {
			e.touch()
			return e.token, nil
		}
		// Whatever the reason, the validator tells it better. A key that cannot
		// be had at the moment makes it say so, and does no harm to forget.
		c.table.remove(e)
	}
	return c.validateOnce(ctx, k, token)
}

// Usage returns how many tokens are remembered and an estimate of the bytes that
// they take.
func (c *Cache) Usage() (entries, bytes int) { return c.table.usage() }

// keyOf returns what token is remembered by, unless it is too long or cannot be a
// token anyway. A JWE has five segments, and all after the second count as its
// signature: together the two parts are always the whole text.
func (c *Cache) keyOf(token string) (cacheKey, bool) {
	if len(token) > c.maxTokenBytes || !strings.HasPrefix(token, "ey") {
		return cacheKey{}, false
	}
	header, rest, _ := strings.Cut(token, ".")
	payload, signature, ok := strings.Cut(rest, ".")
	if !ok {
		return cacheKey{}, false
	}
	return cacheKey{signed: token[:len(header)+1+len(payload)], signature: c.digests.of(signature)}, true
}

// validateOnce validates token unless that is under way already, in which case
// it waits for the result.
func (c *Cache) validateOnce(ctx context.Context, k cacheKey, token string) (*Token, error) {
	c.mu.Lock()
	f, underWay := c.flights[token]
	if !underWay {
		f = &flight{done: make(chan struct{})}
		c.flights[token] = f
	}
	c.mu.Unlock()
	if !underWay {
		return c.lead(ctx, f, k, token)
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		return nil, fmt.Errorf("jwt: waiting for the validation of the same token: %w", context.Cause(ctx))
	}
	var invalid *Error
	if f.token != nil || errors.As(f.err, &invalid) {
		return f.token, f.err
	}
	// The other request could not tell, perhaps because its client went away.
	// That says nothing about this one.
	return c.validate(ctx, token)
}

// lead validates token and shares the result. It lets those who wait go even if
// the validation panics.
func (c *Cache) lead(ctx context.Context, f *flight, k cacheKey, token string) (*Token, error) {
	defer func() {
		c.mu.Lock()
		delete(c.flights, token)
		c.mu.Unlock()
		close(f.done)
	}()
	f.token, f.err = c.validate(ctx, token)
	if f.err == nil && f.token != nil && f.token.terms != nil {
		c.table.add(k, f.token)
	}
	return f.token, f.err
}
