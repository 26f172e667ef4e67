package main

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// A browser leaves port 80 out of the Host, and keeps the brackets of an IPv6 address.
func TestHostsOfThePage(t *testing.T) {
	require.Equal(t, []string{"[::1]:80", "localhost:80", "[::1]", "localhost"},
		hostsOf(&net.TCPAddr{IP: net.IPv6loopback, Port: 80}))
	require.Equal(t, []string{"127.0.0.1:8081", "localhost:8081"},
		hostsOf(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8081}))
}
