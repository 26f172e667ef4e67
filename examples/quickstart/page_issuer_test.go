package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/jwttest"
)

// press presses a button of the page.
func press(t *testing.T, p *page, action string) string {
	t.Helper()
	got := send(t, "POST", p.url+"issuer/"+action, "")
	require.Equal(t, 200, got.status)
	return got.body
}

func TestButtons(t *testing.T) {
	p, _ := openPage(t)
	issuer, profile := p.issuer.issuer, p.service.url+"/profile"
	state := func() (string, int) { return p.issuer.state() }
	asks := func(opts ...jwttest.TokenOption) int {
		return get(t, profile, issuer.Token(append(opts, jwttest.Scope("profile"))...))
	}
	first := issuer.KeyID()
	require.Equal(t, 200, asks())

	require.Contains(t, press(t, p, "withdraw"), "Rotate first")
	require.Contains(t, press(t, p, "rotate"), issuer.KeyID())
	require.NotEqual(t, first, issuer.KeyID())
	require.Equal(t, 200, asks())
	require.Equal(t, 200, asks(jwttest.Key(first)))

	require.Contains(t, press(t, p, "withdraw"), "Withdrawn: 1.")
	require.Equal(t, 401, asks(jwttest.Key(first)))
	require.Equal(t, 200, asks())

	press(t, p, "stop")
	fault, published := state()
	require.Equal(t, "is down", fault)
	require.Equal(t, 1, published)
	require.Equal(t, 200, asks())
	press(t, p, "rotate")
	require.Contains(t, press(t, p, "withdraw"), "cannot read the key set")
	require.Equal(t, 503, asks())

	press(t, p, "break")
	fault, _ = state()
	require.Equal(t, "answers 500", fault)
	press(t, p, "start")
	fault, _ = state()
	require.Equal(t, "works", fault)
	require.NoError(t, p.service.keys.Refresh(t.Context()))
	require.Equal(t, 200, asks())
}

// However often somebody rotates, the set stays one that an API reads.
func TestButtonRotatesWithinBounds(t *testing.T) {
	p, _ := openPage(t)
	for range maxPublished + 3 {
		press(t, p, "rotate")
	}
	ids := p.issuer.published()
	require.Len(t, ids, maxPublished)
	require.Contains(t, ids, p.issuer.issuer.KeyID())
}

// The traffic is of every kind that the chart has a colour for, and none of it is in the log.
func TestTraffic(t *testing.T) {
	p, logged := openPage(t)
	traffic := traffic{api: p.service.server.Handler, issuer: p.issuer.issuer}
	meter := meter{service: p.service}
	for range 20 {
		traffic.next(t.Context())
	}
	require.Equal(t, map[string]int{"granted": 14, "refused: no_credentials": 2, "refused: insufficient_scope": 2,
		"refused: audience": 1, "refused: expired": 1}, meter.second(p.issuer).Decisions)
	require.NotContains(t, logged.String(), "access")
	require.Equal(t, http.StatusUnauthorized, get(t, p.service.url+"/me", "a"))
	require.Contains(t, logged.String(), "access refused")
	require.Equal(t, map[string]int{"refused: malformed": 1}, meter.second(p.issuer).Decisions)

	kept := traffic.kept
	for range keptFor {
		traffic.next(t.Context())
	}
	for client := range kept {
		require.NotEmpty(t, kept[client])
		require.NotEqual(t, kept[client], traffic.kept[client], "clients get new tokens in time")
	}
}

// Nobody watches, nothing is sent.
func TestTrafficIsForWatchers(t *testing.T) {
	t.Parallel() // as it takes as long as the page's seconds do
	p, _ := openPage(t)
	p.run()
	measured := func() bool {
		p.board.mu.Lock()
		defer p.board.mu.Unlock()
		return len(p.board.seconds) > 0
	}
	require.Eventually(t, measured, 10*time.Second, 10*time.Millisecond)
	require.Empty(t, p.service.decisions.counted())
	stream := watch(t, t.Context(), p)
	require.Eventually(t, func() bool { return p.service.decisions.counted()["granted"] > 0 }, 10*time.Second,
		10*time.Millisecond)
	require.Contains(t, next(t, stream, "second"), `"decisions":`)
}
