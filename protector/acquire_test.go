package protector_test

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

func TestAcquire(t *testing.T) {
	rows := newTable()
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(rows.lookup)}})
	ask := func(alternatives ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			tok, err := guard.Acquire(r, alternatives...)
			if err != nil {
				guard.WriteError(w, r, err)
				return
			}
			fmt.Fprint(w, tok.(*token).user)
		}
	}
	for _, tt := range []struct {
		name    string
		handler http.Handler
		token   string
		status  int
		asked   int64
	}{
		{"alone", ask("profile"), "alice", 200, 1},
		{"any valid token", ask(), "carol", 200, 1},
		{"or", ask("admin", "user"), "bob", 200, 1},
		{"missing", ask("profile"), "", 401, 0},
		{"bad", ask("profile"), "mallory", 401, 1},
		{"expired", ask("profile"), "expired", 401, 1},
		{"short", ask("profile"), "bob", 403, 1},
		{"under require", guard.Require("profile")(ask("email")), "alice", 200, 1},
		{"under require, short", guard.Require("profile")(ask("user")), "alice", 403, 1},
		{"under optional, missing", guard.Optional()(ask()), "", 401, 0},
		{"blank", ask("profile", ""), "alice", 500, 0},
		{"blank, anonymous", ask(""), "", 500, 0},
		{"empty list", ask([]string{}...), "alice", 500, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 2 { // what Acquire remembers makes no difference
				before := rows.asked.Load()
				header := "X: y"
				if tt.token != "" {
					header = "Authorization: Bearer " + tt.token
				}
				a := get(t, serve(t, tt.handler), "/", header)
				require.Equal(t, tt.status, a.status, a.body)
				require.Equal(t, tt.asked, rows.asked.Load()-before)
				require.Equal(t, tt.status == 401 || tt.status == 403, len(a.challenges()) == 1)
				if tt.status != 200 {
					require.Equal(t, "no-store", a.header.Get("Cache-Control"))
				}
			}
		})
	}
}

// A list that is refused does not become another one by what is remembered.
func TestAcquireTellsListsApart(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	for range 2 {
		_, err := guard.Acquire(newRequest("alice"), "profile", "email")
		require.NoError(t, err)
		_, err = guard.Acquire(newRequest("alice"), "profile email")
		require.NoError(t, err)
		_, err = guard.Acquire(newRequest("bob"), "profileemail", "user")
		require.NoError(t, err)
		_, err = guard.Acquire(newRequest("bob"), "profile", "emailuser")
		require.Error(t, err)
		for _, key := range []string{"profile\x005:email", "profile5:email", "profile:email", "", "+"} {
			_, err = guard.Acquire(newRequest("alice"), key)
			require.Error(t, err)
		}
	}
}

// A list made up from requests does not grow a memory without bounds. What does
// not fit any more is parsed each time, and means the same.
func TestAcquireRemembersLittle(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	r := newRequest("alice")
	for i := range 1000 {
		_, err := guard.Acquire(r, fmt.Sprintf("scope%d", i), "profile")
		require.NoError(t, err)
		_, err = guard.Acquire(r, fmt.Sprintf("other%d", i))
		require.Error(t, err)
	}
	require.Greater(t, acquireCost(guard, "another", "profile"), acquireCost(guard, "scope0", "profile"),
		"the memory has to be full")
}

func acquireCost(guard *protector.Protector, alternatives ...string) float64 {
	r := newRequest("alice")
	return testing.AllocsPerRun(10, func() { _, _ = guard.Acquire(r, alternatives...) })
}

// Strangers cannot fill the memory, neither with many lists nor with long ones:
// what they send has no use for it afterwards.
func TestAcquireRemembersNothingForStrangers(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	for i := range 300 {
		for _, r := range []*http.Request{newRequest(""), newRequest("mallory"), newRequest("bob"), newRequest("expired")} {
			_, err := guard.Acquire(r, fmt.Sprintf("made-up-%d", i), "profile")
			require.Error(t, err)
		}
	}
	own := []string{"the", "program's", "own", "profile"}
	unknown := acquireCost(newGuard(t, protector.Config{}), "another", "list", "as", "long")
	_, err := guard.Acquire(newRequest("alice"), own...)
	require.NoError(t, err)
	require.Less(t, acquireCost(guard, own...), unknown, "the memory is full")
}

