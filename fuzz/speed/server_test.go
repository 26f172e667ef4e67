package main

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

func TestServersAreMeasured(t *testing.T) {
	var out strings.Builder
	require.NoError(t, printServers(&out, 2, time.Millisecond))
	lines := strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
	require.Len(t, lines, 4)
	for i, title := range []string{"server", "open: no guard", "guarded, with the cache", "guarded"} {
		require.True(t, strings.HasPrefix(strings.TrimLeft(lines[i], " "), title+"  "), lines[i])
	}
	require.True(t, strings.HasSuffix(lines[1], "1.00"), lines[1])
}

// What is refused is quick, and would be measured for what is let in.
func TestRefusedRequestsAreNotMeasured(t *testing.T) {
	f := newFixture("RS256", 1)
	s := served{server: httptest.NewServer(guarded(protector.Bearer(f.tokens.Validate)))}
	defer s.server.Close()
	c, err := dial(s.server.Listener.Addr(), f.token("small")+"A")
	require.NoError(t, err)
	defer c.Close()
	s.clients = append(s.clients, c)
	_, err = s.time(time.Millisecond)
	require.ErrorContains(t, err, "401")
}
