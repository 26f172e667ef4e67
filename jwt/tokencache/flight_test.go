package tokencache_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
)

func TestCacheVerifiesANewTokenOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := jwttest.NewIssuer(t, jwttest.InMemory())
		cache, validator := cached(t, issuer, issuer, tokencache.Config{})
		bearer := issuer.Token()
		issuer.Stall()
		var wg sync.WaitGroup
		var accepted atomic.Int32
		for range 100 {
			wg.Go(func() {
				if _, err := cache.Validate(t.Context(), bearer); err == nil {
					accepted.Add(1)
				}
			})
		}
		synctest.Wait() // all of them are in it now
		require.EqualValues(t, 1, validator.calls.Load())
		issuer.Recover()
		wg.Wait()
		require.EqualValues(t, 100, accepted.Load())
		require.EqualValues(t, 1, validator.calls.Load())
	})
}

// A key is withdrawn after the token was found valid, and before those who wait for that are told: whoever comes then
// is judged by the keys that there are.
func TestCacheAsksAResultThatWasSharedWhetherItIsStillValid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := jwttest.NewIssuer(t, jwttest.InMemory())
		_, validator := cached(t, issuer, issuer, tokencache.Config{})
		found, told := make(chan struct{}), make(chan struct{})
		cache, err := tokencache.New(func(ctx context.Context, bearer string) (*jwt.Token, error) {
			token, err := validator.Validate(ctx, bearer)
			if err == nil {
				close(found)
				<-told
			}
			return token, err
		}, tokencache.Config{})
		require.NoError(t, err)
		bearer, signer := issuer.Token(), issuer.KeyID()
		go cache.Validate(t.Context(), bearer)
		<-found
		issuer.Rotate()
		issuer.Retire(signer)
		refused := make(chan error, 1)
		go func() { _, err := cache.Validate(t.Context(), bearer); refused <- err }()
		synctest.Wait()
		close(told)
		var invalid *jwt.Error
		require.ErrorAs(t, <-refused, &invalid)
		require.Equal(t, jwt.ReasonUnknownKey, invalid.Reason)
	})
}

// Two texts with one signature are two tokens, also while both are under way.
func TestCacheSharesNoResultBetweenTokens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := jwttest.NewIssuer(t, jwttest.InMemory())
		cache, _ := cached(t, issuer, issuer, tokencache.Config{})
		good := issuer.Token(jwttest.Subject("alice"))
		forged := issuer.Token(jwttest.Subject("cyril")) // as long
		forged = forged[:strings.LastIndexByte(forged, '.')] + good[strings.LastIndexByte(good, '.'):]
		require.Len(t, forged, len(good))
		issuer.Stall()
		refused := make(chan error, 1)
		go func() { _, err := cache.Validate(t.Context(), forged); refused <- err }()
		synctest.Wait()
		accepted := make(chan error, 1)
		go func() { _, err := cache.Validate(t.Context(), good); accepted <- err }()
		synctest.Wait()
		issuer.Recover()
		var invalid *jwt.Error
		require.ErrorAs(t, <-refused, &invalid)
		require.NoError(t, <-accepted)
		require.Equal(t, 1, entriesOf(cache), "and it is remembered all the same")
	})
}

func TestCacheWaitersLeaveWithTheirOwnContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer := jwttest.NewIssuer(t, jwttest.InMemory())
		cache, _ := cached(t, issuer, issuer, tokencache.Config{})
		bearer := issuer.Token()
		issuer.Stall()
		leader, leave := context.WithCancel(t.Context())
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		results := make(chan error, 3)
		validate := func(ctx context.Context) { _, err := cache.Validate(ctx, bearer); results <- err }
		go validate(leader)
		synctest.Wait()
		go validate(impatient)
		go validate(t.Context())
		require.ErrorIs(t, <-results, context.DeadlineExceeded)

		// The one that verifies goes away. The other has to do it itself, and is
		// not refused for a stranger's impatience.
		leave()
		require.ErrorIs(t, <-results, context.Canceled)
		issuer.Recover()
		require.NoError(t, <-results)
	})
}

// refusal is an error of a package that the cache does not know.
type refusal struct{ invalid bool }

func (r *refusal) Error() string      { return "no" }
func (r *refusal) InvalidToken() bool { return r.invalid }

// What says something about the token is shared, and what does not is not.
func TestCacheSharesDecisionsOnly(t *testing.T) {
	for name, tt := range map[string]struct {
		value *entry
		err   error
		calls int32
	}{
		"valid":                 {&entry{size: 1}, nil, 1},
		"refused":               {nil, &refusal{invalid: true}, 1},
		"refused, and wrapped":  {nil, errors.Join(errors.New("x"), &refusal{invalid: true}), 1},
		"says that it is not":   {nil, &refusal{}, 2},
		"could not tell":        {nil, errors.New("down"), 2},
		"a token and an outage": {&entry{size: 1}, errors.New("down"), 2},
		"nothing":               {nil, nil, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var calls atomic.Int32
				cache, err := tokencache.New(func(context.Context, string) (*entry, error) {
					calls.Add(1)
					time.Sleep(time.Second)
					return tt.value, tt.err
				}, tokencache.Config{})
				require.NoError(t, err)
				var wg sync.WaitGroup
				for range 2 {
					wg.Go(func() {
						value, err := cache.Validate(t.Context(), "a.b.c")
						if value != tt.value || err != tt.err {
							t.Errorf("%v, %v", value, err)
						}
					})
				}
				wg.Wait()
				require.Equal(t, tt.calls, calls.Load())
			})
		})
	}
}

// A token that was found valid is remembered, though nobody waits any more.
func TestCacheRemembersForAClientThatWentAway(t *testing.T) {
	var calls atomic.Int32
	ctx, leave := context.WithCancel(t.Context())
	cache, err := tokencache.New(func(context.Context, string) (*entry, error) {
		calls.Add(1)
		leave()
		return &entry{size: 1}, nil
	}, tokencache.Config{})
	require.NoError(t, err)
	for range 2 {
		_, err = cache.Validate(ctx, "a.b.c")
		require.NoError(t, err)
	}
	require.EqualValues(t, 1, calls.Load())
}

func TestCacheSurvivesWhatEndsBehindIt(t *testing.T) {
	for name, end := range map[string]func(){"panic": func() { panic("broken") }, "exit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var calls atomic.Int32
				cache, err := tokencache.New(func(context.Context, string) (*entry, error) {
					if calls.Add(1) == 1 {
						time.Sleep(time.Second)
						end()
					}
					return nil, errors.New("mended")
				}, tokencache.Config{})
				require.NoError(t, err)
				go func() {
					defer func() { _ = recover() }()
					_, _ = cache.Validate(t.Context(), "a.b.c")
				}()
				synctest.Wait()
				_, err = cache.Validate(t.Context(), "a.b.c") // waits for it
				require.EqualError(t, err, "mended")
				_, err = cache.Validate(t.Context(), "a.b.c")
				require.EqualError(t, err, "mended")
				require.EqualValues(t, 3, calls.Load())
			})
		})
	}
}
