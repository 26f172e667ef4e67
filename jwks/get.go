package jwks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const maxRedirects = 3

var (
	errTooLarge = errors.New("answer larger than its bound")
	errRedirect = fmt.Errorf("redirect to another origin, or more than %d", maxRedirects)
)

// statusError is an answer other than 200.
type statusError int

func (e statusError) Error() string {
	return fmt.Sprintf("HTTP status %d", int(e))
}

// answer is what came back from one GET.
type answer struct {
	notModified bool // 304: nothing else is set but maxAge
	body        []byte
	etag        string
	maxAge      time.Duration // unknownMaxAge if it said nothing
}

// getter makes bounded GET requests.
type getter struct {
	client http.Client
	close  bool // each connection after its request
}

// newGetter copies the caller's client: its redirect policy is tightened, and
// what the caller changes later is the caller's own.
func newGetter(client *http.Client) *getter {
	g := &getter{client: http.Client{Transport: transport}}
	if client != nil {
		g.client = *client
	}
	g.close = !endsIdle(cmp.Or(g.client.Transport, http.DefaultTransport))
	g.client.CheckRedirect = redirectsWithin(g.client.CheckRedirect)
	return g
}

// checkClient finds a transport that is no nil interface, so that no default is taken, and panics when
// it is used.
func checkClient(client *http.Client) error {
	if client == nil {
		return nil
	}
	if t, ok := client.Transport.(*http.Transport); ok && t == nil {
		return errors.New("has a nil *http.Transport: leave Transport out")
	}
	return nil
}

// endsIdle reports whether a transport is known to end connections that nobody uses. Minutes pass
// between the fetches of a Remote. A connection that was kept for ever would be dead by then, and
// would keep two goroutines until it is.
func endsIdle(transport http.RoundTripper) bool {
	switch t := transport.(type) {
	case sharedTransport:
		return true
	case *http.Transport:
		return t.IdleConnTimeout > 0
	default:
		return false
	}
}

// redirectsWithin allows a few redirects that stay at one origin. To follow
// one elsewhere would let an open redirect at the issuer choose the keys.
func redirectsWithin(also func(*http.Request, []*http.Request) error) func(*http.Request, []*http.Request) error {
	return func(req *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects || originOf(req.URL) != originOf(via[0].URL) {
			return errRedirect
		}
		if also != nil {
			return also(req, via)
		}
		return nil
	}
}

// get fetches a document of at most limit bytes. media says which content
// types will do. etag, if any, makes the request conditional (RFC 9110 §13.1.2).
func (g *getter) get(ctx context.Context, location, etag string, limit int, media media) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, location, nil)
	if err != nil {
		return answer{}, errNotAbsolute
	}
	req.Header.Set("Accept", media.accept)
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	req.Close = g.close
	resp, err := g.client.Do(req)
	if err != nil {
		return answer{}, transportFault(err)
	}
	defer resp.Body.Close()
	return readAnswer(resp, etag != "", limit, media)
}

func readAnswer(resp *http.Response, conditional bool, limit int, media media) (answer, error) {
	a := answer{maxAge: maxAge(resp.Header), etag: resp.Header.Get("ETag")}
	switch {
	case resp.StatusCode == http.StatusNotModified && conditional:
		a.notModified = true
		return a, nil
	case resp.StatusCode != http.StatusOK:
		return answer{}, statusError(resp.StatusCode)
	case !every(mediaTypes(resp.Header), media.takes):
		named := strings.Join(resp.Header.Values("Content-Type"), ", ")
		return answer{}, errors.New(withoutSecrets(fmt.Sprintf("content type %.80q is not %s", named, media.name)))
	}
	var err error
	if a.body, err = readAtMost(resp.Body, resp.ContentLength, limit); err != nil {
		return answer{}, transportFault(err)
	}
	return a, nil
}

// maxIdleReads bounds reads in a row that bring nothing, as package bufio does: a body of the
// caller's transport that gives neither a byte nor an error would be read for ever.
const maxIdleReads = 100

// readAtMost reads one byte more than limit, so that overflow is an error and
// not a document cut short. A length that is announced is not believed beyond
// the bound; the buffer doubles at most.
func readAtMost(r io.Reader, announced int64, limit int) ([]byte, error) {
	if announced > int64(limit) {
		return nil, errTooLarge
	}
	size := 8 << 10
	if announced >= 0 {
		size = int(announced) + 1
	}
	buf := make([]byte, 0, min(size, limit+1))
	for idle := 0; ; {
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if idle++; n > 0 {
			idle = 0
		}
		switch {
		case idle > maxIdleReads && err == nil:
			return nil, io.ErrNoProgress
		case len(buf) > limit:
			return nil, errTooLarge
		case errors.Is(err, io.EOF):
			return buf, nil
		case err != nil:
			return nil, err
		case len(buf) == cap(buf):
			buf = append(make([]byte, 0, min(2*cap(buf), limit+1)), buf...)
		}
	}
}

// maxAge reads Cache-Control: max-age less Age (RFC 9111 §5.2.2.1, §4.2.3).
// no-store and no-cache are about copies that others keep, and do not count as
// zero: several issuers send them with every answer.
func maxAge(h http.Header) time.Duration {
	for directive := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		if !strings.EqualFold(name, "max-age") {
			continue
		}
		if d, ok := deltaSeconds(strings.Trim(value, `"`)); ok {
			age, _ := deltaSeconds(h.Get("Age"))
			return max(d-age, 0)
		}
	}
	return unknownMaxAge
}

// deltaSeconds reads a number of seconds; a huge one is as good as a day.
func deltaSeconds(s string) (time.Duration, bool) {
	const most = 24 * 60 * 60
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return time.Duration(min(n, most)) * time.Second, true
}
