package redisstore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/protector/redisstore"
)

var _ dpop.Replay = (*redisstore.Store)(nil)

// checklist 144
func TestAProofIsFreshOnce(t *testing.T) {
	client := startServer(t).client(t)
	one, other := newStore(t, client), newStore(t, client)
	for _, tt := range []struct {
		name  string
		store *redisstore.Store
		proof int
		fresh bool
	}{
		{"first", one, 1, true},
		{"again", one, 1, false},
		{"at another replica", other, 1, false},
		{"another proof there", other, 2, true},
		{"and here", one, 2, false},
	} {
		fresh, err := tt.store.Spend(t.Context(), proof(tt.proof), inAMinute())
		require.NoError(t, err, tt.name)
		require.Equal(t, tt.fresh, fresh, tt.name)
	}
}

// checklist 144
func TestOneOfManyAtOnceIsFresh(t *testing.T) {
	server := startServer(t)
	stores := []*redisstore.Store{newStore(t, server.client(t)), newStore(t, server.client(t))}
	until := inAMinute()
	for n := range 20 {
		var fresh atomic.Int32
		var callers sync.WaitGroup
		for i := range 16 {
			callers.Go(func() {
				ok, err := stores[i%2].Spend(t.Context(), proof(n), until)
				if err != nil {
					t.Error(err)
				}
				if ok {
					fresh.Add(1)
				}
			})
		}
		callers.Wait()
		require.EqualValues(t, 1, fresh.Load())
	}
}

// checklist 144: kept for as long as any replica accepts the proof, and not much longer.
func TestAKeyEndsWithItsProof(t *testing.T) {
	client := startServer(t).client(t)
	store, err := redisstore.New(client, redisstore.Config{ClockSkew: 10 * time.Minute, Timeout: 10 * time.Second})
	require.NoError(t, err)
	for _, tt := range []struct {
		name  string
		until time.Duration // from now
		fresh bool
		keep  time.Duration
	}{
		{"alive", 5 * time.Minute, true, 15 * time.Minute},
		{"ended by a clock that is ahead", -5 * time.Minute, true, 5 * time.Minute},
		{"ended by any clock", -11 * time.Minute, false, 0},
		{"ended long ago", -1 << 62, false, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.NoError(t, client.FlushAll(t.Context()).Err())
			fresh, err := store.Spend(t.Context(), proof(1), time.Now().Add(tt.until))
			require.NoError(t, err)
			require.Equal(t, tt.fresh, fresh)
			keys, err := client.Keys(t.Context(), "*").Result()
			require.NoError(t, err)
			if tt.keep == 0 {
				require.Empty(t, keys)
				return
			}
			require.Len(t, keys, 1)
			left, err := client.PTTL(t.Context(), keys[0]).Result()
			require.NoError(t, err)
			require.LessOrEqual(t, left, tt.keep)
			require.Greater(t, left, tt.keep-startTimeout) // however slow the machine is
		})
	}
}

// Who can read the names of the keys learns nothing of the clients. The names are
// recorded here, because replicas of two versions have to agree on them.
func TestKeysAreHashedBehindTheirPrefix(t *testing.T) {
	client := startServer(t).client(t)
	for prefix, want := range map[string]string{
		"":         "dpop:" + hashOfProof1,
		"shop/v1:": "shop/v1:" + hashOfProof1,
	} {
		require.NoError(t, client.FlushAll(t.Context()).Err())
		store, err := redisstore.New(client, redisstore.Config{Prefix: prefix, Timeout: 10 * time.Second})
		require.NoError(t, err)
		_, err = store.Spend(t.Context(), proof(1), inAMinute())
		require.NoError(t, err)
		keys, err := client.Keys(t.Context(), "*").Result()
		require.NoError(t, err)
		require.Equal(t, []string{want}, keys)
	}
}

const hashOfProof1 = "4MyillUJ32eMgGT14LkHYBb6dS-IpsdJdo24NHlFDMU"

// A lost server loses no good state of ours: the client connects again by itself.
//
// checklist 145
func TestTheServerRestarts(t *testing.T) {
	server := startServer(t, "--appendonly", "yes", "--appendfsync", "always")
	store := newStore(t, server.client(t))
	fresh, err := store.Spend(t.Context(), proof(1), inAMinute())
	require.NoError(t, err)
	require.True(t, fresh)

	server.kill()
	for _, n := range []int{1, 2} {
		fresh, err = store.Spend(t.Context(), proof(n), inAMinute())
		require.Error(t, err)
		require.False(t, fresh)
		require.ErrorContains(t, err, "redisstore: ")
	}

	server.start(t)
	fresh, err = store.Spend(t.Context(), proof(2), inAMinute())
	require.NoError(t, err)
	require.True(t, fresh, "what was refused for want of a server is not used")
	fresh, err = store.Spend(t.Context(), proof(1), inAMinute())
	require.NoError(t, err)
	require.False(t, fresh, "a server that keeps its data keeps the proofs")
}

