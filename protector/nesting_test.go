package protector_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

func TestNesting(t *testing.T) {
	rows := newTable()
	var seen []protector.Decision
	guard := newGuard(t, protector.Config{OnDecision: record(&seen),
		Validators: []protector.Validator{protector.Bearer(rows.lookup)}})
	require1 := guard.Require
	for _, tt := range []struct {
		name    string
		handler http.Handler
		token   string
		status  int
		asked   int64
		reused  []bool
	}{
		{"once", require1("profile")(require1("email")(require1()(hello))), "alice", 200, 1, []bool{false, true, true}},
		{"both hold, inner fails", require1("profile")(require1("user")(hello)), "alice", 403, 1, []bool{false, true}},
		{"both hold, outer fails", require1("user")(require1("profile")(hello)), "alice", 403, 1, []bool{false}},
		{"optional inside", require1("profile")(guard.Optional("user")(hello)), "alice", 403, 1, []bool{false, true}},
		{"require inside optional", guard.Optional()(require1("profile")(hello)), "alice", 200, 1, []bool{false, true}},
		{"require inside optional, anonymous", guard.Optional()(require1("profile")(hello)), "", 401, 0, []bool{false, true}},
		{"optional inside optional, anonymous", guard.Optional()(guard.Optional("profile")(hello)), "", 200, 0,
			[]bool{false, true}},
		{"bad under optional", guard.Optional()(require1()(hello)), "mallory", 401, 1, []bool{false}},
		{"policy", require1("profile")(guard.RequirePolicy(protector.Policy{Scopes: []string{"email"}})(hello)), "alice",
			200, 1, []bool{false, true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			seen = nil
			before := rows.asked.Load()
			header := "X: y"
			if tt.token != "" {
				header = "Authorization: Bearer " + tt.token
			}
			a := get(t, serve(t, tt.handler), "/", header)
			require.Equal(t, tt.status, a.status)
			require.Equal(t, tt.asked, rows.asked.Load()-before)
			var reused []bool
			for _, d := range seen {
				reused = append(reused, d.Reused)
			}
			require.Equal(t, tt.reused, reused)
		})
	}
}

func TestOptional(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	server := serve(t, guard.Optional("profile")(hello))
	for _, tt := range []struct {
		name, header string
		status       int
		body         string
	}{
		{"missing", "X: y", 200, "hello anonymous"},
		{"another scheme", "Authorization: Basic YTpi", 200, "hello anonymous"},
		{"good", "Authorization: Bearer alice", 200, "hello alice"},
		{"bad", "Authorization: Bearer mallory", 401, "invalid_token"},
		{"expired", "Authorization: Bearer expired", 401, "invalid_token"},
		{"short", "Authorization: Bearer bob", 403, "insufficient_scope"},
		{"malformed", "Authorization: Bearer", 400, "invalid_request"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := get(t, server, "/", tt.header)
			require.Equal(t, tt.status, a.status)
			require.Contains(t, a.body, tt.body)
		})
	}
}

// Two protectors may stand for two issuers: neither believes the other.
func TestTwoProtectors(t *testing.T) {
	alices := &table{rows: map[string]*token{"alice": {user: "alice"}}}
	bobs := &table{rows: map[string]*token{"bob": {user: "bob"}}}
	a := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(alices.lookup)}})
	b := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(bobs.lookup)}})

	require.Equal(t, 401, get(t, serve(t, a.Require()(b.Require()(hello))), "/", "Authorization: Bearer alice").status)
	require.EqualValues(t, 1, bobs.asked.Load(), "b has to ask for itself")

	bobs.rows["alice"] = &token{user: "another alice"}
	handler := a.Require()(b.Require()(hello))
	require.Equal(t, "hello another alice", get(t, serve(t, handler), "/", "Authorization: Bearer alice").body)

	t.Run("the innermost is the current one", func(t *testing.T) {
		alices.asked.Store(0)
		handler := a.Require()(b.Require()(a.Require()(hello)))
		require.Equal(t, "hello alice", get(t, serve(t, handler), "/", "Authorization: Bearer alice").body)
		require.EqualValues(t, 1, alices.asked.Load())
	})
	t.Run("each finds its own, however they alternate", func(t *testing.T) {
		alices.asked.Store(0)
		bobs.asked.Store(0)
		handler := a.Require()(b.Require()(a.Require()(b.Require()(a.Require()(hello)))))
		require.Equal(t, "hello alice", get(t, serve(t, handler), "/", "Authorization: Bearer alice").body)
		require.EqualValues(t, 1, alices.asked.Load())
		require.EqualValues(t, 1, bobs.asked.Load())
	})
	t.Run("anonymous to the innermost", func(t *testing.T) {
		strip := func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.Header.Del("Authorization")
				next.ServeHTTP(w, r)
			})
		}
		handler := a.Require()(strip(b.Optional()(hello)))
		require.Equal(t, "hello anonymous", get(t, serve(t, handler), "/", "Authorization: Bearer alice").body)
		handler = a.Require()(strip(a.Require()(hello)))
		require.Equal(t, 401, get(t, serve(t, handler), "/", "Authorization: Bearer alice").status, "no token, no grant")
	})
}

