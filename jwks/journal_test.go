package jwks_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// callback is a logger that calls a function for every record.
func callback(f func()) *slog.Logger { return slog.New(callbackHandler{slog.DiscardHandler, f}) }

type callbackHandler struct {
	slog.Handler
	f func()
}

func (callbackHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h callbackHandler) Handle(ctx context.Context, record slog.Record) error {
	h.f()
	return h.Handler.Handle(ctx, record)
}

// A logger that panics, or ends the goroutine, costs records. It neither ends the process nor holds up a fetch.
func TestALoggerThatBreaks(t *testing.T) {
	for name, fault := range map[string]func(){
		"panic": func() { panic("of the logger") }, "Goexit": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := newEndpoint(ecJWK("a"))
				r := newRemote(t, e, func(c *jwks.Config) { c.Logger = callback(fault) })
				for _, kid := range names("new", 5) {
					e.publish(ecJWK("a"), ecJWK(kid))
					require.NoError(t, r.Refresh(t.Context()))
					require.True(t, accepts(r, kid))
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				require.ErrorIs(t, r.Run(ctx), context.DeadlineExceeded)
				require.InDelta(t, 5+4/0.875, e.fetches(), 2)
			})
		})
	}
}

// One that ended the goroutine once is asked again.
func TestALoggerThatRecovers(t *testing.T) {
	for name, fault := range map[string]func(){
		"panic": func() { panic("of the logger") }, "Goexit": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, log := newEndpoint(ecJWK("a")), &logBuffer{}
				handler := callbackHandler{log.logger().Handler(), func() {
					defer func() { fault = func() {} }()
					fault()
				}}
				r := newRemote(t, e, func(c *jwks.Config) { c.Logger = slog.New(handler) })
				require.NoError(t, r.Refresh(t.Context()))
				e.publish(ecJWK("a"), ecJWK("b"))
				require.NoError(t, r.Refresh(t.Context()))
				require.Contains(t, log.String(), `msg="jwks: key added" kid=b`)
			})
		})
	}
}

// A logger that blocks delays nobody, holds one goroutine, and says afterwards what is lost.
func TestALoggerThatBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, log := newEndpoint(ecJWK("a")), &logBuffer{}
		release := make(chan struct{})
		blocked := 0
		handler := callbackHandler{log.logger().Handler(), func() { blocked++; <-release }}
		r := newRemote(t, e, func(c *jwks.Config) { c.Logger = slog.New(handler) })
		began := time.Now()
		require.True(t, accepts(r, "a"))
		require.True(t, accepts(r, "a"))
		require.Zero(t, time.Since(began), "the first lookups do not wait for it")

		for _, kid := range names("new", 3) {
			e.publish(ecJWK("a"), ecJWK(kid))
			require.True(t, accepts(r, kid))
		}
		require.Zero(t, time.Since(began), "nor do those of new keys")
		require.NoError(t, r.Refresh(t.Context()))
		require.LessOrEqual(t, time.Since(began), 100*time.Millisecond, "Refresh gives it a moment, no more")

		ctx, cancel := context.WithTimeout(t.Context(), 48*time.Hour)
		defer cancel()
		e.set(func(e *endpoint) { e.down = true })
		require.ErrorIs(t, r.Run(ctx), context.DeadlineExceeded)
		require.Greater(t, e.fetches(), 48*4, "the schedule is kept")
		require.Equal(t, 1, blocked, "one record at a time, on one goroutine")

		close(release)
		synctest.Wait()
		require.Contains(t, log.String(), `msg="jwks: key added" kid=new-1`, "what waited is written, in order")
		require.Equal(t, 1, strings.Count(log.String(), "records lost"))
		unsaid := uint64(2 - strings.Count(log.String(), "jwks: keys are ")) // stale, unavailable
		lost := unsaid + r.Status().Counts.Failures - uint64(strings.Count(log.String(), "refresh failed"))
		require.Positive(t, lost)
		require.Regexp(t, fmt.Sprintf(`level=WARN msg="jwks: log records lost.* records=%d\n`, lost), log.String())
	})
}

// Fetches that change nothing have nothing to say, and lose nothing, however long the logger blocks.
func TestCalmLosesNoRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, release := &logBuffer{}, make(chan struct{})
		handler := callbackHandler{log.logger().Handler(), func() { <-release }}
		r := newRemote(t, newEndpoint(ecJWK("a"), ecJWK("")), func(c *jwks.Config) { c.Logger = slog.New(handler) })
		ctx, cancel := context.WithTimeout(t.Context(), 48*time.Hour)
		defer cancel()
		require.ErrorIs(t, r.Run(ctx), context.DeadlineExceeded)
		close(release)
		synctest.Wait()
		require.Equal(t, 2, strings.Count(log.String(), "level="), log.String())
	})
}
