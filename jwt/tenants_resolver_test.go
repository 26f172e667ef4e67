package jwt_test

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// undecided is an application's error that says that it is no refusal.
type undecided struct{}

func (undecided) Error() string      { return "not decided" }
func (undecided) InvalidToken() bool { return false }

// explosive is one that cannot be read.
type explosive struct{}

func (explosive) Error() string { panic(canary) }

// stating is a key source that says whose it is.
type stating struct {
	jwt.KeySource
	issuer string
}

func (s stating) Issuer() string { return s.issuer }

type resolving = func(context.Context, string) (jwt.Config, error)

// answers that say nothing about the token, and what the error has to say.
func answersThatCannotTell(good jwt.Config, other *jwttest.Issuer) map[string]resolving {
	says := func(err error, changes ...func(*jwt.Config)) resolving {
		return func(context.Context, string) (jwt.Config, error) {
			c := good
			for _, change := range changes {
				change(&c)
			}
			return c, err
		}
	}
	return map[string]resolving{
		"database is down":      says(errors.New("database is down")),
		"not decided":           says(undecided{}),
		"Config with faults":    says(nil, func(c *jwt.Config) { *c = jwt.Config{} }),
		"Audiences is empty":    says(nil, func(c *jwt.Config) { c.Audiences = nil }),
		`, "https://b.example"`: says(nil, func(c *jwt.Config) { *c = configOf(other) }),
		`another, "https://b.example"`: says(nil, func(c *jwt.Config) {
			*c = jwt.Config{Audiences: c.Audiences, Keys: stating{other, other.URL()}}
		}),
		`"https://a.example/"`:         says(nil, func(c *jwt.Config) { c.Issuer += "/" }),
		"Config.Issuer is empty":       says(nil, func(c *jwt.Config) { c.Issuer = "" }),
		"no tenant takes longer token": says(nil, func(c *jwt.Config) { c.MaxTokenBytes = defaultMaxTokenBytes + 1 }),
		"Config with Profile.AllowMissingIssuer": says(nil, func(c *jwt.Config) {
			c.Profile = jwt.Profile{Required: []string{"exp"}, AllowMissingIssuer: true}
		}),
		"Config with Decrypt": says(nil, func(c *jwt.Config) {
			c.Decrypt = func(_ context.Context, jwe string) (string, error) { return jwe, nil }
		}),
		"Resolve panicked": func(context.Context, string) (jwt.Config, error) { panic(canary) },
		"panicked":         says(explosive{}),
		"ended its goroutine": func(context.Context, string) (jwt.Config, error) {
			runtime.Goexit()
			return good, nil
		},
		"deadline exceeded": func(ctx context.Context, _ string) (jwt.Config, error) {
			<-ctx.Done()
			return good, ctx.Err()
		},
		"did not answer": func(context.Context, string) (jwt.Config, error) {
			time.Sleep(time.Hour) // simulated
			return good, nil
		},
	}
}

// checklist 215, 216
func TestAResolverThatCannotTellIsNoRefusal(t *testing.T) {
	a, other := tenantAt(t, "https://a.example"), tenantAt(t, "https://b.example")
	for wants, answer := range answersThatCannotTell(configOf(a), other) {
		t.Run(wants, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var says atomic.Value // a func
				says.Store(answer)
				tenants, err := jwt.NewTenants(jwt.TenantsConfig{
					Resolve: func(ctx context.Context, issuer string) (jwt.Config, error) {
						return says.Load().(func(context.Context, string) (jwt.Config, error))(ctx, issuer)
					},
				})
				require.NoError(t, err)
				began := time.Now()
				for range 2 { // the second one is answered without a question
					_, err = tenants.Validate(t.Context(), a.Token())
					require.ErrorContains(t, unavailable(t, err), wants)
					require.NotContains(t, err.Error(), canary)
				}
				require.LessOrEqual(t, time.Since(began), 5*time.Second)
				require.EqualValues(t, 1, tenants.Status().Failed)
				require.ErrorContains(t, tenants.Status().LastError, wants)
				require.Empty(t, liveIn(tenants))
				says.Store(func(context.Context, string) (jwt.Config, error) { return configOf(a), nil })
				time.Sleep(time.Second)
				acceptOnce(t, tenants, a.Token())
				time.Sleep(time.Hour) // what hangs ends, and does nothing
				require.EqualValues(t, 1, tenants.Status().Resolved)
			})
		})
	}
}

