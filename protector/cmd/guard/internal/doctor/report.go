package doctor

import (
	"strings"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/protector/cmd/guard/internal/terminal"
)

// Outcome is what a check came to.
type Outcome string

// The outcomes.
const (
	Good    Outcome = "good"
	Warning Outcome = "warning"
	Bad     Outcome = "bad"
	Unknown Outcome = "unknown" // nobody answered
)

// Check is one thing that was looked at. Its texts are printable ASCII.
type Check struct {
	Name    string  `json:"check"`
	Outcome Outcome `json:"outcome"`
	Found   string  `json:"found"`
	Remedy  string  `json:"remedy,omitempty"`
}

// Report is what was found out about an issuer.
type Report struct {
	Issuer      string            `json:"issuer"`  // as it should be configured
	Verdict     Outcome           `json:"verdict"` // the worst of the checks
	Checks      []Check           `json:"checks"`
	Keys        []jwks.KeyStatus  `json:"keys,omitempty"`
	Skipped     []jwks.SkippedKey `json:"skipped,omitempty"`
	Profile     string            `json:"profile,omitempty"`      // the name of the one that the token needs
	AlsoFitting []string          `json:"also_fitting,omitempty"` // names of others that accept the token
	Token       *jwt.Explanation  `json:"token,omitempty"`
	Go          string            `json:"go,omitempty"`
}

func (r *Report) add(name string, outcome Outcome, found, remedy string) {
	r.Checks = append(r.Checks, Check{name, outcome, terminal.Plain(found, maxText), terminal.Plain(remedy, maxText)})
}

// maxText bounds one text of a report: an address or two, and what is wrong with them.
const maxText = 600

// conclude sets the verdict. What nobody could tell outweighs what is bad: it may be the cause.
func (r *Report) conclude() {
	r.Verdict = Good
	for _, c := range r.Checks {
		switch {
		case c.Outcome == Unknown:
			r.Verdict = Unknown
			return
		case c.Outcome == Bad, c.Outcome == Warning && r.Verdict == Good:
			r.Verdict = c.Outcome
		}
	}
}

// Text writes the report for people. Of a token that is accepted there is nothing to explain.
func (r Report) Text(paint terminal.Paint) string {
	var b strings.Builder
	for _, c := range r.Checks {
		name := c.Name + strings.Repeat(" ", max(1, 11-len(c.Name)))
		b.WriteString(mark(paint, c.Outcome) + name + c.Found + "\n")
		if c.Remedy != "" {
			b.WriteString("                    -> " + c.Remedy + "\n")
		}
	}
	if r.Token != nil && r.Token.Err() != nil {
		b.WriteString("\nWith the profile " + r.Profile + ":\n" + PaintExplanation(r.Token.String(), paint))
	}
	if r.Go != "" {
		b.WriteString("\nSave as guard.go:\n\n" + r.Go)
	}
	return b.String()
}

func mark(paint terminal.Paint, o Outcome) string {
	switch o {
	case Good:
		return paint.Good("good     ")
	case Warning:
		return paint.Doubtful("warning  ")
	case Bad:
		return paint.Bad("BAD      ")
	}
	return paint.Doubtful("unknown  ")
}

// PaintExplanation colours the lines of a jwt.Explanation. Whatever a token says is inside a line, so that no token
// makes one of its own.
func PaintExplanation(text string, paint terminal.Paint) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		for _, column := range []struct {
			name string
			in   func(string) string
		}{{"  passed      ", paint.Good}, {"  FAILED      ", paint.Bad}, {"  not judged  ", paint.Doubtful}} {
			if rest, ok := strings.CutPrefix(line, column.name); ok {
				line = column.in(column.name) + rest
				break
			}
		}
		b.WriteString(line)
	}
	return b.String()
}
