package grpcguard_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/grpcguard"
)

// asked serves one method and keeps the request that the guard was shown.
func asked(t testing.TB) (*grpc.Server, method, *http.Request) {
	shown := new(http.Request)
	guard := newGuard(t, protector.Config{RequestCheck: func(r *http.Request) error { *shown = *r; return nil }})
	m := method{name: "/a.Service/Any", say: whoami}
	interceptors := newInterceptors(t, guard, grpcguard.Config{Policies: map[string]protector.Policy{m.name: {}}})
	server := grpc.NewServer(interceptors.ServerOptions()...)
	register(server, m)
	return server, m, shown
}

func TestRequest(t *testing.T) {
	server, m, r := asked(t)
	addr := serve(t, server)
	o := call(t, dial(t, addr, grpc.WithAuthority("api.example")), m,
		append(bearer("alice"), "x-a", "b", "x-a", "c", "x-bytes-bin", "\x00\xff")...)
	require.NoError(t, o.err)
	require.Equal(t, "alice", o.text)
	require.Equal(t, []string{"POST", m.name, m.name, m.name, "api.example", "HTTP/2.0"},
		[]string{r.Method, r.URL.String(), r.RequestURI, r.Pattern, r.Host, r.Proto})
	require.Equal(t, http.NoBody, r.Body)
	require.Nil(t, r.TLS)
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1", host)
	require.Equal(t, []string{"b", "c"}, r.Header["X-A"])
	require.Equal(t, []string{"\x00\xff"}, r.Header["X-Bytes-Bin"])
	require.Equal(t, "application/grpc", r.Header.Get("Content-Type"))
	require.NotEmpty(t, r.UserAgent())
	for name := range r.Header {
		require.False(t, strings.HasPrefix(name, ":"), name)
		require.Equal(t, http.CanonicalHeaderKey(name), name)
	}
}

// A peer need not have an address of IP, and a call need not come over a network.
func TestPeers(t *testing.T) {
	server, m, r := asked(t)
	listener := bufconn.Listen(1 << 10)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	conn := dial(t, "passthrough:a", grpc.WithContextDialer(
		func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	require.NoError(t, call(t, conn, m, bearer("alice")...).err)
	require.Equal(t, "bufconn", r.RemoteAddr)

	guard := newGuard(t, protector.Config{RequestCheck: func(r *http.Request) error {
		r.Header.Set("X-A", "b")
		require.Empty(t, r.RemoteAddr+r.Host)
		return nil
	}})
	interceptors := newInterceptors(t, guard, grpcguard.Config{Policies: map[string]protector.Policy{m.name: {}}})
	_, err := interceptors.Unary(t.Context(), nil, &grpc.UnaryServerInfo{FullMethod: m.name}, nil)
	require.Equal(t, codes.Unauthenticated, status.Code(err))
}

// Addresses are written as net/http writes them, for whoever compares them with
// those of proxies.
func TestAddresses(t *testing.T) {
	for _, tt := range []struct {
		address net.Addr
		want    string
	}{
		{&net.TCPAddr{IP: net.IP{192, 0, 2, 1}, Port: 50}, "192.0.2.1:50"},
		{&net.TCPAddr{IP: net.ParseIP("192.0.2.1"), Port: 50}, "192.0.2.1:50"},
		{&net.TCPAddr{IP: net.ParseIP("2001:db8::1"), Port: 50}, "[2001:db8::1]:50"},
		{&net.TCPAddr{IP: net.ParseIP("fe80::1"), Port: 50, Zone: "eth0"}, "[fe80::1%eth0]:50"},
		{&net.TCPAddr{}, ":0"},
		{&net.UnixAddr{Name: "/run/a.sock"}, "/run/a.sock"},
		{nil, ""},
	} {
		var shown string
		guard := newGuard(t, protector.Config{RequestCheck: func(r *http.Request) error { shown = r.RemoteAddr; return nil }})
		interceptors := newInterceptors(t, guard, grpcguard.Config{Policies: map[string]protector.Policy{"/a.B/C": {}}})
		ctx := peer.NewContext(t.Context(), &peer.Peer{Addr: tt.address})
		interceptors.Unary(ctx, nil, &grpc.UnaryServerInfo{FullMethod: "/a.B/C"}, nil)
		require.Equal(t, tt.want, shown)
	}
}

// checklist 219
func TestMetadataAttacks(t *testing.T) {
	server, m, _ := asked(t)
	m.say = func(context.Context) string { t.Error("ran"); return "" }
	addr := serve(t, server)
	for name, tt := range map[string]struct {
		fields []string
		want   string // grpc-status, or what HTTP/2 says
	}{
		"two values":       {[]string{"authorization", "Bearer alice", "authorization", "Bearer alice"}, "3"},
		"joined":           {[]string{"authorization", "Bearer alice, Bearer bob"}, "3"},
		"joined schemes":   {[]string{"authorization", "Basic YTpi, Bearer alice"}, "16"},
		"NUL":              {[]string{"authorization", "Bearer alice\x00"}, "PROTOCOL_ERROR"},
		"newline":          {[]string{"authorization", "Bearer alice\nx: y"}, "PROTOCOL_ERROR"},
		"bytes above 0x7F": {[]string{"authorization", "Bearer alic\xe9"}, "3"},
		"binary field":     {[]string{"authorization-bin", "QmVhcmVyIGFsaWNl"}, "16"},
		"in base64":        {[]string{"authorization", "QmVhcmVyIGFsaWNl"}, "16"},
		"100 KB":           {[]string{"authorization", "Bearer " + strings.Repeat("a", 100<<10)}, "16"},
		"1,000 values":     {strings.Split(strings.Repeat("authorization\tBearer alice\t", 1000), "\t")[:2000], "3"},
		"capitals":         {[]string{"Authorization", "Bearer alice"}, "PROTOCOL_ERROR"},
		"of another name":  {[]string{"grpc-authorization", "Bearer alice", "proxy-authorization", "Bearer alice"}, "16"},
		"in the authority": {[]string{"host", "alice@api.example"}, "16"},
		"empty":            {[]string{"authorization", ""}, "16"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tt.want, framed(t, addr, m.name, "application/grpc", tt.fields...))
		})
	}
	for name, path := range map[string]string{
		"query": m.name + "?access_token=alice", "no slash": m.name[1:], "two slashes": "/" + m.name,
		"escaped": "/a.Service/%41ny", "case": "/a.service/Any",
	} {
		t.Run(name, func(t *testing.T) {
			require.NotEqual(t, "0", framed(t, addr, path, "application/grpc", bearer("alice")...))
		})
	}
}
