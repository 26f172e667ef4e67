package jwt

import (
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
)

// Outcome is what became of one check. The values are stable.
type Outcome string

// The outcomes.
const (
	Passed    Outcome = "passed"
	Failed    Outcome = "failed"
	NotJudged Outcome = "not_judged"
)

// Finding is one check of an [Explanation]. All of its texts are printable ASCII: what
// comes from the token or the issuer is bounded, and quoted as in Go.
type Finding struct {
	// Check is its stable name: a parameter of the header, a claim, or encryption,
	// form, header, encoding (of the signature), key, signature, claims, kind
	// (what Profile.Equal and Profile.Absent say), required, id, client,
	// authentication, or validator (the choice of one of several).
	Check   string  `json:"check"`
	Outcome Outcome `json:"outcome"`
	// Unverified marks what was read in claims that no good signature vouches for.
	Unverified bool `json:"unverified,omitempty"`
	// Reason is that of the Error, if the check failed.
	Reason Reason `json:"reason,omitempty"`
	// Because says why the check was not judged.
	Because string `json:"because,omitempty"`
	// Found and Expected say what the token has and what it should have.
	Found    string `json:"found,omitempty"`
	Expected string `json:"expected,omitempty"`
	// Remedy says what to do, if the check failed.
	Remedy string `json:"remedy,omitempty"`
}

// Explanation says check by check what was thought of one token. It holds no
// signature and no part of the token that could be used, and of the claims only what
// says nothing about a person: iss, aud, scope, times, and the names of claims.
type Explanation struct {
	_ [0]func() // no comparison

	// Findings are the checks in the order of Validate. Those that the config does
	// not ask for are left out.
	Findings []Finding

	err      error
	text     string // of err
	verified bool
}

// Err returns what Validate would have returned: the error of the first check that
// failed, or nil.
func (e Explanation) Err() error { return e.err }

// Reason returns why Validate refuses the token, or "" if it does not, or if nobody
// could tell.
func (e Explanation) Reason() Reason {
	if refused, ok := errors.AsType[*Error](e.err); ok {
		return refused.Reason
	}
	return ""
}

// verdict is accepted, refused, or undecided.
func (e Explanation) verdict() string {
	switch {
	case e.err != nil && e.Reason() == "":
		return "undecided"
	case e.err != nil:
		return "refused"
	case len(e.Findings) == 0: // the zero value explains nothing
		return "not explained"
	}
	return "accepted"
}

// MarshalJSON writes the verdict (accepted, refused or undecided), the reason, the
// error, whether the signature was verified, and the findings.
func (e Explanation) MarshalJSON() ([]byte, error) {
	document := struct {
		Verdict  string    `json:"verdict"`
		Reason   Reason    `json:"reason,omitempty"`
		Error    string    `json:"error,omitempty"`
		Verified bool      `json:"verified"`
		Findings []Finding `json:"findings"`
	}{e.verdict(), e.Reason(), e.text, e.verified, e.Findings}
	return json.Marshal(document)
}

// needs is what Because begins with where another check would have had to pass.
const needs = "needs "

// LogValue returns the verdict, the reason, and those findings that did not pass, but
// for what could not be judged because of another of them.
func (e Explanation) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("verdict", e.verdict())}
	if reason := e.Reason(); reason != "" {
		attrs = append(attrs, slog.String("reason", string(reason)))
	}
	for _, f := range e.Findings {
		if f.Outcome != Passed && !strings.HasPrefix(f.Because, needs) {
			attrs = append(attrs, slog.String(f.Check, f.summary()))
		}
	}
	return slog.GroupValue(attrs...)
}

// String returns a line for each check, and one more for each remedy. Checks that were
// not made for one cause share a line.
func (e Explanation) String() string {
	var b strings.Builder
	b.WriteString("The token is " + e.verdict())
	if e.text != "" {
		b.WriteString(": " + strings.TrimPrefix(e.text, "jwt: "))
	}
	b.WriteByte('\n')
	if !e.verified && len(e.Findings) > 0 {
		b.WriteString("The signature was not verified: anybody may have written what is not verified below.\n")
	}
	for i := 0; i < len(e.Findings); {
		n := e.alike(i)
		writeLine(&b, e.Findings[i:i+n])
		i += n
	}
	return b.String()
}

// alike returns how many findings, from i on, say that they were not judged for one
// cause; 1 for another finding.
func (e Explanation) alike(i int) int {
	first := e.Findings[i]
	n := slices.IndexFunc(e.Findings[i:], func(f Finding) bool {
		return f.Outcome != NotJudged || f.Because != first.Because || f.Found != first.Found
	})
	if n < 0 {
		n = len(e.Findings) - i
	}
	return max(1, n)
}

var outcomeColumn = map[Outcome]string{Passed: "passed      ", Failed: "FAILED      ", NotJudged: "not judged  "}

const nameColumn = "                " // as wide as the longest name of a check, and two more

func writeLine(b *strings.Builder, findings []Finding) {
	names := findings[0].Check
	for _, f := range findings[1:] {
		names += ", " + f.Check
	}
	b.WriteString("  " + outcomeColumn[findings[0].Outcome] + names)
	b.WriteString(nameColumn[min(len(names), len(nameColumn)-2):])
	b.WriteString(findings[0].summary() + "\n")
	if remedy := findings[0].Remedy; remedy != "" {
		b.WriteString("              " + nameColumn + "-> " + remedy + "\n")
	}
}

// summary is what a finding says, in one line and without its remedy.
func (f Finding) summary() string {
	text := f.Found
	if text == "" {
		text = f.Because
	} else if f.Because != "" {
		text += ": " + f.Because
	}
	if f.Outcome == Failed && f.Expected != "" {
		text += ", expected " + f.Expected
	}
	if f.Unverified {
		text += " (not verified)"
	}
	return text
}
