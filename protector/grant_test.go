package protector_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

// A handler that makes requests of its own from the context, as a batch endpoint
// does, does not lend its caller's token to them, nor what was found out about it
// for another target.
//
// checklist 197
func TestAGrantBelongsToOneRequest(t *testing.T) {
	for _, tt := range []struct {
		name   string
		part   func(part *http.Request)
		status int
		asked  int64 // once more than by the whole
	}{
		{"the same", func(*http.Request) {}, 200, 0},
		{"another caller", func(part *http.Request) { part.Header.Set("Authorization", "Bearer bob") }, 200, 1},
		{"a bad token", func(part *http.Request) { part.Header.Set("Authorization", "Bearer mallory") }, 401, 1},
		{"no token", func(part *http.Request) { part.Header.Del("Authorization") }, 401, 0},
		{"a malformed token", func(part *http.Request) { part.Header.Set("Authorization", "Bearer") }, 400, 0},
		{"another scheme", func(part *http.Request) { part.Header.Set("Authorization", "Token alice") }, 200, 1},
		{"the same scheme in other letters", func(part *http.Request) { part.Header.Set("Authorization", "bearer alice") },
			200, 0},
		{"another method", func(part *http.Request) { part.Method = "DELETE" }, 200, 1},
		{"another host", func(part *http.Request) { part.Host = "other.example" }, 200, 1},
		{"another path", func(part *http.Request) { part.URL.Path = "/other" }, 200, 1},
		{"a longer path", func(part *http.Request) { part.URL.Path += "/more" }, 200, 1},
		{"a path that ends alike", func(part *http.Request) { part.URL.Path = "ch" }, 200, 1},
		{"another query", func(part *http.Request) { part.URL.RawQuery = "user=2" }, 200, 1},
		{"another target as sent", func(part *http.Request) { part.RequestURI = "/batch%2F?user=1" }, 200, 1},
		{"a request that nobody sent", func(part *http.Request) { part.RequestURI, part.URL.Host = "", "other" }, 200, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rows := newTable()
			guard := newGuard(t, protector.Config{Validators: []protector.Validator{
				protector.Bearer(rows.lookup),
				protector.Scheme("Token", func(r *http.Request, s string) (*token, error) { return rows.lookup(r.Context(), s) }),
			}})
			inner := guard.Require()(hello)
			server := serve(t, guard.Require()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				part := r.Clone(r.Context())
				tt.part(part)
				answer := newRecorder()
				inner.ServeHTTP(answer, part)
				fmt.Fprint(w, answer.Code)
			})))
			require.Equal(t, fmt.Sprint(tt.status), get(t, server, "/batch?user=1", "Authorization: Bearer alice").body)
			require.EqualValues(t, 1+tt.asked, rows.asked.Load())
		})
	}
}

// A request that is built from a context which was kept passes by its own merits
// alone.
//
// checklist 197
func TestARequestFromAKeptContext(t *testing.T) {
	rows := newTable()
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(rows.lookup)}})
	var kept context.Context
	outer := guard.Require("profile")(http.HandlerFunc(func(_ http.ResponseWriter,
		r *http.Request) {
		kept = r.Context()
	}))
	get(t, serve(t, outer), "/profile", "Authorization: Bearer alice")

	inner := guard.Require("profile")(hello)
	for target, want := range map[string]int{"/profile": 401, "/admin": 401} {
		w := newRecorder()
		inner.ServeHTTP(w, httptest.NewRequestWithContext(kept, http.MethodGet, target, nil))
		require.Equal(t, want, w.Code)
	}
	r := httptest.NewRequestWithContext(kept, http.MethodGet, "/admin", nil)
	r.Header.Set("Authorization", "Bearer bob")
	w := newRecorder()
	inner.ServeHTTP(w, r)
	require.Equal(t, 403, w.Code, "judged as bob, who has no profile")
}

