package jwks

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// maxConnections bounds the connections to one host. Without HTTP/2 it is the bound
// on requests under way, too, and further ones wait for a connection.
const maxConnections = 64

// keptFor is how long a connection outlives the fetch that it was made for. The key
// set is asked for right after the metadata, and where a host has many tenants the
// next fetch comes within a second. A Remote alone asks again after minutes, and
// should leave neither a connection nor goroutines behind until then.
const keptFor = time.Second

// transport is that of every Remote without an HTTPClient: a transport for each would
// share no connection, know no bound, and weigh as much as the keys.
var transport = newTransport(new(tls.Config))

// sharedTransport adds to http.Transport what many tenants of one host need.
type sharedTransport struct {
	http  *http.Transport
	hosts *hostQueues
}

func newTransport(config *tls.Config) sharedTransport {
	config.NextProtos = []string{"h2", "http/1.1"}
	encrypted := &tls.Dialer{Config: config}
	t := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            untilDeadline(new(net.Dialer).DialContext),
		DialTLSContext:         untilDeadline(encrypted.DialContext), // the handshake is in it
		TLSClientConfig:        config,                               // behind a proxy, where that is not used
		TLSHandshakeTimeout:    defaultFetchTimeout,                  // the same
		ForceAttemptHTTP2:      true,
		MaxConnsPerHost:        maxConnections,
		MaxIdleConnsPerHost:    maxConnections, // what a lull closes, the next burst would open again
		IdleConnTimeout:        keptFor,
		MaxResponseHeaderBytes: 64 << 10,
		// All tenants of a host may be on one connection. When it is dead, that is to be
		// noticed within a fetch, and not by the operating system after a quarter of an hour.
		HTTP2: &http.HTTP2Config{SendPingTimeout: time.Second, PingTimeout: time.Second},
	}
	return sharedTransport{t, newHostQueues()}
}

func (t sharedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	leave, err := t.hosts.enter(ctx, originOf(req.URL))
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		req = req.WithContext(context.WithValue(ctx, deadlineKey{}, deadline))
	}
	resp, err := t.http.RoundTrip(req)
	if err != nil {
		leave()
		return nil, err
	}
	resp.Body = &leavingBody{resp.Body, leave}
	return resp, nil
}

type deadlineKey struct{}

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// untilDeadline ends a dial by the deadline of the request that it is for. http.Transport goes on
// to connect when that has ended, for the sake of the next request, and gives the dialer a context
// that has the values of the request's and nothing else of it. A server that takes connections
// and says nothing would keep one more of them with each fetch.
func untilDeadline(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if deadline, ok := ctx.Value(deadlineKey{}).(time.Time); ok {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, deadline)
			defer cancel()
		}
		return dial(ctx, network, address)
	}
}
