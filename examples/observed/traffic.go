package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"example.com/resourceserver/jwt/jwttest"
)

// traffic is what callers send, good and bad.
type traffic struct {
	issuer *jwttest.Issuer
	client *jwttest.Client // with a key
	round  atomic.Int64
}

func newTraffic(issuer *jwttest.Issuer) (*traffic, error) {
	client, err := jwttest.StartClient()
	if err != nil {
		return nil, err
	}
	return &traffic{issuer: issuer, client: client}, nil
}

// calm sends what a service sees every day. Its good token is used again and again, and
// only in this round: one for all would expire after some minutes.
func (t *traffic) calm(ctx context.Context, origin string) error {
	round, good := t.round.Add(1), "Bearer "+t.issuer.Token(jwttest.Scope("articles"))
	for id := range 50 {
		if err := t.send(ctx, "GET", fmt.Sprintf("%s/articles/%d", origin, id), good, ""); err != nil {
			return err
		}
	}
	bound := t.issuer.Token(jwttest.Scope("articles"), jwttest.BoundTo(t.client, "jkt"))
	url := origin + "/articles/1"
	for _, call := range []struct{ method, path, credentials, proof string }{
		{"GET", "/articles/1", "DPoP " + bound, t.client.Proof("GET", url, bound)},
		{"GET", "/articles/1", "", ""},
		{"GET", "/articles/1", "Bearer " + t.issuer.Token(jwttest.ExpiresIn(-time.Hour)), ""},
		{"POST", "/articles", good, ""},
		{"GET", "/reports", fmt.Sprintf("Bearer opaque-%d", round), ""},
	} {
		if err := t.send(ctx, call.method, origin+call.path, call.credentials, call.proof); err != nil {
			return err
		}
	}
	return nil
}

// hostile sends what an attacker, or a client with a fault, would.
func (t *traffic) hostile(ctx context.Context, origin string) error {
	bound := t.issuer.Token(jwttest.Scope("articles"), jwttest.BoundTo(t.client, "jkt"))
	url := origin + "/articles/1"
	proof := t.client.Proof("GET", url, bound)
	for range 60 {
		made := t.issuer.Token(jwttest.Header("kid", fmt.Sprint("made-up-", t.round.Add(1))))
		if err := t.send(ctx, "GET", url, "Bearer "+made, ""); err != nil {
			return err
		}
		if err := t.send(ctx, "GET", url, "DPoP "+bound, proof); err != nil { // again and again
			return err
		}
	}
	return nil
}

func (t *traffic) send(ctx context.Context, method, url, credentials, proof string) error {
	r, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return err
	}
	for field, value := range map[string]string{"Authorization": credentials, "DPoP": proof} {
		if value != "" {
			r.Header.Set(field, value)
		}
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// endpoint answers about opaque tokens (RFC 7662), as the server of a demonstration
// does: they are all good.
type endpoint struct {
	*httptest.Server
	down  atomic.Bool
	delay atomic.Int64 // nanoseconds
}

func newEndpoint() *endpoint {
	e := new(endpoint)
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(time.Duration(e.delay.Load()))
		w.Header().Set("Content-Type", "application/json")
		if e.down.Load() {
			w.WriteHeader(http.StatusInternalServerError)
		}
		fmt.Fprint(w, `{"active":true,"token_type":"Bearer","scope":"reports"}`)
	}))
	return e
}