// A request that no server has read has no target that was sent. It is the same
// one as long as it has the very URL.
//
// checklist 197
func TestAGrantForARequestThatNobodySent(t *testing.T) {
	rows := newTable()
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(rows.lookup)}})
	rule := newRule(t, guard, protector.Policy{})
	r, err := http.NewRequest(http.MethodGet, "https://api.example/user", nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer alice")
	r, err = guard.Check(r, rule)
	require.NoError(t, err)
	_, err = guard.Check(r.WithContext(context.WithValue(r.Context(), arenaKey{}, 1)), rule)
	require.NoError(t, err)
	require.EqualValues(t, 1, rows.asked.Load())

	other := r.Clone(r.Context())
	other.URL.Scheme, other.URL.Host = "http", "other.example"
	_, err = guard.Check(other, rule)
	require.NoError(t, err)
	require.EqualValues(t, 2, rows.asked.Load())
	r.URL.Path = "/admin"
	_, err = guard.Check(r, rule)
	require.NoError(t, err)
	require.EqualValues(t, 3, rows.asked.Load())
}

// What handlers do to a request on its way leaves it the same one: the token is
// authenticated once.
//
// checklist 197
func TestTheSameRequestFurtherIn(t *testing.T) {
	rows := newTable()
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(rows.lookup)}})
	inner := guard.Require("profile")(hello)
	mux := http.NewServeMux()
	mux.Handle("/api/v1/{id}", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.SetPathValue("more", "x")
		inner.ServeHTTP(w, r)
	}))
	router := chi.NewRouter()
	router.Route("/api", func(r chi.Router) {
		r.Mount("/v1", func() http.Handler {
			sub := chi.NewRouter()
			sub.With(guard.Require("email")).Get("/{id}", inner.ServeHTTP)
			return sub
		}())
	})
	for name, handler := range map[string]http.Handler{
		"nested":               guard.Require("email")(inner),
		"StripPrefix":          http.StripPrefix("/api", guard.Require("email")(inner)),
		"StripPrefix, slash":   http.StripPrefix("/api/", inner),
		"StripPrefix, all":     http.StripPrefix("/api/v1/a%2Fb", inner),
		"StripPrefix, decoded": http.StripPrefix("/api/v1/a/b", inner),
		"StripPrefix, twice":   http.StripPrefix("/api", guard.Require()(http.StripPrefix("/v1", inner))),
		"ServeMux":             mux,
		"chi":                  router,
		"context":              withContext(inner),
		"clone":                cloned(inner),
	} {
		t.Run(name, func(t *testing.T) {
			rows.asked.Store(0)
			a := get(t, serve(t, guard.Require()(handler)), "/api/v1/a%2Fb?x=y", "Authorization: Bearer alice")
			if a.status != 404 { // StripPrefix that does not find its prefix in both spellings
				require.Equal(t, "hello alice", a.body)
			}
			require.EqualValues(t, 1, rows.asked.Load())
		})
	}
}

func withContext(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), arenaKey{}, 1)))
	})
}

type arenaKey struct{}

func cloned(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r.Clone(r.Context())) })
}

// A middleware that rewrites the request between two protectors makes another
// one of it: it costs one more look, and the right answer comes.
//
// checklist 197
func TestARewrittenRequestIsJudgedAnew(t *testing.T) {
	rows := newTable()
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(rows.lookup)}})
	for name, rewrite := range map[string]func(*http.Request){
		"method": func(r *http.Request) { r.Method = http.MethodDelete },
		"path":   func(r *http.Request) { r.URL = &url.URL{Path: "/internal" + r.URL.Path} },
		"in place": func(r *http.Request) {
			r.URL.Path = strings.ToUpper(r.URL.Path)
		},
	} {
		t.Run(name, func(t *testing.T) {
			rows.asked.Store(0)
			server := serve(t, guard.Require()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				rewrite(r)
				guard.Require("email")(hello).ServeHTTP(w, r)
			})))
			require.Equal(t, "hello alice", get(t, server, "/user", "Authorization: Bearer alice").body)
			require.EqualValues(t, 2, rows.asked.Load())
		})
	}
}