// A server that is there and does not answer costs the time limit, and a caller who
// has left costs nothing.
//
// checklist 145
func TestTheServerHangs(t *testing.T) {
	for name, options := range map[string]redis.Options{
		"client that minds deadlines": {ContextTimeoutEnabled: true},
		"client that does not":        {ReadTimeout: time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			server := startServer(t)
			options.Network, options.Addr = "unix", server.socket()
			client := redis.NewClient(&options)
			t.Cleanup(func() { client.Close() })
			hasty, err := redisstore.New(client, redisstore.Config{Timeout: 20 * time.Millisecond})
			require.NoError(t, err)
			patient := newStore(t, client)
			_, err = patient.Spend(t.Context(), proof(1), inAMinute())
			require.NoError(t, err)

			control := server.client(t)
			require.NoError(t, control.Do(t.Context(), "client", "pause", 3_600_000, "write").Err())
			fresh, err := hasty.Spend(t.Context(), proof(2), inAMinute())
			require.False(t, fresh)
			require.True(t, isTimeout(err), "%v", err)

			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(20*time.Millisecond, cancel)
			fresh, err = patient.Spend(ctx, proof(3), inAMinute())
			require.ErrorIs(t, err, context.Canceled)
			require.False(t, fresh)

			require.NoError(t, control.Do(t.Context(), "client", "unpause").Err())
			fresh, err = patient.Spend(t.Context(), proof(4), inAMinute())
			require.NoError(t, err)
			require.True(t, fresh)
		})
	}
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	return ok && timeout.Timeout()
}

// checklist 145
func TestVerify(t *testing.T) {
	full := []string{"--maxmemory", "100mb", "--maxmemory-policy"}
	for _, tt := range []struct {
		name    string
		options []string
		fault   string
	}{
		{"as installed", nil, ""},
		{"limited", append(full, "noeviction"), ""},
		{"evicts without a limit", []string{"--maxmemory-policy", "allkeys-lru"}, ""},
		{"evicts", append(full, "allkeys-lru"), `maxmemory-policy is "allkeys-lru": set it to noeviction`},
		{"evicts what has an end", append(full, "volatile-ttl"), `maxmemory-policy is "volatile-ttl"`},
		{"an account for this", account("+set", "+info"), ""},
		{"may not be asked", account("+set"), "the server answers NOPERM"},
		{"may not be written", account("+info"), "the server answers NOPERM"},
		{"full", []string{"--maxmemory", "1"}, "the server answers OOM"},
		{"a replica", []string{"--replicaof", "127.0.0.1 1"}, "the server answers READONLY"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			store := newStore(t, startServer(t, tt.options...).client(t))
			err := store.Verify(t.Context())
			if tt.fault == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "redisstore: ")
			require.ErrorContains(t, err, tt.fault)
		})
	}
}

// account limits what those who connect may do.
func account(commands ...string) []string {
	return append([]string{"--user", "default", "on", "nopass", "~dpop:*", "-@all"}, commands...)
}

func TestFaults(t *testing.T) {
	client := redis.NewClient(&redis.Options{})
	defer client.Close()
	ring := redis.NewRing(&redis.RingOptions{})
	defer ring.Close()
	var none *redis.Client
	for _, tt := range []struct {
		name   string
		client redis.UniversalClient
		config redisstore.Config
		fault  string
	}{
		{"no client", nil, redisstore.Config{}, "the client is nil: pass one"},
		{"a nil client", none, redisstore.Config{}, "the client is nil: pass one"},
		{"a ring", ring, redisstore.Config{}, "the client is a Ring"},
		{"long prefix", client, redisstore.Config{Prefix: strings.Repeat("a", 65)}, "Config.Prefix is "},
		{"a space", client, redisstore.Config{Prefix: "a b"}, "Config.Prefix is \"a b\": use "},
		{"a line", client, redisstore.Config{Prefix: "a\r\n"}, "Config.Prefix is "},
		{"no unit", client, redisstore.Config{Timeout: 250}, "Config.Timeout is 250ns, negative or without its unit: write "},
		{"negative", client, redisstore.Config{ClockSkew: -1}, "Config.ClockSkew is -1ns, negative or without its unit"},
		{"long timeout", client, redisstore.Config{Timeout: time.Minute}, "Config.Timeout is 1m0s: use up to 10s"},
		{"long skew", client, redisstore.Config{ClockSkew: 2 * time.Hour}, "Config.ClockSkew is 2h0m0s: use up to 1h0m0s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			store, err := redisstore.New(tt.client, tt.config)
			require.Nil(t, store)
			require.ErrorContains(t, err, "redisstore: "+tt.fault)
		})
	}
	_, err := redisstore.New(nil, redisstore.Config{Prefix: " ", Timeout: -1, ClockSkew: 1})
	require.ErrorContains(t, err, "client")
	require.ErrorContains(t, err, "Prefix")
	require.ErrorContains(t, err, "Timeout")
	require.ErrorContains(t, err, "ClockSkew", "all at once")
}

func TestNothingPrintsThePassword(t *testing.T) {
	client := redis.NewClient(&redis.Options{Username: "api", Password: "hunter2", Addr: "127.0.0.1:1"})
	defer client.Close()
	store := newStore(t, client)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		require.NotContains(t, fmt.Sprintf(verb+verb, store, *store), "hunter2")
	}
	text, err := json.Marshal([]any{store})
	require.NoError(t, err)
	require.NotContains(t, string(text), "hunter2")
}
