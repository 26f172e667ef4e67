package refusals

import (
	"encoding/json"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
)

// NewCalls is [New] for servers of remote procedure calls: every request is a POST,
// and every path that of a method of the service, whose name may have a package.
func NewCalls(t *testing.T, service string) *Service {
	t.Helper()
	return newService(t, http.MethodPost, "/"+service)
}

// Call is a request of a client of remote procedures. Its message is empty.
type Call struct {
	Procedure string      // as it is a Path of Routes
	Fields    http.Header // what it is sent with, beside what the protocol needs
}

// Reply is what the client got, in the terms of HTTP.
type Reply struct {
	Status int         // that its code stands for
	Header http.Header // challenges, nonces, and Retry-After in seconds
	Reason string      // of google.rpc.ErrorInfo
	Text   string      // what Greet has said, or the message of the error
}

// TryCalls sends the part of the table that can be called, and compares it with what
// net/http answers to a POST.
func (s *Service) TryCalls(t *testing.T, call func(*testing.T, Call) Reply) {
	s.tryCalls(t, callable, call, answer.compareDecisions)
}

func (s *Service) tryCalls(
	t *testing.T, takes func(request) bool, call func(*testing.T, Call) Reply, compare func(answer, *testing.T, answer),
) {
	tried := 0
	for _, row := range s.rows() {
		if !takes(row.request()) {
			continue
		}
		tried++
		t.Run(strings.ReplaceAll(row.name, " ", "_"), func(t *testing.T) {
			wanted := s.ask(t, strings.TrimPrefix(s.plain.URL, "http://"), s.sent(row.request()))
			row.judge(t, wanted)
			asked := s.sent(row.request())
			before := s.ran.Load()
			s.decided()
			reply := call(t, Call{asked.target, fieldsOf(asked)})
			got := answer{reply.Status, reply.Header, reply.Text, s.ran.Load() - before, asked.target, s.decided()}
			row.report(t, got, strings.ToLower(reply.Reason))
			row.judgeReply(t, got, reply.Reason, wanted)
			compare(got, t, wanted)
		})
	}
	expect(t, "enough rows", true, tried > 30)
}

// sent is the request as this service's clients send it.
func (s *Service) sent(r request) request {
	if s.prefix != "" {
		r.method, r.target = s.verb, s.prefix+r.target
	}
	return r
}

func callable(r request) bool {
	return r.method == http.MethodGet && r.body == "" && !strings.Contains(r.target, "?")
}

func fieldsOf(r request) http.Header {
	header := make(http.Header)
	for _, field := range r.fields {
		name, value, _ := strings.Cut(field, ":")
		name = textproto.CanonicalMIMEHeaderKey(name)
		header[name] = append(header[name], strings.TrimPrefix(value, " "))
	}
	return header
}

// judgeReply compares a reply with what the row says, and with what net/http does.
func (row row) judgeReply(t *testing.T, got answer, reason string, wanted answer) {
	t.Helper()
	expect(t, "status", row.status, got.status)
	if row.status == http.StatusInternalServerError {
		expect(t, "handlers that ran", 0, got.ran)
		return
	}
	for _, name := range []string{"Www-Authenticate", "Retry-After"} {
		expect(t, name, strings.Join(wanted.header[name], "; "), strings.Join(got.header[name], "; "))
	}
	expect(t, "number of nonces", len(wanted.header["Dpop-Nonce"]), len(got.header["Dpop-Nonce"]))
	if row.status/100 == 2 {
		expect(t, "handlers that ran", 1, got.ran)
		expect(t, "handler's text", wanted.body, got.body)
		return
	}
	expect(t, "handlers that ran", 0, got.ran)
	var body struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if err := json.Unmarshal([]byte(wanted.body), &body); err != nil {
		t.Error(err)
	}
	expect(t, "message", body.Description, got.body)
	expect(t, "reason of ErrorInfo", strings.ToUpper(body.Error), reason)
}
