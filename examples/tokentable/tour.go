package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"example.com/resourceserver/examples/tokentable/store"
)

// tour shows what the API accepts and what it refuses, and checks that it was
// right.
type tour struct {
	url    string
	tokens *store.Store
	out    io.Writer
}

var ada = store.User{Name: "ada", Email: "ada@example.com"}

// step is one request, and the status that it should be answered with.
type step struct {
	request, about, token string
	want                  int
}

func (t tour) walk(ctx context.Context) error {
	steps, err := t.steps(ctx)
	if err != nil {
		return err
	}
	surprises := 0
	fmt.Fprintf(t.out, "  %-14s %-38s %s\n", "REQUEST", "TOKEN", "ANSWER")
	for _, step := range steps {
		surprises += t.take(ctx, step)
	}
	missed, err := t.outage(ctx, steps[1])
	if err != nil {
		return err
	}
	if surprises += missed; surprises > 0 {
		return fmt.Errorf("%d answers were not as expected", surprises)
	}
	return nil
}

func (t tour) steps(ctx context.Context) ([]step, error) {
	full, err1 := t.tokens.Issue(ctx, ada, "profile email", time.Now().Add(time.Hour))
	little, err2 := t.tokens.Issue(ctx, ada, "profile", time.Now().Add(time.Hour))
	expired, err3 := t.tokens.Issue(ctx, ada, "profile email", time.Now().Add(-time.Minute))
	leaving, err4 := t.tokens.Issue(ctx, ada, "profile email", time.Now().Add(time.Hour))
	return []step{
		{"GET /me", "none", "", http.StatusUnauthorized},
		{"GET /user", "ada's, with profile and email", full, http.StatusOK},
		{"GET /user", "ada's, with profile alone", little, http.StatusForbidden},
		{"GET /me", "expired a minute ago", expired, http.StatusUnauthorized},
		{"GET /me", "invented", "tt_" + strings.Repeat("A", 43), http.StatusUnauthorized},
		{"GET /me", "a million letters (no query is made)", strings.Repeat("A", 1_000_000), http.StatusUnauthorized},
		{"POST /logout", "ada's other one", leaving, http.StatusNoContent},
		{"GET /me", "ada's other one, revoked by that", leaving, http.StatusUnauthorized},
	}, errors.Join(err1, err2, err3, err4)
}

// outage takes the table away and asks again. A good token is not called bad
// because of it.
func (t tour) outage(ctx context.Context, good step) (surprises int, err error) {
	release, err := t.tokens.TakeAway(ctx)
	if err != nil {
		return 0, err
	}
	down := good
	down.about, down.want = "ada's, while the table is locked", http.StatusServiceUnavailable
	surprises = t.take(ctx, down)
	if err := release(); err != nil {
		return surprises, err
	}
	good.about = "ada's, once it is back"
	return surprises + t.take(ctx, good), nil
}

func (t tour) take(ctx context.Context, s step) (surprises int) {
	status, text, err := t.ask(ctx, s)
	if err != nil {
		text = err.Error()
	}
	fmt.Fprintf(t.out, "  %-14s %-38s %d %s\n", s.request, s.about, status, text)
	if status != s.want {
		fmt.Fprintf(t.out, "  UNEXPECTED: should have been %d\n", s.want)
		return 1
	}
	return 0
}

func (t tour) ask(ctx context.Context, s step) (status int, text string, err error) {
	method, path, _ := strings.Cut(s.request, " ")
	request, err := http.NewRequestWithContext(ctx, method, t.url+path, nil)
	if err != nil {
		return 0, "", err
	}
	if s.token != "" {
		request.Header.Set("Authorization", "Bearer "+s.token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, strings.TrimSpace(string(body)), err
}

// printCurl prints lines to paste into a shell.
func (t tour) printCurl(ctx context.Context) error {
	token, err := t.tokens.Issue(ctx, ada, "profile email", time.Now().Add(time.Hour))
	if err != nil {
		return err
	}
	fmt.Fprintf(t.out, "\nNow try it yourself. This token is ada's, and good for an hour:\n\nTOKEN='%s'\n", token)
	for _, request := range []string{"-i " + t.url + "/me", `-i -H "Authorization: Bearer $TOKEN" ` + t.url + "/user",
		`-i -X POST -H "Authorization: Bearer $TOKEN" ` + t.url + "/logout"} {
		fmt.Fprintln(t.out, "curl", request)
	}
	return nil
}
