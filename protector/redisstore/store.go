package redisstore

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/redis/go-redis/v9"
)

// Store remembers, on a server, the proofs that were used: it is a dpop.Replay. Make
// one with [New]; it may be used by any number of goroutines.
type Store struct {
	client redis.UniversalClient
	config Config
}

// New returns a Store that keeps its keys where client leads. It does no I/O; ask
// [Store.Verify] whether the server fits. The client stays the caller's, to be used
// for other things and to be closed. The error joins every fault.
func New(client redis.UniversalClient, config Config) (*Store, error) {
	c, err := config.resolve()
	if err := errors.Join(clientFault(client), err); err != nil {
		return nil, err
	}
	return &Store{client: client, config: c}, nil
}

func clientFault(client redis.UniversalClient) error {
	if v := reflect.ValueOf(client); !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return errors.New("redisstore: the client is nil: pass one of redis.NewClient, and check the error of what made it")
	}
	if _, ok := client.(*redis.Ring); ok {
		// What one shard has seen used, the next one takes for fresh.
		return errors.New("redisstore: the client is a Ring, which asks another server when one is down: " +
			"use redis.NewClusterClient")
	}
	return nil
}

// Spend remembers a proof until the given time, and by [Config].ClockSkew longer, and
// reports whether it was absent. A proof that ended earlier than that is not new:
// whether it was used is not known any more.
//
// An error means that this could not be found out. It never holds a credential. The
// call ends with ctx, and after [Config].Timeout; the proof may then count as used
// all the same.
func (s *Store) Spend(ctx context.Context, proof [32]byte, until time.Time) (fresh bool, err error) {
	keep := until.Sub(time.Now().Add(-s.config.ClockSkew))
	if keep < shortestDuration {
		return false, nil // the server takes no end that is not ahead (and a key without an end would stay)
	}
	answer, err := within(ctx, s.config.Timeout, func(ctx context.Context) (string, error) {
		set := onceCommand(ctx, "set", s.key(proof), "1", "nx", "px", keep.Milliseconds())
		err := s.client.Process(ctx, set)
		return string(set.Bytes()), err
	})
	switch {
	case errors.Is(err, redis.Nil):
		return false, nil
	case err != nil:
		return false, outage(err)
	case answer != "OK":
		// Not taken for a no either: that would accuse the client.
		return false, fmt.Errorf("redisstore: the server answers SET by %q", answer)
	}
	return true, nil
}

// onceCommand makes a command whose answer is as short as OK, or an error, and which
// the client does not send again when the answer is lost, whatever its MaxRetries.
func onceCommand(ctx context.Context, args ...any) *redis.ZeroCopyStringCmd {
	return redis.NewZeroCopyStringCmd(ctx, make([]byte, len("OK")), args...)
}

// key is the name under which a proof is kept. It is hashed once more: half of a
// proof is the same for all proofs of one client, and who can read the names would
// see which client comes when.
func (s *Store) key(proof [32]byte) string {
	sum := sha256.Sum256(proof[:])
	return s.config.Prefix + base64.RawURLEncoding.EncodeToString(sum[:])
}

// within takes a step, and gives it up when ctx or the time ends. The client cannot be
// left to notice that: unless ContextTimeoutEnabled is set, it reads from the network
// until its own ReadTimeout, and it never notices that a context was canceled. What
// is given up holds at most a connection of the client's pool. The caller's hooks and
// dialers run in it: a panic of theirs would end the process, where a request's own
// goroutine would have survived it.
func within[T any](ctx context.Context, limit time.Duration, step func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, lateError(limit))
	defer cancel()
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		o := outcome{err: errEnded} // unless the step returns
		defer func() {
			if p := recover(); p != nil {
				o.err = panicked(p)
			}
			done <- o
		}()
		o.value, o.err = step(ctx)
	}()
	select {
	case o := <-done:
		return o.value, o.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}