// A long list is neither kept nor taken for another that begins alike.
func TestAcquireRemembersNothingLong(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	long := strings.Repeat("s", 1<<20)
	before := heap()
	for i := range 10 {
		_, err := guard.Acquire(newRequest("alice"), long, fmt.Sprint("scope", i), "profile")
		require.NoError(t, err)
		_, err = guard.Acquire(newRequest("alice"), long, fmt.Sprint("scope", i), "user")
		require.Error(t, err)
	}
	require.Less(t, heap()-before, int64(2<<20))
}

// What is remembered holds on to no more than its own text.
func TestAcquireKeepsNothingOfTheRequest(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	before := heap()
	for i := range 16 {
		url := fmt.Sprintf("/?scope=email&id=%d&x=%s", i, strings.Repeat("x", 1<<20))
		_, err := guard.Acquire(newRequest("alice"), url[len("/?scope="):len("/?scope=email")], fmt.Sprint("list", i))
		require.NoError(t, err)
	}
	require.Less(t, heap()-before, int64(4<<20))
	runtime.KeepAlive(guard)
}

func heap() int64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// Behind Check, or a middleware, Acquire has the token already.
func TestAcquireAsksOnce(t *testing.T) {
	rows := newTable()
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(rows.lookup)}})
	rule := newRule(t, guard, protector.Policy{Optional: true})
	server := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r, err := guard.Check(r, rule)
		require.NoError(t, err)
		for range 3 {
			tok, err := guard.Acquire(r, "profile")
			require.NoError(t, err)
			current, _ := protector.CurrentToken[*token](r.Context())
			require.Same(t, tok, current)
		}
		hello(w, r)
	}))
	require.Equal(t, "hello alice", get(t, server, "/", "Authorization: Bearer alice").body)
	require.EqualValues(t, 1, rows.asked.Load())
}

func TestWriteError(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	_, missing := guard.Acquire(newRequest(""))
	for _, tt := range []struct {
		name   string
		err    error
		status int
		body   string
	}{
		{"missing", missing, 401, "unauthorized"},
		{"wrapped", fmt.Errorf("loading: %w", missing), 401, "unauthorized"},
		{"another kind that is no good", invalid{"x"}, 401, "invalid_token"},
		{"another kind", errDown, 503, "temporarily_unavailable"},
		{"own", &protector.Error{Status: 404, Code: "not_found"}, 404, "not_found"},
		{"nil", nil, 500, "server_error"},
		{"nil of the type", (*protector.Error)(nil), 500, "server_error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := get(t, serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				guard.WriteError(w, r, tt.err)
			})), "/")
			require.Equal(t, tt.status, a.status)
			require.Contains(t, a.body, tt.body)
			require.Equal(t, tt.status == 401, len(a.challenges()) == 1)
		})
	}
}

func TestErrorText(t *testing.T) {
	for _, tt := range []struct {
		err  protector.Error
		want string
	}{
		{protector.Error{Status: 401}, "protector: 401 unauthorized"},
		{protector.Error{Status: 401, Code: "invalid_token", Reason: "expired"}, "protector: 401 invalid_token (expired)"},
		{protector.Error{Status: 403, Code: "insufficient_scope", Reason: "insufficient_scope"},
			"protector: 403 insufficient_scope"},
		{protector.Error{Status: 503, Code: "temporarily_unavailable", Err: errDown},
			"protector: 503 temporarily_unavailable: connection refused"},
	} {
		require.EqualError(t, &tt.err, tt.want)
	}
	require.ErrorIs(t, &protector.Error{Err: errDown}, errDown)
	require.False(t, errors.Is(&protector.Error{}, errDown))
}
