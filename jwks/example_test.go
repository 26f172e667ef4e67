package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"example.com/resourceserver/jwks"
)

const publishedSet = `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"2026-01","use":"sig",
	"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`

// issuer stands in for a real one: metadata and a key set on loopback.
func exampleIssuer() *httptest.Server {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	mux.HandleFunc("GET /.well-known/oauth-authorization-server", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"issuer":%q,"jwks_uri":%q}`, server.URL, server.URL+"/jwks")
	})
	mux.HandleFunc("GET /jwks", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/jwk-set+json")
		fmt.Fprint(w, publishedSet)
	})
	return server
}

func ExampleNewRemote() {
	issuer := exampleIssuer()
	defer issuer.Close()

	keys, err := jwks.NewRemote(jwks.Config{
		Issuer:   issuer.URL, // https://issuer.example in real life
		MaxStale: 12 * time.Hour,
		Logger:   slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	if err != nil {
		log.Fatal(err)
	}

	found, err := keys.VerificationKeys(context.Background(), "2026-01", "EdDSA")
	switch {
	case errors.Is(err, jwks.ErrUnavailable):
		fmt.Println("503: ask again later")
	case len(found) == 0:
		fmt.Println("401: no such key")
	default:
		fmt.Printf("%d key, %T\n", len(found), found[0])
	}
	// Output: 1 key, ed25519.PublicKey
}

// Run refreshes without traffic. It is yours to start, and ends with its context.
func ExampleRemote_Run() {
	issuer := exampleIssuer()
	defer issuer.Close()
	keys, err := jwks.NewRemote(jwks.Config{Issuer: issuer.URL})
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- keys.Run(ctx) }()

	// ... the program does its work ...

	stop()
	fmt.Println(<-ended)
	// Output: context canceled
}

func ExampleParseStatic() {
	keys, err := jwks.ParseStatic([]byte(publishedSet))
	if err != nil {
		log.Fatal(err)
	}
	for _, kid := range []string{"2026-01", "2025-12"} {
		found, _ := keys.VerificationKeys(context.Background(), kid, "EdDSA")
		fmt.Println(kid, len(found))
	}
	// Output:
	// 2026-01 1
	// 2025-12 0
}

// A readiness probe: serve it on the port of your operators.
func ExampleRemote_StatusHandler() {
	issuer := exampleIssuer()
	defer issuer.Close()
	keys, err := jwks.NewRemote(jwks.Config{Issuer: issuer.URL})
	if err != nil {
		log.Fatal(err)
	}
	operators := http.NewServeMux()
	operators.Handle("GET /ready", keys.StatusHandler())

	probe := func() int {
		w := httptest.NewRecorder()
		operators.ServeHTTP(w, httptest.NewRequest("GET", "/ready", nil))
		return w.Code
	}
	if err := keys.Refresh(context.Background()); err != nil {
		log.Fatal(err)
	}
	issuer.Close() // the issuer goes down
	_ = keys.Refresh(context.Background())
	fmt.Println(probe(), keys.Status().State)
	// Output: 200 stale
}

// An endpoint that has one key at each URL, in PEM, named after its kid.
func ExampleNewKeyEndpoint() {
	const published = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7
6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==
-----END PUBLIC KEY-----
`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/004cb65f-3ef7-4efa-a149-4f19b4c754c8" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, published)
	}))
	defer server.Close()

	keys, err := jwks.NewKeyEndpoint(jwks.KeyEndpointConfig{URL: server.URL + "/{kid}"}) // https://keys.example/{kid}
	if err != nil {
		log.Fatal(err)
	}
	for _, kid := range []string{"004cb65f-3ef7-4efa-a149-4f19b4c754c8", "made-up", "../secrets"} {
		found, err := keys.VerificationKeys(context.Background(), kid, "ES256")
		fmt.Println(kid, len(found), err)
	}
	// Output:
	// 004cb65f-3ef7-4efa-a149-4f19b4c754c8 1 <nil>
	// made-up 0 <nil>
	// ../secrets 0 <nil>
}
