package protector_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

func greetToken(w http.ResponseWriter, _ *http.Request, tok *token) { fmt.Fprint(w, "hello "+tok.user) }

func greetAnybody(w http.ResponseWriter, _ *http.Request, tok *token, ok bool) {
	if !ok {
		fmt.Fprint(w, "hello you", tok == nil)
		return
	}
	fmt.Fprint(w, "hello "+tok.user)
}

// twoKinds takes rows of a table, and members for tokens that begin with "m".
func twoKinds(t *testing.T, seen *[]protector.Decision) *protector.Protector {
	isMember := func(token string) bool { return token[0] == 'm' }
	return newGuard(t, protector.Config{OnDecision: record(seen), Validators: []protector.Validator{
		protector.Bearer(func(context.Context, string) (*member, error) {
			return &member{token: token{user: "mia"}}, nil
		}).When(isMember),
		protector.Bearer(newTable().lookup),
	}})
}

func TestTypedHandlers(t *testing.T) {
	var seen []protector.Decision
	guard := twoKinds(t, &seen)
	greetAny := func(w http.ResponseWriter, _ *http.Request, tok protector.Token) { fmt.Fprintf(w, "%T", tok) }
	mux := http.NewServeMux()
	mux.Handle("/row", guard.Require()(protector.For(greetToken)))
	mux.Handle("/any", guard.Require()(protector.For(greetAny)))
	mux.Handle("/optional", guard.Optional()(protector.ForOptional(greetAnybody)))
	mux.Handle("/required", guard.Require()(protector.ForOptional(greetAnybody)))
	mux.Handle("/methods", guard.Methods(protector.Methods{"GET": {Handler: protector.For(greetToken)}}))
	server := serve(t, mux)
	for _, tt := range []struct {
		path, token string
		status      int
		body        string
	}{
		{"/row", "alice", 200, "hello alice"},
		{"/row", "", 401, ""},
		{"/row", "mia", 403, ""},
		{"/any", "alice", 200, "*protector_test.token"},
		{"/any", "mia", 200, "*protector_test.member"},
		{"/optional", "", 200, "hello youtrue"},
		{"/optional", "alice", 200, "hello alice"},
		{"/optional", "mia", 403, ""},
		{"/required", "", 401, ""},
		{"/required", "alice", 200, "hello alice"},
		{"/methods", "alice", 200, "hello alice"},
		{"/methods", "mia", 403, ""},
	} {
		t.Run(tt.path+" "+tt.token, func(t *testing.T) {
			seen = nil
			var headers []string
			if tt.token != "" {
				headers = []string{"Authorization: Bearer " + tt.token}
			}
			got := get(t, server, tt.path, headers...)
			require.Equal(t, tt.status, got.status)
			if tt.status == 200 {
				require.Equal(t, tt.body, got.body)
			}
			if tt.status == 403 {
				require.Equal(t, "token_type", seen[0].Reason)
				require.NotEmpty(t, got.challenges())
			}
		})
	}
}

// What cannot work does not start.
func TestTypedHandlersThatCannotWork(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	unguarded := guard.Routes()
	for name, tt := range map[string]struct {
		wire func()
		says string
	}{
		"another type": {func() { guard.Require()(protector.For(func(http.ResponseWriter, *http.Request, *member) {})) },
			"For[*protector_test.member] is behind a Protector whose validators make none"},
		"another type, optional": {func() {
			guard.Optional()(protector.ForOptional(func(http.ResponseWriter, *http.Request, *member, bool) {}))
		}, "whose validators make none"},
		"optional": {func() { guard.Optional()(protector.For(greetToken)) }, "use ForOptional"},
		"routes": {func() {
			unguarded.Handle("/", protector.Policy{Optional: true}, protector.For(greetToken))
		}, "use ForOptional"},
		"open":         {func() { unguarded.Open("/", protector.For(greetToken)) }, "does without a token"},
		"nil":          {func() { protector.For[*token](nil) }, "For was given a nil function"},
		"nil optional": {func() { protector.ForOptional[*token](nil) }, "ForOptional was given a nil function"},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() { require.Contains(t, fmt.Sprint(recover()), tt.says) }()
			tt.wire()
		})
	}
}