// Whoever is asked about a request sees the token that is decided about, or none:
// never that of a request further out.
//
// checklist 197
func TestChecksSeeNobodyElsesToken(t *testing.T) {
	user := func(ctx context.Context) string {
		if tok, ok := protector.CurrentToken[*token](ctx); ok {
			return tok.user
		}
		return "nobody"
	}
	rows := newTable()
	var seen []string
	note := func(what string, ctx context.Context) { seen = append(seen, what+" "+user(ctx)) }
	config := protector.Config{
		RequestCheck: func(r *http.Request) error { note("request", r.Context()); return nil },
		Validators: []protector.Validator{protector.Bearer(func(ctx context.Context, s string) (*token, error) {
			note("authenticate", ctx)
			return rows.lookup(ctx, s)
		})},
	}
	guard, other := newGuard(t, config), newGuard(t, config)
	policy := protector.Policy{Check: func(ctx context.Context,
		_ protector.Token) error {
		note("policy", ctx)
		return nil
	}}
	asked := func(user string) []string { return []string{"request nobody", "authenticate nobody", "policy " + user} }
	batch := func(inner http.Handler) http.Handler {
		return guard.Require()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			seen = nil
			part := r.Clone(r.Context())
			part.URL.Path = "/part"
			part.Header.Set("Authorization", "Bearer bob")
			inner.ServeHTTP(w, part)
		}))
	}
	for name, tt := range map[string]struct {
		handler http.Handler
		want    []string
	}{
		"alone":                    {guard.RequirePolicy(policy)(hello), asked("alice")},
		"batch":                    {batch(guard.RequirePolicy(policy)(hello)), asked("bob")},
		"batch, another protector": {batch(other.RequirePolicy(policy)(hello)), asked("bob")},
		"reused": {
			guard.Require()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				seen = nil
				guard.RequirePolicy(policy)(hello).ServeHTTP(w, r)
			})), []string{"policy alice"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			seen = nil
			require.Equal(t, 200, get(t, serve(t, tt.handler), "/", "Authorization: Bearer alice").status)
			require.Equal(t, tt.want, seen)
		})
	}
}

// A context may be of any type, also of one that cannot be compared.
func TestContextsAreNotCompared(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	handler := guard.Require()(guard.Require("profile")(hello))
	for _, tok := range []string{"alice", "bob", "mallory", ""} {
		r := newRequest(tok)
		require.NotPanics(t, func() { handler.ServeHTTP(newRecorder(), r.WithContext(listed{r.Context(), nil})) })
	}
}

type listed struct {
	context.Context
	values []any
}

// A check that parses a form, or reads the body and puts it back, sees a copy of
// the request behind another protector. What it has done is not lost.
func TestWhatACheckMakesOfTheBodyIsKept(t *testing.T) {
	outer := newGuard(t, protector.Config{})
	inner := newGuard(t, protector.Config{RequestCheck: func(r *http.Request) error { return r.ParseForm() }})
	show := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.FormValue("colour")) })
	acquire := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := inner.Acquire(r); err != nil {
			inner.WriteError(w, r, err)
			return
		}
		show(w, r)
	})
	for name, handler := range map[string]http.Handler{"middleware": inner.Require()(show), "Acquire": acquire} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, outer.Require()(handler))
			require.Equal(t, "blue", ask(t, server, "POST", "/", "colour=blue", urlencoded, "Authorization: Bearer alice").body)
		})
	}
}

// The race detector sees a write to the request.
func TestAcquireByManyBehindAnother(t *testing.T) {
	outer, inner := newGuard(t, protector.Config{}), newGuard(t, protector.Config{})
	handler := outer.Require()(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				_, err := inner.Acquire(r, "profile")
				require.NoError(t, err)
			})
		}
		group.Wait()
	}))
	handler.ServeHTTP(httptest.NewRecorder(), newRequest("alice"))
}
