package jwks

import (
	"iter"
	"net/http"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Bounds of StatusOfAll. Where as many as that fail, and nothing else works, it is this
// process that reaches nobody.
const (
	manyFailing = 8
	maxListed   = 100
)

// StatusOfAll serves how all sources are, as JSON: how many are in each [State], and
// what is wrong with those whose last fetch failed, of which it lists 100. sources are
// by name, as the All of jwt.Tenants gives them; one that has no Status method, such as
// a [Static], counts as fresh. It answers GET and HEAD.
//
// It will do as a readiness probe. One tenant whose issuer is down, or a few, are no
// reason to send everybody else's requests elsewhere, and one that nobody has asked
// for is no fault: the answer is 503 only if 8 sources or more have failed and not one
// serves keys, as it is where this process reaches nobody. It then begins a refresh of
// 8 of them, without waiting for it, of those that are due the ones that failed longest
// ago: all have their turn. Otherwise it begins none: a source that is idle stays so.
//
// The answer names tenants, and tells why fetches fail. Serve it where your operators
// are, not where your clients are.
func StatusOfAll[S any](sources iter.Seq2[string, S]) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method != http.MethodGet && req.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		var all summary
		for name, source := range sources {
			all.add(name, source)
		}
		all.conclude()
		all.write(w)
	})
}

// summary is the JSON form of the status of all. Its member names are part of this
// package's API.
type summary struct {
	Ready    bool            `json:"ready"`
	Sources  int             `json:"sources"`
	States   map[State]int   `json:"states"`
	Failing  int             `json:"failing"`
	Failures []failingSource `json:"failures"`

	serving bool
	retries []retry // of those that failed, if nobody serves
}

// retried is a source that can be asked again where no requests come that would.
type retried interface {
	// failedAt is when it was last tried in vain, and whether it may be tried again now.
	failedAt() (at time.Time, due bool)
	// retry begins that, and waits for nothing.
	retry()
}

// retry is what may be asked of one source.
type retry struct {
	failedAt time.Time
	source   retried
}

func (r *Remote) failedAt() (at time.Time, due bool) {
	if r.flights == nil {
		return time.Time{}, false
	}
	s := r.flights.state.Load()
	return s.faultAt, s.due(time.Now())
}

func (r *Remote) retry() { r.flights.beginIf((*state).due) }

func (e *KeyEndpoint) failedAt() (at time.Time, due bool) {
	if e.keys == nil {
		return time.Time{}, false
	}
	e.keys.mu.Lock()
	defer e.keys.mu.Unlock()
	return e.keys.landed.triedAt, e.keys.landed.fault != nil
}

func (e *KeyEndpoint) retry() { e.keys.retry() }

// failingSource is one whose last fetch failed.
type failingSource struct {
	Name        string    `json:"name"`
	State       State     `json:"state"`
	Source      string    `json:"source"`
	Failures    int       `json:"failures"`
	LastError   string    `json:"last_error"`
	LastErrorAt time.Time `json:"last_error_at"`
	UsableUntil time.Time `json:"usable_until,omitzero"`
}

func (s *summary) add(name string, source any) {
	status := Status{State: Fresh}
	if reporter, ok := source.(interface{ Status() Status }); ok {
		status = reporter.Status()
	}
	if s.States == nil {
		s.States = make(map[State]int)
	}
	s.Sources++
	s.States[status.State]++
	s.serving = s.serving || status.State.Usable()
	if status.LastError == nil {
		return
	}
	s.Failing++
	if len(s.Failures) < maxListed {
		s.Failures = append(s.Failures, failingSource{
			Name: name, State: status.State, Source: status.Source, Failures: status.Failures,
			LastError: text(status.LastError), LastErrorAt: status.LastErrorAt, UsableUntil: status.UsableUntil,
		})
	}
	if again, ok := source.(retried); ok {
		if failedAt, due := again.failedAt(); due {
			s.retries = append(s.retries, retry{failedAt, again})
		}
	}
}

func (s *summary) conclude() {
	s.Ready = s.serving || s.Failing < manyFailing
	if s.Ready {
		return
	}
	slices.SortStableFunc(s.retries, func(a, b retry) int { return a.failedAt.Compare(b.failedAt) })
	for _, r := range s.retries[:min(len(s.retries), manyFailing)] {
		r.source.retry()
	}
}

func (s *summary) write(w http.ResponseWriter) {
	body, err := json.Marshal(s, jsontext.AllowInvalidUTF8(true), json.Deterministic(true))
	if err != nil {
		http.Error(w, "status cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !s.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = w.Write(append(body, '\n'))
}
