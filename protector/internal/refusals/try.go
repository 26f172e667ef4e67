package refusals

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/resourceserver/protector"
)

// Try sends the table to a door that listens at the address, and to net/http.
//
// The header limits of the door must let fields of 20 KiB through.
func (s *Service) Try(t *testing.T, addr string) {
	for _, row := range s.rows() {
		t.Run(strings.ReplaceAll(row.name, " ", "_"), func(t *testing.T) {
			wanted := s.ask(t, strings.TrimPrefix(s.plain.URL, "http://"), row.request())
			got := s.ask(t, addr, row.request())
			row.report(t, got, codeOf(got.body))
			row.judge(t, wanted)
			row.judge(t, got)
			if row.status != http.StatusInternalServerError {
				got.compare(t, wanted)
			}
		})
	}
}

// answer is what came of a request, seen by the client and in the service.
type answer struct {
	status    int
	header    http.Header
	body      string
	ran       int64
	path      string // that was asked for
	decisions []protector.Decision
}

func (s *Service) ask(t *testing.T, addr string, r request) answer {
	t.Helper()
	before := s.ran.Load()
	s.decided()
	status, header, body := r.send(t, addr)
	path, _, _ := strings.Cut(r.target, "?")
	return answer{status, header, body, s.ran.Load() - before, path, s.decided()}
}

// Send sends a request as it is written here, fields in this order, and returns the
// answer. An http.Client would merge fields, and tidy up the target.
func Send(t *testing.T, addr, method, target string, fields ...string) (int, http.Header, string) {
	t.Helper()
	return request{method, target, fields, ""}.send(t, addr)
}

func (r request) send(t *testing.T, addr string) (int, http.Header, string) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", addr, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := r.reader().WriteTo(conn); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: r.method})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(body)
}

func (r request) reader() *bufio.Reader {
	fields := slices.Concat([]string{"Host: api.example", "Connection: close"}, r.fields)
	if r.body != "" {
		fields = append(fields, fmt.Sprintf("Content-Length: %d", len(r.body)))
	}
	return bufio.NewReader(strings.NewReader(
		r.method + " " + r.target + " HTTP/1.1\r\n" + strings.Join(fields, "\r\n") + "\r\n\r\n" + r.body))
}

// judge compares an answer with what the row says.
func (row row) judge(t *testing.T, a answer) {
	t.Helper()
	expect(t, "status", row.status, a.status)
	expect(t, "Retry-After", row.status == http.StatusServiceUnavailable, a.header.Get("Retry-After") != "")
	expect(t, "challenged", row.status/100 == 4, a.header.Get("Www-Authenticate") != "")
	if row.status/100 == 2 {
		row.judgeGrant(t, a)
		return
	}
	expect(t, "handlers that ran", 0, a.ran)
	expect(t, "handler's text", false, strings.Contains(a.body, secret))
	if row.status == http.StatusInternalServerError {
		return
	}
	expect(t, "Cache-Control", "no-store", a.header.Get("Cache-Control"))
	expect(t, "Content-Type", "application/json", a.header.Get("Content-Type"))
	if row.code != "" {
		expect(t, "error of the challenge", true,
			strings.Contains(strings.Join(a.header["Www-Authenticate"], ", "), `error="`+row.code+`"`))
	}
	if len(a.decisions) == 0 {
		t.Error("nobody has decided")
		return
	}
	last := a.decisions[len(a.decisions)-1]
	expect(t, "reason", row.reason, last.Reason)
	expect(t, "status of the decision", row.status, last.Status)
}

func (row row) judgeGrant(t *testing.T, a answer) {
	t.Helper()
	if row.status == http.StatusNoContent { // of a handler for preflights
		expect(t, "handlers that ran", 0, a.ran)
		return
	}
	expect(t, "handlers that ran", 1, a.ran)
	caching := row.caching
	if caching == "" {
		caching = CacheControl
	}
	expect(t, "Cache-Control", caching, a.header.Get("Cache-Control"))
	for _, d := range a.decisions {
		expect(t, "reason", "", d.Reason)
	}
}

// compared are the fields that the protector answers for.
var compared = []string{
	"Www-Authenticate", "Cache-Control", "Retry-After", "Vary", "X-Content-Type-Options",
	"Access-Control-Expose-Headers", "Access-Control-Allow-Origin",
}

// compare expects the answer to be that of net/http.
func (a answer) compare(t *testing.T, wanted answer) {
	t.Helper()
	expect(t, "body", wanted.body, a.body)
	for _, name := range compared {
		expect(t, name, strings.Join(wanted.header[name], "; "), strings.Join(a.header[name], "; "))
	}
	expect(t, "number of nonces", len(wanted.header["Dpop-Nonce"]), len(a.header["Dpop-Nonce"]))
	a.compareDecisions(t, wanted)
}

func (a answer) compareDecisions(t *testing.T, wanted answer) {
	t.Helper()
	expect(t, "number of decisions", len(wanted.decisions), len(a.decisions))
	for i := range min(len(a.decisions), len(wanted.decisions)) {
		got, want := a.decisions[i], wanted.decisions[i]
		expect(t, "pattern", a.path, got.Pattern)
		expect(t, "outcome", want.Outcome, got.Outcome)
		expect(t, "subject", want.Subject, got.Subject)
		expect(t, "reused", want.Reused, got.Reused)
		expect(t, "method", want.Method, got.Method)
		expect(t, "reason", want.Reason, got.Reason)
	}
}

// expect is all that this package needs of an assertion library, which only tests
// may import.
func expect[T comparable](t *testing.T, what string, want, got T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
