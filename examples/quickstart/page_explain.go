package main

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	maxExplaining = 4        // at a time
	maxPosted     = 64 << 10 // bytes; more than a token may have, so that too long a one is explained
)

// explain says check by check what the API thinks of the token in the body, which is
// neither kept, logged nor sent back.
func (p *page) explain(w http.ResponseWriter, r *http.Request) {
	select {
	case p.explaining <- struct{}{}:
		defer func() { <-p.explaining }()
	default:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "others are being explained", http.StatusServiceUnavailable)
		return
	}
	http.NewResponseController(w).SetReadDeadline(time.Now().Add(patience))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPosted))
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		http.Error(w, "no token is as long as this", http.StatusRequestEntityTooLarge)
		return
	}
	if err != nil {
		http.Error(w, "the token did not arrive", http.StatusBadRequest)
		return
	}
	tell(w, p.service.tokens.Explain(r.Context(), strings.TrimSpace(string(body))))
}