// The question is nobody's: who caused it may leave, and the others have its answer.
//
// checklist 215
func TestRequestsShareOneQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := tenantAt(t, "https://a.example")
		r := newRegistry(a)
		r.doBefore(func(ctx context.Context, _ string) error { time.Sleep(time.Second); return ctx.Err() })
		tenants := tenantsOf(t, r)
		first, cancel := context.WithCancel(t.Context())
		var left error
		go func(token string) { _, left = tenants.Validate(first, token) }(a.Token())
		synctest.Wait()
		var accepted atomic.Int32
		for range 100 {
			go func() {
				if _, err := tenants.Validate(context.Background(), a.Token()); err == nil {
					accepted.Add(1)
				}
			}()
		}
		synctest.Wait()
		cancel()
		synctest.Wait()
		require.ErrorIs(t, left, context.Canceled)
		require.Zero(t, accepted.Load())
		time.Sleep(time.Second)
		synctest.Wait()
		require.EqualValues(t, 100, accepted.Load())
		require.Equal(t, 1, r.times(a.URL()))
	})
}

// A number of questions at once, and the others in their turn. Those for which nobody
// waits any more are not asked.
//
// checklist 213
func TestQuestionsWaitForAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const issuers = 10
		r := newRegistry()
		var all []*jwttest.Issuer
		for i := range issuers {
			all = append(all, tenantAt(t, fmt.Sprintf("https://%d.example", i)))
			r.put(all[i])
		}
		var atOnce, most atomic.Int32
		r.doBefore(func(context.Context, string) error {
			most.Store(max(most.Load(), atOnce.Add(1)))
			defer atOnce.Add(-1)
			time.Sleep(time.Second)
			return nil
		})
		tenants := tenantsOf(t, r, func(c *jwt.TenantsConfig) { c.MaxResolving = 3 })
		impatient, cancel := context.WithCancel(t.Context())
		var accepted atomic.Int32
		for i, issuer := range all {
			ctx := t.Context()
			if i == issuers-1 {
				ctx = impatient
			}
			go func() {
				if _, err := tenants.Validate(ctx, issuer.Token()); err == nil {
					accepted.Add(1)
				}
			}()
			synctest.Wait()
		}
		require.Equal(t, 3, tenants.Status().Resolving)
		require.Equal(t, 7, tenants.Status().Waiting)
		cancel()
		synctest.Wait()
		require.Equal(t, 6, tenants.Status().Waiting)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.EqualValues(t, issuers-1, accepted.Load())
		require.EqualValues(t, 3, most.Load())
		require.Zero(t, r.times(all[issuers-1].URL()))
		require.Zero(t, tenants.Status().Resolving+tenants.Status().Waiting)
	})
}

// What nobody waits for any more makes room in the queue, and where there is none the
// answer comes at once.
//
// checklist 213, 215
func TestTheQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry()
		r.doBefore(func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() })
		tenants := tenantsOf(t, r, func(c *jwt.TenantsConfig) { c.MaxResolving, c.ResolveTimeout = 1, time.Hour })
		var turnedAway atomic.Int32
		flood := func(ctx context.Context, name string, n int) {
			for i := range n {
				go func() {
					_, err := tenants.Validate(ctx, unsigned(fmt.Sprintf("https://%s%d.example", name, i)))
					if err != nil && ctx.Err() == nil {
						turnedAway.Add(1)
					}
				}()
			}
			synctest.Wait()
		}
		for _, name := range []string{"a", "b", "c"} {
			ctx, cancel := context.WithCancel(t.Context())
			before := turnedAway.Load()
			flood(ctx, name, 8292)
			require.Equal(t, 8192, tenants.Status().Waiting)
			require.LessOrEqual(t, turnedAway.Load()-before, int32(100))
			require.GreaterOrEqual(t, turnedAway.Load()-before, int32(99))
			cancel()
			synctest.Wait()
			require.Zero(t, tenants.Status().Waiting)
		}
		require.EqualValues(t, turnedAway.Load(), tenants.Status().Turned)
		_, err := tenants.Validate(t.Context(), unsigned("https://e.example"))
		require.ErrorIs(t, unavailable(t, err), context.DeadlineExceeded)
		time.Sleep(2 * time.Hour) // the call may have begun in the last moment
	})
}

// Calls that hang for ever take the places, and nothing else.
//
// checklist 215
func TestCallsThatHangTakeTheirPlaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := tenantAt(t, "https://a.example")
		r := newRegistry(a)
		release := r.hangBut(a)
		tenants := tenantsOf(t, r, func(c *jwt.TenantsConfig) { c.MaxResolving = 4 })
		for i := range 4 {
			_, err := tenants.Validate(t.Context(), unsigned(fmt.Sprintf("https://%d.example", i)))
			unavailable(t, err)
		}
		_, err := tenants.Validate(t.Context(), a.Token())
		require.ErrorIs(t, unavailable(t, err), context.DeadlineExceeded)
		require.Equal(t, 4, tenants.Status().Resolving)
		require.Zero(t, tenants.Status().Waiting)
		release()
		synctest.Wait()
		require.Zero(t, tenants.Status().Resolving)
		acceptOnce(t, tenants, a.Token())
	})
}

