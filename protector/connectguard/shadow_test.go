package connectguard_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/connectguard"
)

// A procedure in shadow answers everybody. Its handler sees nobody, whatever token there is, and the log says who would
// have been refused, until the day comes.
//
// checklist 223
func TestShadow(t *testing.T) {
	for name, kind := range map[string]struct {
		handler func(say, string, ...connect.HandlerOption) http.Handler
		call    func(*http.Client, ...connect.ClientOption) caller
	}{
		"unary": {say.unary, unary}, "server": {say.server, server}, "bidirectional": {say.bidirectional, bidirectional},
	} {
		const procedure = "/a.Service/Call"
		s := newShadowed(t)
		handler := kind.handler(func(ctx context.Context) string {
			return fmt.Sprint(whoami(ctx), " ", protector.Shadowed(ctx))
		}, procedure)
		url := serve(t, newMiddleware(t, s.guard, connectguard.Config{Policies: map[string]protector.Policy{
			procedure: {Scopes: []string{"email"}, InsecureShadowUntil: s.now().Add(time.Hour)},
		}}).Wrap(handler)) + procedure
		for protocol, option := range protocols {
			call := kind.call(newClient(t, true), option)
			t.Run(name+"/"+protocol, func(t *testing.T) {
				for _, tt := range []struct {
					fields  http.Header
					outcome string
					status  any
					reason  any
				}{
					{nil, "refused", 401.0, "no_credentials"},
					{bearer("mallory"), "refused", 401.0, "unknown_token"},
					{bearer("bob"), "refused", 403.0, "insufficient_scope"},
					{bearer("alice"), "granted", nil, nil},
				} {
					s.log.reset()
					answer := call(t.Context(), url, tt.fields)
					require.NoError(t, answer.err)
					require.Equal(t, "nobody true", answer.text)
					require.Empty(t, answer.header.Values("WWW-Authenticate"))
					record := s.log.last(t)
					require.Equal(t, []any{true, tt.outcome, tt.status, tt.reason, procedure},
						[]any{record["shadow"], record["outcome"], record["status"], record["reason"], record["route"]})
				}
			})
		}
		s.pass(time.Hour)
		for protocol, option := range protocols {
			call := kind.call(newClient(t, true), option)
			for token, code := range map[string]connect.Code{
				"mallory": connect.CodeUnauthenticated, "bob": connect.CodePermissionDenied,
			} {
				require.Equal(t, code, connect.CodeOf(call(t.Context(), url, bearer(token)).err), protocol)
			}
			require.Equal(t, "alice false", call(t.Context(), url, bearer("alice")).text, protocol)
		}
	}
}

// shadowed is a guard with a clock that is set by hand, and what it logs.
type shadowed struct {
	guard *protector.Protector
	log   *journal

	mu   sync.Mutex
	time time.Time
}

func newShadowed(t *testing.T) *shadowed {
	s := &shadowed{log: new(journal), time: time.Now()}
	s.guard = newGuard(t, protector.Config{
		Now: s.now, Logger: slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	return s
}

func (s *shadowed) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.time
}

func (s *shadowed) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.time = s.time.Add(d)
}

// journal is a log that several goroutines write.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(record []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(record)
}

func (j *journal) reset() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.text.Reset()
}

// last returns the one record that there is.
func (j *journal) last(t *testing.T) (record map[string]any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	require.NoError(t, json.Unmarshal(j.text.Bytes(), &record), j.text.String())
	return record
}
