package mcpguard

import (
	"context"
	"errors"
	"net/http"

	"example.com/resourceserver/protector"
)

// serve has the server answer. If the token ends before the server has said anything,
// the answer is that of a request that comes too late: an empty one would tell a
// client nothing.
func (g *gate) serve(w http.ResponseWriter, p *pass) {
	answer := &awaited{ResponseWriter: w}
	g.server.ServeHTTP(answer, p.sealed())
	refusal := (*protector.Error)(nil)
	if !answer.begun && errors.As(context.Cause(p.request.Context()), &refusal) {
		g.guard.WriteError(w, p.request, refusal)
	}
}

// awaited is an answer that may have begun.
type awaited struct {
	http.ResponseWriter
	begun bool
}

func (w *awaited) WriteHeader(status int) {
	w.begun = true
	w.ResponseWriter.WriteHeader(status)
}

func (w *awaited) Write(b []byte) (int, error) {
	w.begun = true
	return w.ResponseWriter.Write(b)
}

// FlushError sends the header, at the latest.
func (w *awaited) FlushError() error {
	w.begun = true
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Unwrap is for [http.ResponseController].
func (w *awaited) Unwrap() http.ResponseWriter { return w.ResponseWriter }
