package jwks

import (
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// StatusHandler serves [Remote.Status] as JSON: 200 while known keys are served
// (fresh or stale), 503 otherwise, so that it will do as a readiness probe. It
// answers GET and HEAD. Like a lookup, it begins a refresh that is due without
// waiting for it: a probe that comes before all traffic loads the first set.
//
// The answer tells where keys come from and why fetches fail. Serve it where
// your operators are, not where your clients are.
func (r *Remote) StatusHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method != http.MethodGet && req.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
			return
		}
		if r.flights != nil && r.flights.state.Load().due(time.Now()) {
			r.flights.beginIf((*state).due)
		}
		writeStatus(w, r.Status())
	})
}

func writeStatus(w http.ResponseWriter, s Status) {
	body, err := s.MarshalJSON()
	if err != nil {
		http.Error(w, "status cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !s.State.Usable() {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = w.Write(append(body, '\n'))
}

// statusDocument is the JSON form of Status. Its member names are part of this
// package's API.
type statusDocument struct {
	State          State        `json:"state"`
	Source         string       `json:"source"`
	JWKSURL        string       `json:"jwks_url,omitempty"`
	ConfirmedAt    time.Time    `json:"confirmed_at,omitzero"`
	AgeSeconds     int64        `json:"age_seconds,omitzero"`
	UsableUntil    time.Time    `json:"usable_until,omitzero"`
	NextRefresh    time.Time    `json:"next_refresh,omitzero"`
	Keys           []KeyStatus  `json:"keys"`
	Skipped        []SkippedKey `json:"skipped"`
	LastError      string       `json:"last_error,omitempty"`
	LastErrorAt    time.Time    `json:"last_error_at,omitzero"`
	Failures       int          `json:"failures"`
	EmptySince     time.Time    `json:"empty_since,omitzero"`
	DiscoveryError string       `json:"discovery_error,omitempty"`
	DiscoveredAt   time.Time    `json:"discovered_at,omitzero"`
	Counts         Counts       `json:"counts"`
}

// MarshalJSON writes what [Remote.StatusHandler] serves.
func (s Status) MarshalJSON() ([]byte, error) {
	// Errors may repeat what a server sent, which need not be UTF-8.
	return json.Marshal(s.document(), jsontext.AllowInvalidUTF8(true))
}

func (s Status) document() statusDocument {
	return statusDocument{
		State: s.State, Source: s.Source, JWKSURL: s.JWKSURL,
		ConfirmedAt: s.ConfirmedAt, AgeSeconds: int64(s.Age / time.Second),
		UsableUntil: s.UsableUntil, NextRefresh: s.NextRefresh,
		Keys: s.Keys, Skipped: s.Skipped,
		LastError: text(s.LastError), LastErrorAt: s.LastErrorAt,
		Failures: s.Failures, EmptySince: s.EmptySince,
		DiscoveryError: text(s.DiscoveryError), DiscoveredAt: s.DiscoveredAt, Counts: s.Counts,
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
