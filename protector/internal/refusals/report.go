package refusals

import (
	"encoding/json"
	"testing"
)

// report writes what came of a row at a door to the log of the test, in one line
// that fuzz/doors reads.
func (row row) report(t *testing.T, got answer, code string) {
	t.Helper()
	reason := ""
	if len(got.decisions) > 0 {
		reason = got.decisions[len(got.decisions)-1].Reason
	}
	line, err := json.Marshal(struct {
		Row    string `json:"row"`
		Status int    `json:"status"` // as the client understands it
		Error  string `json:"error"`  // that the client is told
		Reason string `json:"reason"` // that the service is told
		Ran    bool   `json:"ran"`    // the handler
	}{row.name, got.status, code, reason, got.ran > 0})
	if err != nil {
		t.Error(err)
	}
	t.Logf("decided %s", line)
}

// codeOf returns the error in the body of a refusal, or nothing.
func codeOf(body string) string {
	var refusal struct {
		Error string `json:"error"`
	}
	json.Unmarshal([]byte(body), &refusal) // what a handler has written is no refusal
	return refusal.Error
}