// A handler whose token nobody has checked does not run.
func TestTypedHandlersBeyondSight(t *testing.T) {
	var seen []protector.Decision
	guard := twoKinds(t, &seen)
	between := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
	}
	for name, tt := range map[string]struct {
		handler http.Handler
		token   string
		status  int
	}{
		"no protector":                  {protector.For(greetToken), "alice", 500},
		"no protector, optional":        {protector.ForOptional(greetAnybody), "alice", 500},
		"in between":                    {guard.Require()(between(protector.For(greetToken))), "alice", 200},
		"in between, another type":      {guard.Require()(between(protector.For(greetToken))), "mia", 500},
		"in between, optional":          {guard.Optional()(between(protector.ForOptional(greetAnybody))), "", 200},
		"in between, optional, another": {guard.Optional()(between(protector.ForOptional(greetAnybody))), "mia", 500},
		"in between, anonymous":         {guard.Optional()(between(protector.For(greetToken))), "", 500},
	} {
		t.Run(name, func(t *testing.T) {
			answer := newRecorder()
			tt.handler.ServeHTTP(answer, newRequest(tt.token))
			require.Equal(t, tt.status, answer.Code)
			if tt.status == 500 {
				require.NotContains(t, answer.Body.String(), "hello")
				require.Equal(t, "no-store", answer.Header().Get("Cache-Control"))
			}
		})
	}
}

// Where an authenticate function returns an interface, its tokens show what they are when they come.
func TestTypedHandlersOfAnInterface(t *testing.T) {
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{
		protector.Bearer(func(_ context.Context, s string) (protector.Token, error) {
			if s == "mia" {
				return &member{token: token{user: "mia"}}, nil
			}
			return &token{user: s}, nil
		}),
	}})
	server := serve(t, guard.Require()(protector.For(greetToken)))
	require.Equal(t, 200, get(t, server, "/", "Authorization: Bearer alice").status)
	require.Equal(t, 403, get(t, server, "/", "Authorization: Bearer mia").status)
}

func TestReturning(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	server := serve(t, guard.Require()(guard.Returning(func(w http.ResponseWriter, r *http.Request) error {
		switch r.URL.Path {
		case "/acquire":
			_, err := guard.Acquire(r, "admin")
			return err
		case "/missing":
			return &protector.Error{Status: 404}
		case "/outage":
			return errors.New("the database is away: password=hunter2")
		case "/begun":
			fmt.Fprint(w, "the first half of ")
			return errDown
		case "/flushed":
			w.(http.Flusher).Flush()
			return errDown
		case "/silent":
			return nil
		}
		fmt.Fprint(w, "fine")
		return nil
	})))
	for path, status := range map[string]int{"/": 200, "/silent": 200, "/acquire": 403, "/missing": 404, "/outage": 503} {
		got := get(t, server, path, "Authorization: Bearer alice")
		require.Equal(t, status, got.status, path)
		require.NotContains(t, got.body, "hunter2")
		if path == "/acquire" {
			_, params := parseChallenge(t, got.challenges()[0])
			require.Equal(t, "admin", params["scope"])
		}
	}
	for _, path := range []string{"/begun", "/flushed"} {
		r, err := http.NewRequest(http.MethodGet, server.URL+path, nil)
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer alice")
		response, err := server.Client().Do(r)
		if err == nil {
			_, err = response.Body.Read(make([]byte, 100))
			for err == nil {
				_, err = response.Body.Read(make([]byte, 100))
			}
			response.Body.Close()
		}
		require.ErrorContains(t, err, "EOF")
		require.NotEqual(t, "EOF", err.Error(), "a part passes for the whole: %s", path)
	}
	require.Panics(t, func() { guard.Returning(nil) })
	require.Panics(t, func() {
		new(protector.Protector).Returning(func(http.ResponseWriter, *http.Request) error { return nil })
	})
}
