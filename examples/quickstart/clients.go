package main

import (
	"crypto/tls"
	"net/http"

	"example.com/resourceserver/jwt/jwttest"
)

// clients each have a key and a certificate. One of them steals.
type clients struct {
	alice, thief     *jwttest.Client
	asAlice, asThief *http.Client
	nobody           *http.Client // has neither
}

func newClients(service *service) (clients, error) {
	alice, err := jwttest.StartClient()
	if err != nil {
		return clients{}, err
	}
	thief, err := jwttest.StartClient()
	if err != nil {
		return clients{}, err
	}
	trusting := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: service.roots}}
	return clients{
		alice: alice, asAlice: &http.Client{Transport: alice.Transport(trusting)},
		thief: thief, asThief: &http.Client{Transport: thief.Transport(trusting)},
		nobody: &http.Client{Transport: trusting},
	}, nil
}

func (c clients) close() {
	c.alice.Close()
	c.thief.Close()
	c.nobody.CloseIdleConnections()
}