// One that ends its goroutine takes nobody's turn along.
//
// checklist 215
func TestAGoroutineThatEndsIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := tenantAt(t, "https://a.example")
		r := newRegistry(a)
		r.doBefore(func(_ context.Context, issuer string) error {
			time.Sleep(time.Second)
			if issuer != a.URL() {
				runtime.Goexit()
			}
			return nil
		})
		tenants := tenantsOf(t, r, func(c *jwt.TenantsConfig) { c.MaxResolving = 1 })
		go func() { _, _ = tenants.Validate(context.Background(), unsigned("https://b.example")) }()
		synctest.Wait()
		acceptOnce(t, tenants, a.Token())
		synctest.Wait()
		require.Zero(t, tenants.Status().Resolving)
	})
}

// What Resolve is about to say when Remove is called was true before.
//
// checklist 214
func TestRemoveOutdatesTheAnswerUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := tenantAt(t, "https://a.example")
		r := newRegistry(a)
		var late atomic.Bool
		late.Store(true)
		resolve := func(ctx context.Context, issuer string) (jwt.Config, error) {
			config, err := r.resolve(ctx, issuer)
			if late.Swap(false) {
				time.Sleep(2 * time.Second)
			}
			return config, err
		}
		tenants, err := jwt.NewTenants(jwt.TenantsConfig{Resolve: resolve})
		require.NoError(t, err)
		var got error
		go func(token string) { _, got = tenants.Validate(t.Context(), token) }(a.Token())
		time.Sleep(time.Second)
		r.drop(a.URL())
		tenants.Remove(a.URL())
		synctest.Wait()
		require.ErrorIs(t, got, jwt.ErrUnknownIssuer, "who waited is told what is true now")
		time.Sleep(time.Minute)
		require.Empty(t, liveIn(tenants))
		refuseOnce(t, tenants, a.Token(), jwt.ReasonUnknownIssuer)
	})
}

// A validation that waits for a key when its tenant is removed must not accept the
// token after that.
//
// checklist 214
func TestRemoveEndsAValidationUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := tenantAt(t, "https://a.example")
		config := configOf(a)
		config.Keys = keySource(func(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
			time.Sleep(2 * time.Second)
			return a.VerificationKeys(ctx, kid, alg)
		})
		r := newRegistry()
		r.set(a.URL(), config)
		tenants := tenantsOf(t, r)
		var got error
		go func(token string) { _, got = tenants.Validate(t.Context(), token) }(a.Token())
		time.Sleep(time.Second)
		r.drop(a.URL())
		tenants.Remove(a.URL())
		time.Sleep(time.Minute)
		synctest.Wait()
		require.ErrorIs(t, got, jwt.ErrUnknownIssuer)
	})
}

// The same for a token that is asked whether it is still good.
//
// checklist 214
func TestRemoveEndsAQuestionToATokenUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := tenantAt(t, "https://a.example")
		config := configOf(a)
		var takes atomic.Int64
		config.Keys = keySource(func(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
			time.Sleep(time.Duration(takes.Load()))
			return a.VerificationKeys(ctx, kid, alg)
		})
		r := newRegistry()
		r.set(a.URL(), config)
		tenants := tenantsOf(t, r)
		token := acceptOnce(t, tenants, a.Token())
		takes.Store(int64(2 * time.Second))
		var valid atomic.Bool
		valid.Store(true)
		go func() { valid.Store(token.StillValid(context.Background())) }()
		time.Sleep(time.Second)
		tenants.Remove(a.URL())
		time.Sleep(time.Minute)
		require.False(t, valid.Load())
	})
}

// A tenant that changes faster than a token can be validated ends in an outage, and not
// in a loop.
//
// checklist 215
func TestATenantThatChangesAllTheTime(t *testing.T) {
	a := tenantAt(t, "https://a.example")
	r := newRegistry()
	var tenants *jwt.Tenants
	config := configOf(a)
	config.Keys = keySource(func(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
		tenants.Remove(a.URL())
		return a.VerificationKeys(ctx, kid, alg)
	})
	r.set(a.URL(), config)
	tenants = tenantsOf(t, r)
	_, err := tenants.Validate(t.Context(), a.Token())
	require.ErrorContains(t, unavailable(t, err), "replaced again and again")
	require.Equal(t, 3, r.times(a.URL()))
}
