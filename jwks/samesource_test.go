package jwks_test

import (
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt/jwttest"
)

func TestSameSourceOfRemotes(t *testing.T) {
	client, logger := &http.Client{}, slog.New(slog.DiscardHandler)
	made := func(adjust ...func(*jwks.Config)) *jwks.Remote {
		config := jwks.Config{Issuer: "https://a.example", HTTPClient: client, Logger: logger}
		for _, f := range adjust {
			f(&config)
		}
		remote, err := jwks.NewRemote(config)
		require.NoError(t, err)
		return remote
	}
	first := made()
	for name, change := range map[string]func(*jwks.Config){
		"issuer":    func(c *jwks.Config) { c.Issuer = "https://b.example" },
		"URL":       func(c *jwks.Config) { c.Issuer, c.URL = "", "https://a.example" },
		"client":    func(c *jwks.Config) { c.HTTPClient = &http.Client{} },
		"no client": func(c *jwks.Config) { c.HTTPClient = nil },
		"logger":    func(c *jwks.Config) { c.Logger = slog.New(slog.DiscardHandler) },
		"refresh":   func(c *jwks.Config) { c.RefreshInterval = time.Hour },
		"stale":     func(c *jwks.Config) { c.MaxStale = time.Hour },
		"timeout":   func(c *jwks.Config) { c.FetchTimeout = time.Second },
		"cooldown":  func(c *jwks.Config) { c.Cooldown = time.Second },
		"file":      func(c *jwks.Config) { c.SnapshotFile = "a" },
		"plain":     func(c *jwks.Config) { c.InsecureAllowPlainHTTP = true },
	} {
		require.False(t, first.SameSource(made(change)), name)
		require.False(t, made(change).SameSource(first), name)
	}
	require.True(t, first.SameSource(made()))
	require.True(t, first.SameSource(first))
	for _, other := range []any{nil, 1, (*jwks.Remote)(nil), &jwks.Remote{}, &jwks.Static{}} {
		require.False(t, first.SameSource(other))
	}
	require.False(t, (*jwks.Remote)(nil).SameSource(first))
	require.False(t, new(jwks.Remote).SameSource(new(jwks.Remote)))
}

func TestSameSourceOfStaticSets(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("RS256"))
	parse := func() *jwks.Static {
		keys, err := jwks.ParseStatic(issuer.JWKS())
		require.NoError(t, err)
		return keys
	}
	first := parse()
	require.True(t, first.SameSource(parse()))
	issuer.AddKey("ES256")
	require.False(t, first.SameSource(parse()))
	for _, other := range []any{nil, 1, (*jwks.Static)(nil), &jwks.Static{}, &jwks.Remote{}} {
		require.False(t, first.SameSource(other))
	}
	require.False(t, (*jwks.Static)(nil).SameSource(first))
}