// A failed check leaves no current token behind, also not one of further out.
func TestNoTokenAfterFailure(t *testing.T) {
	found := func(r *http.Request) string {
		if _, ok := protector.CurrentToken[*token](r.Context()); ok {
			return "token"
		}
		if _, ok := protector.CurrentToken[protector.Token](r.Context()); ok {
			return "token"
		}
		return "none"
	}
	guard := newGuard(t, protector.Config{ErrorHandler: func(w http.ResponseWriter, r *http.Request, e *protector.Error) {
		w.WriteHeader(e.Status)
		fmt.Fprint(w, found(r))
	}})
	other := newGuard(t, protector.Config{})
	for _, tt := range []struct {
		name    string
		handler http.Handler
		token   string
	}{
		{"bad", guard.Require()(hello), "mallory"},
		{"short", guard.Require("user")(hello), "alice"},
		{"expired", guard.Require()(hello), "expired"},
		{"short, under require", guard.Require("profile")(guard.Require("user")(hello)), "alice"},
		{"short, under another protector", other.Require("profile")(guard.Require("user")(hello)), "alice"},
		{"short, in the handler", guard.Require("profile")(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, err := guard.Acquire(r, "user")
			guard.WriteError(w, r, err)
		})), "alice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := get(t, serve(t, tt.handler), "/", "Authorization: Bearer "+tt.token)
			require.GreaterOrEqual(t, a.status, 400)
			require.Equal(t, "none", a.body)
		})
	}
	t.Run("outside", func(t *testing.T) {
		_, ok := protector.CurrentToken[*token](context.Background())
		require.False(t, ok)
	})
}

// CurrentToken gives no token as a type that it is not.
func TestCurrentTokenType(t *testing.T) {
	server := serve(t, newGuard(t,
		protector.Config{}).Require()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, right := protector.CurrentToken[*token](r.Context())
		_, wrong := protector.CurrentToken[*identified](r.Context())
		general, any := protector.CurrentToken[protector.Token](r.Context())
		fmt.Fprint(w, right, wrong, any, general.Scopes())
	})))
	require.Equal(t, "true false true profile email", get(t, server, "/", "Authorization: Bearer alice").body)
}

// A handler that streams can ask again, and learns that the token has run out.
func TestExpiryIsCheckedAgain(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		rows := newTable()
		rows.rows["alice"].expires = time.Now().Add(time.Minute)
		guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(rows.lookup)}})
		handler := guard.Require()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, err := guard.Acquire(r)
			require.NoError(t, err)
			time.Sleep(time.Minute) // the bubble's clock
			_, err = guard.Acquire(r)
			var refusal *protector.Error
			require.ErrorAs(t, err, &refusal)
			require.Equal(t, "expired", refusal.Reason)
		}))
		handler.ServeHTTP(newRecorder(), newRequest("alice"))
		require.EqualValues(t, 1, rows.asked.Load())
	})
}

func TestChi(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	router := chi.NewRouter()
	router.Get("/open", hello)
	router.Group(func(r chi.Router) {
		r.Use(guard.Require())
		r.Get("/any", hello)
		r.With(guard.Require("profile")).Get("/profile/{id}", hello)
	})
	router.With(guard.Require("profile email", "user")).Get("/user", hello)
	server := serve(t, router)
	for _, tt := range []struct {
		path, token string
		status      int
	}{
		{"/open", "mallory", 200},
		{"/any", "mallory", 401},
		{"/any", "carol", 200},
		{"/profile/1", "carol", 403},
		{"/profile/1", "alice", 200},
		{"/user", "carol", 403},
		{"/user", "bob", 200},
		{"/user", "alice", 200},
	} {
		t.Run(tt.path+" "+tt.token, func(t *testing.T) {
			require.Equal(t, tt.status, get(t, server, tt.path, "Authorization: Bearer "+tt.token).status)
		})
	}
}

func TestConcurrentUse(t *testing.T) {
	var seen []protector.Decision
	guard := newGuard(t, protector.Config{OnDecision: record(&seen)})
	server := serve(t, guard.Optional()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := guard.Acquire(r, "profile", fmt.Sprint("scope", len(r.URL.Path)%7)); err != nil {
			guard.WriteError(w, r, err)
			return
		}
		hello(w, r)
	})))
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 25 {
				tok, want := "alice", 200
				switch (i + j) % 3 {
				case 1:
					tok, want = "bob", 403
				case 2:
					tok, want = "mallory", 401
				}
				if got := get(t, server, fmt.Sprintf("/%0*d", j+1, 0), "Authorization: Bearer "+tok).status; got != want {
					t.Errorf("%s: got %d, want %d", tok, got, want)
				}
			}
		})
	}
	group.Wait()
	require.Greater(t, len(seen), 200)
}
