package doctor

import (
	"crypto/tls"
	"io"
	"net/http"
	"sync"
	"time"
)

// Bounds on what is kept of the answers: metadata is 2 to 8 KiB, and a fetch makes a handful of requests.
const (
	maxKept      = 128 << 10
	maxExchanges = 32
)

// exchange is one request and what came back.
type exchange struct {
	url    string // without query
	status int    // 0 if nothing came back
	header http.Header
	tls    *tls.ConnectionState
	err    error
	began  time.Time
	ended  time.Time // when the header had come
	body   []byte    // its beginning
}

// wire makes the requests of a jwks.Remote, and keeps what came back.
type wire struct {
	base http.RoundTripper

	mu   sync.Mutex
	list []*exchange
}

func newWire() *wire {
	return &wire{base: &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		TLSHandshakeTimeout:    5 * time.Second,
		ForceAttemptHTTP2:      true,
		IdleConnTimeout:        time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}}
}

func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	e := &exchange{url: req.URL.Scheme + "://" + req.URL.Host + req.URL.EscapedPath(), began: time.Now()}
	resp, err := w.base.RoundTrip(req)
	w.mu.Lock()
	defer w.mu.Unlock()
	e.ended, e.err = time.Now(), err
	if err == nil {
		e.status, e.header, e.tls = resp.StatusCode, resp.Header, resp.TLS
		resp.Body = &keptBody{resp.Body, w, e}
	}
	if len(w.list) < maxExchanges {
		w.list = append(w.list, e)
	}
	return resp, err
}

// exchanges returns those so far, in their order.
func (w *wire) exchanges() []exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := make([]exchange, len(w.list))
	for i, e := range w.list {
		list[i] = *e
	}
	return list
}

type keptBody struct {
	io.ReadCloser
	wire *wire
	of   *exchange
}

func (b *keptBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.wire.mu.Lock()
	defer b.wire.mu.Unlock()
	if room := maxKept - len(b.of.body); room > 0 {
		b.of.body = append(b.of.body, p[:min(n, room)]...)
	}
	return n, err
}
