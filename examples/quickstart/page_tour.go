package main

import (
	"context"
	"io"
	"net/http"

	"example.com/resourceserver/jwt/jwttest"
)

// walkAgain walks the tour once more, with an issuer and an API of its own: neither
// what the buttons did to the others, nor what anybody sends them, gets in its way.
func (p *page) walkAgain(w http.ResponseWriter, r *http.Request) {
	if !p.walking.CompareAndSwap(false, true) {
		http.Error(w, "the tour is under way", http.StatusConflict)
		return
	}
	p.running.Go(func() {
		defer p.walking.Store(false)
		p.board.tourStarts()
		p.board.tourEnds(walkApart(p.ctx, p.board.toured))
	})
	w.WriteHeader(http.StatusAccepted)
}

func walkApart(ctx context.Context, tell func(entry)) error {
	issuer, err := jwttest.StartIssuer(jwttest.FirstKey("ES256"))
	if err != nil {
		return err
	}
	defer issuer.Close()
	apart := settings{addr: "127.0.0.1:0", issuer: issuer.URL(), audience: issuer.Audience(), profile: "rfc9068"}
	service, err := startService(ctx, apart, io.Discard)
	if err != nil {
		return err
	}
	defer service.stop()
	clients, err := newClients(service)
	if err != nil {
		return err
	}
	defer clients.close()
	return tour{service, issuer, clients, tell}.walk(ctx, io.Discard)
}
