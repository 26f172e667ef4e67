// Observed is a service with metrics for Prometheus, and what Grafana and Alertmanager
// make of them.
//
//	cd examples/observed && go run .
//
// starts it on loopback, with an issuer beside it and some traffic. What to copy from:
// service.go, dashboard.json and alerts.yml.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.com/resourceserver/jwt/jwttest"
)

func main() {
	api := flag.String("api", "127.0.0.1:8080", "address of the API")
	metrics := flag.String("metrics", "127.0.0.1:9464", "address of /metrics, which is not for clients")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *api, *metrics); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "observed:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, api, metrics string) error {
	issuer, err := jwttest.StartIssuer()
	if err != nil {
		return err
	}
	defer issuer.Close()
	endpoint := newEndpoint()
	defer endpoint.Close()
	s, err := newService(settings{issuer.URL(), issuer.Audience(), endpoint.URL, "http://" + api})
	if err != nil {
		return err
	}
	// Without it the keys are fetched with the first token and grow old between tokens,
	// and whether they can be had shows when somebody waits for them.
	go func() { _ = s.keys.Run(ctx) }()
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.metrics)
	for address, handler := range map[string]http.Handler{api: s.api, metrics: mux} {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
		defer server.Close()
		go func() { _ = server.Serve(listener) }()
	}
	fmt.Printf("the API is at http://%s, its metrics at http://%s/metrics\n", api, metrics)
	return keepBusy(ctx, issuer, "http://"+api)
}

// keepBusy sends traffic once a second until ctx ends, and something hostile once a
// minute.
func keepBusy(ctx context.Context, issuer *jwttest.Issuer, origin string) error {
	callers, err := newTraffic(issuer)
	if err != nil {
		return err
	}
	defer callers.client.Close()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for second := 0; ; second++ {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		send := callers.calm
		if second%60 == 59 {
			send = callers.hostile
		}
		if err := send(ctx, origin); err != nil {
			return err
		}
	}
}
