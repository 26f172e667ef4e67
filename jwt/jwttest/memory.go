package jwttest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// memoryTransport answers for an issuer that has no socket. It serves in the
// caller's goroutine, so a synctest bubble sees nothing that could block it.
type memoryTransport struct {
	origin string // scheme and host
	issuer *Issuer
}

// RoundTrip implements http.RoundTripper.
func (t memoryTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if origin(r.URL) != t.origin || t.isClosed() {
		return nil, fmt.Errorf("jwttest: dial %s: connection refused: only %s is here, while its issuer is open",
			origin(r.URL), t.origin)
	}
	answer := &memoryAnswer{header: http.Header{}}
	broken := serveInMemory(t.issuer, answer, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if broken {
		return nil, fmt.Errorf("jwttest: dial %s: connection refused", t.origin)
	}
	return answer.response(r), nil
}

func (t memoryTransport) isClosed() bool {
	t.issuer.mu.Lock()
	defer t.issuer.mu.Unlock()
	return t.issuer.closed
}

// serveInMemory reports whether the handler broke the connection, as net/http
// does for http.ErrAbortHandler.
func serveInMemory(iss *Issuer, answer *memoryAnswer, r *http.Request) (broken bool) {
	defer func() {
		switch v := recover(); v {
		case nil:
		case http.ErrAbortHandler:
			broken = true
		default:
			panic(v)
		}
	}()
	iss.serve(answer, r)
	return false
}

// memoryAnswer is an http.ResponseWriter. httptest has one too, but importing
// httptest adds a flag to every program that embeds an issuer.
type memoryAnswer struct {
	status int
	header http.Header
	sent   http.Header // as it was when the status was written
	body   bytes.Buffer
}

func (a *memoryAnswer) Header() http.Header { return a.header }

func (a *memoryAnswer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
		a.sent = a.header.Clone()
	}
}

func (a *memoryAnswer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

func (a *memoryAnswer) response(r *http.Request) *http.Response {
	a.WriteHeader(http.StatusOK)
	for name, values := range a.sent {
		if len(values) == 0 {
			delete(a.sent, name)
		}
	}
	body := a.body.Bytes()
	if r.Method == http.MethodHead {
		body = nil
	}
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", a.status, http.StatusText(a.status)),
		StatusCode:    a.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        a.sent,
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       r,
	}
}
