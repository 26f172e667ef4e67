package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// service is the API as it runs.
type service struct {
	url       string
	secureURL string // the same over TLS, where clients can present certificates
	roots     *x509.CertPool
	guarded
	routes    []listed // for the page
	decisions *decisions
	logLevel  *slog.LevelVar
	server    *http.Server
	failed    chan error
	cancel    context.CancelFunc
	running   sync.WaitGroup
}

// silent is above every level: the log stays out of the tour's table.
const silent = slog.LevelError + 4

func startService(ctx context.Context, settings settings, logs io.Writer) (*service, error) {
	s := &service{decisions: &decisions{}, logLevel: &slog.LevelVar{}, failed: make(chan error, 2)}
	s.logLevel.Set(silent)
	logger := slog.New(exceptTraffic{slog.NewTextHandler(logs, &slog.HandlerOptions{Level: s.logLevel})})
	plain, secure, err := s.listen(settings.addr)
	if err != nil {
		return nil, err
	}
	s.guarded, err = newGuard(settings, s.secureURL, logger, s.decisions)
	if err != nil {
		plain.Close()
		secure.Close()
		return nil, err
	}
	handler, routes := newAPI(s.guard)
	s.routes = routes
	s.server = &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	s.start(ctx, plain, secure)
	return s, nil
}

// listen opens a port without TLS, which is good enough on loopback, and one with
// TLS, which asks clients for their certificate and lets the guard judge it.
func (s *service) listen(addr string) (plain, secure net.Listener, err error) {
	certificate, roots, err := selfSigned()
	if err != nil {
		return nil, nil, err
	}
	plain, err = net.Listen("tcp", addr)
	if err != nil {
		return nil, nil, err
	}
	secure, err = tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		Certificates: []tls.Certificate{certificate}, ClientAuth: tls.RequestClientCert,
	})
	if err != nil {
		plain.Close()
		return nil, nil, err
	}
	s.url, s.secureURL = "http://"+plain.Addr().String(), "https://"+secure.Addr().String()
	s.roots = roots
	return plain, secure, nil
}

func (s *service) start(ctx context.Context, listeners ...net.Listener) {
	ctx, s.cancel = context.WithCancel(ctx)
	s.running.Go(func() { s.keys.Run(ctx) }) // keeps the keys fresh ahead of need
	for _, listener := range listeners {
		s.running.Go(func() { s.failed <- s.server.Serve(listener) })
	}
}

// serve logs from now on, and returns when ctx ends or the server fails.
func (s *service) serve(ctx context.Context) error {
	s.logLevel.Set(slog.LevelInfo)
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.failed:
		return fmt.Errorf("serve: %w", err)
	}
}

// stop lets requests in progress finish, for a while.
func (s *service) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if s.server.Shutdown(ctx) != nil {
		s.server.Close()
	}
	s.cancel()
	s.running.Wait()
}
