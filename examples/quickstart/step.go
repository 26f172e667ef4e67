package main

import (
	"cmp"
	"context"
	"net/http"
	"strings"

	"golang.org/x/sync/errgroup"
)

// step is one request of the tour, and the answer it should get.
type step struct {
	request string        // method and path
	about   string        // the token, in words
	scopes  string        // the scopes in the token
	token   func() string // nil for none

	client *http.Client          // who asks; anybody if nil
	secure bool                  // over TLS
	prove  func(r *http.Request) // adds what proves the token

	before func(ctx context.Context) error // happens first, such as an outage
	times  int                             // how often the request is made, by several clients; once if zero
	during func()                          // happens when half of them are under way

	want answer
}

// answer is what the table shows of a response.
type answer struct {
	decision  string
	status    int
	challenge string
}

// line is a step with what came of it.
type line struct {
	step step
	got  answer
	err  error
}

func (l line) surprising() bool { return l.err != nil || l.got != l.step.want }

// concurrent is how many requests of one step are under way at a time.
const concurrent = 8

func (s step) run(ctx context.Context, service *service) line {
	if s.before != nil {
		if err := s.before(ctx); err != nil {
			return line{step: s, err: err}
		}
	}
	base := service.url
	if s.secure {
		base = service.secureURL
	}
	got, err := s.askAll(ctx, base)
	got.decision = service.decisions.take()
	return line{step: s, got: got, err: err}
}

// askAll returns the answer that all requests got, or else the one that is not
// as it should be.
func (s step) askAll(ctx context.Context, base string) (answer, error) {
	answers := make([]answer, max(s.times, 1))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(concurrent)
	for i := range answers {
		if s.during != nil && i == len(answers)/2 {
			s.during()
		}
		group.Go(func() (err error) {
			answers[i], err = s.ask(ctx, base)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return answer{}, err
	}
	for _, got := range answers {
		if got.status != s.want.status || got.challenge != s.want.challenge {
			return got, nil
		}
	}
	return answers[0], nil
}

func (s step) ask(ctx context.Context, base string) (answer, error) {
	method, path, _ := strings.Cut(s.request, " ")
	request, err := http.NewRequestWithContext(ctx, method, base+path, nil)
	if err != nil {
		return answer{}, err
	}
	if s.token != nil {
		request.Header.Set("Authorization", "Bearer "+s.token())
	}
	if s.prove != nil {
		s.prove(request)
	}
	response, err := cmp.Or(s.client, http.DefaultClient).Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	return answer{status: response.StatusCode, challenge: abridge(response.Header.Values("WWW-Authenticate"))}, nil
}
