package fuzz_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"example.com/resourceserver/jwt"
)

// explainsAs holds an explanation against what Validate said: its first failure is the reason, and nothing failed
// of a token that was accepted. Whatever the token, little is written, and nothing that a terminal obeys or that
// anybody could send.
func explainsAs(t *testing.T, token string, e jwt.Explanation, err error) {
	t.Helper()
	if fmt.Sprint(e.Err()) != fmt.Sprint(err) {
		t.Fatalf("Explain: %v, Validate: %v: %s", e.Err(), err, token)
	}
	for _, f := range e.Findings {
		if f.Outcome == jwt.Passed {
			continue
		}
		if err == nil || f.Outcome != jwt.Failed || f.Reason != e.Reason() || f.Remedy == "" {
			t.Fatalf("%+v, though Validate says %v: %s", f, err, token)
		}
		break
	}
	var b bytes.Buffer
	slog.New(slog.NewTextHandler(&b, nil)).Info("m", "token", e)
	document, fault := json.Marshal(e)
	if fault != nil {
		t.Fatal(fault)
	}
	harmless(t, token, e.String(), string(document), b.String())
}

// harmless demands that texts about a token are short, printable, and without a segment of it. The segments are
// looked for encoded: what the claims say may be any text, a part of the signature too.
func harmless(t *testing.T, token string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if len(text) > 16<<10 {
			t.Fatalf("%d bytes about %s", len(text), token)
		}
		if i := strings.IndexFunc(text, func(r rune) bool { return r != '\n' && (r < ' ' || r > '~') }); i >= 0 {
			t.Fatalf("%q in what is said about %s", text[i:], token)
		}
		parts := strings.Split(token, ".")
		for _, part := range parts {
			if len(part) > 24 && strings.Contains(text, part) && !isSaid(parts, part) {
				t.Fatalf("%s is in what is said about %s", part, token)
			}
		}
	}
}

// isSaid reports whether the header or the claims hold the text of a segment.
func isSaid(parts []string, text string) bool {
	for _, part := range parts {
		if decoded, _ := base64.RawURLEncoding.DecodeString(part); strings.Contains(string(decoded), text) {
			return true
		}
	}
	return false
}
