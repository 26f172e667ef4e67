package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"example.com/resourceserver/jwks"
)

// service is the API as it runs.
type service struct {
	url       string
	keys      *jwks.Remote
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
	s := &service{decisions: &decisions{}, logLevel: &slog.LevelVar{}, failed: make(chan error, 1)}
	s.logLevel.Set(silent)
	logger := slog.New(slog.NewTextHandler(logs, &slog.HandlerOptions{Level: s.logLevel}))
	guard, keys, err := newGuard(settings, logger, s.decisions)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", settings.addr)
	if err != nil {
		return nil, err
	}
	s.keys = keys
	s.url = "http://" + listener.Addr().String()
	s.server = &http.Server{Handler: newAPI(guard), ReadHeaderTimeout: 10 * time.Second}
	s.start(ctx, listener)
	return s, nil
}

func (s *service) start(ctx context.Context, listener net.Listener) {
	ctx, s.cancel = context.WithCancel(ctx)
	s.running.Go(func() { s.keys.Run(ctx) }) // keeps the keys fresh ahead of need
	s.running.Go(func() { s.failed <- s.server.Serve(listener) })
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
