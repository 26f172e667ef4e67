package tokencache

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Entry is a token that can be remembered, such as a *jwt.Token. Its methods are
// called by many goroutines at once.
type Entry interface {
	comparable

	// StillValid reports whether the token, which was found valid before, would be
	// now. It is asked at every hit; false forgets the token and validates anew.
	StillValid(ctx context.Context) bool

	// Size estimates the bytes of memory that keeping the token takes. It is asked
	// again when the token is forgotten, and must not have changed. A token of
	// size 0 is not remembered.
	Size() int
}

// Cache remembers tokens that were found valid. Make one with [New]. It may be
// used by any number of goroutines; finding a token takes no lock.
type Cache[T Entry] struct {
	validate func(context.Context, string) (T, error)
	table    *table[T]
	flights  *flights[T]
	counts   *counts // nil: nobody wants to know
}

// New returns a cache in front of validate, which is the Validate of a
// jwt.Validator, of jwt.Issuers or of jwt.Tenants itself. A check of your own goes in front of the
// cache: behind it, it would not be asked again. The error joins every fault of
// the config.
func New[T Entry](validate func(ctx context.Context, token string) (T, error), config Config) (*Cache[T], error) {
	config, faults := config.resolve()
	if validate == nil {
		faults = append(faults, errors.New("tokencache: New: validate is nil: give it the Validate of a validator"))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	c := &Cache[T]{validate: validate, table: newTable[T](config), flights: newFlights[T]()}
	if config.CountLookups {
		c.counts = new(counts)
	}
	return c, nil
}

// Validate returns the remembered token if token was found valid before and
// would be still, and otherwise what the validator behind the cache says, errors
// included.
func (c *Cache[T]) Validate(ctx context.Context, token string) (T, error) {
	h := c.table.hashOf(token)
	if e := c.table.find(h, token); e != nil {
		if e.value.StillValid(ctx) {
			e.touch()
			c.counts.hit(h)
			return e.value, nil
		}
		// Whatever the reason, the validator tells it better. A key that cannot
		// be had at the moment makes it say so, and does no harm to forget.
		c.table.remove(h, e)
	}
	c.counts.miss(h)
	return c.validateOnce(ctx, h, token)
}

// Counts returns how many lookups were answered from memory since the cache was made,
// and how many were not: those that waited for the validation of the same token are
// among the latter. Both are 0 unless Config.CountLookups is set.
func (c *Cache[T]) Counts() (hits, misses uint64) { return c.counts.read() }

// Usage returns how many tokens are remembered and an estimate of the bytes that
// they take.
func (c *Cache[T]) Usage() (entries, bytes int) { return c.table.usage() }

// Forget forgets the tokens for which match returns true, and returns how many
// they were; a nil match forgets all. It is for what tokens cannot know about
// themselves, such as that their issuer was removed.
//
// A validation that is under way while Forget is called began before whatever
// changed: its result goes to those who wait for it, and is not remembered,
// whether it matches or not. A call of Validate that begins once Forget has
// returned gets nothing of it. match may be called for a token twice, and may
// use the cache.
func (c *Cache[T]) Forget(match func(T) bool) int {
	c.table.outdate()
	c.flights.detach()
	return c.table.forget(match)
}

// Format writes how much the cache holds, whatever the verb. What it holds, and
// the tokens that are being validated, are nobody's to print.
func (c *Cache[T]) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, c.String()) }

// String says how much the cache holds.
func (c *Cache[T]) String() string {
	if c == nil {
		return "tokencache.Cache(nil)"
	}
	entries, bytes := c.Usage()
	return fmt.Sprintf("tokencache.Cache(%d tokens, %d bytes)", entries, bytes)
}

// validateOnce validates token unless that is under way already, in which case
// it waits for the result.
func (c *Cache[T]) validateOnce(ctx context.Context, h hash, token string) (T, error) {
	f, first := c.flights.join(h, token)
	switch {
	case f == nil: // another token has the place
		return c.validateAndRemember(ctx, h, token)
	case first:
		return c.lead(ctx, f, h, token)
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		var none T
		return none, fmt.Errorf("tokencache: waiting for the validation of the same token: %w", context.Cause(ctx))
	}
	if f.decided() && (f.err != nil || f.value.StillValid(ctx)) {
		return f.value, f.err
	}
	// The other request could not tell, perhaps because its client went away. Or it
	// found the token valid, and since then a key or an issuer was taken out, maybe
	// before this one began. Neither says anything about this one.
	return c.validate(ctx, token)
}

// lead validates token and shares the result. It lets those who wait go even if
// the validation panics.
func (c *Cache[T]) lead(ctx context.Context, f *flight[T], h hash, token string) (T, error) {
	defer c.flights.end(h, f)
	f.value, f.err = c.validateAndRemember(ctx, h, token)
	return f.value, f.err
}

func (c *Cache[T]) validateAndRemember(ctx context.Context, h hash, token string) (T, error) {
	epoch := c.table.epoch.Load()
	value, err := c.validate(ctx, token)
	var none T
	if err == nil && value != none {
		c.table.add(h, token, value, epoch)
	}
	return value, err
}
