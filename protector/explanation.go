package protector

import (
	"encoding/json"
	"log/slog"
	"strconv"
	"strings"
	"time"
)

// How a part of a decision came out.
const (
	findingPassed    = "passed"
	findingFailed    = "failed"
	findingNotJudged = "not_judged"
)

// Finding is one part of an [Explanation]. Its texts are printable ASCII: what comes
// from others is bounded, and quoted as in Go.
type Finding struct {
	// Check names the part, and is stable: rule, credential, request, validator,
	// evidence, token, policy, lifetime, binding, proof, withdrawn, type, client, delegation,
	// authentication, scope, groups, roles, entitlements, claim and check. Those that
	// neither the configuration nor the policy asks for are left out.
	Check string `json:"check"`
	// Outcome is passed, failed or not_judged.
	Outcome string `json:"outcome"`
	// Reason is that of the Error, if the part refuses or nobody could tell.
	Reason string `json:"reason,omitempty"`
	// Because says more about the outcome: the cause of a refusal, or why the part was
	// not judged.
	Because string `json:"because,omitempty"`
	// Found and Expected say what there is and what there should be.
	Found    string `json:"found,omitempty"`
	Expected string `json:"expected,omitempty"`
	// Remedy says what to do.
	Remedy string `json:"remedy,omitempty"`
}

// Explanation says what [Protector.Check] would think of a request, part by part. It
// holds no token, and of a token only what says nothing about a person: scopes, times,
// and how much there is of what else is asked for.
type Explanation struct {
	_ [0]func() // no comparison

	// Findings are the parts in the order of Check.
	Findings []Finding

	outcome    Outcome
	err        *Error
	status     int      // of the answer; 0 where the handler gives it
	challenges []string // of the answer
	token      string   // what the validator says of the token
	document   json.RawMessage

	shadowUntil time.Time // zero: the policy is enforced
}

// Err returns what Check would return, an [*Error], or nil. By a rule in shadow it is what
// Check will return from that day on: until then every request passes, as String, LogValue
// and MarshalJSON say. [Protector.Answer] tells
// the whole answer. A proof that was used before is the one thing that Check would see
// and Explain does not.
func (e Explanation) Err() error {
	if e.err == nil {
		return nil
	}
	return e.err
}

// Reason returns why the request is refused, or cannot be judged, or "".
func (e Explanation) Reason() string {
	if e.err == nil {
		return ""
	}
	return e.err.Reason
}

// MarshalJSON writes the outcome, as "shadow_until" the time up to which the request
// passes whatever the outcome, the reason, the status and the challenges of the
// answer, the findings, and as "token" what the validator says of the token.
func (e Explanation) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Outcome     Outcome         `json:"outcome"`
		ShadowUntil time.Time       `json:"shadow_until,omitzero"`
		Reason      string          `json:"reason,omitempty"`
		Status      int             `json:"status,omitempty"`
		Challenges  []string        `json:"challenges,omitempty"`
		Findings    []Finding       `json:"findings"`
		Token       json.RawMessage `json:"token,omitempty"`
	}{e.outcome, e.shadowUntil, e.Reason(), e.status, e.challenges, e.Findings, e.document})
}

// LogValue returns the outcome, the reason, the status, and the findings that failed,
// under the name of their check: further ones of the same with _2, _3 and so on.
func (e Explanation) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("outcome", string(e.outcome))}
	if !e.shadowUntil.IsZero() {
		attrs = append(attrs, slog.Time("shadow_until", e.shadowUntil))
	}
	attrs = appendSet(attrs, "reason", e.Reason())
	if e.status != 0 {
		attrs = append(attrs, slog.Int("status", e.status))
	}
	seen := make(map[string]int)
	for _, f := range e.Findings {
		if f.Outcome != findingFailed {
			continue
		}
		key := f.Check
		if seen[f.Check]++; seen[f.Check] > 1 { // most who read a record keep one of two with the same key
			key += "_" + strconv.Itoa(seen[f.Check])
		}
		attrs = append(attrs, slog.String(key, f.summary()))
	}
	return slog.GroupValue(attrs...)
}

// String returns a line for each part and one more for each remedy, the answer, and
// what the validator says of the token.
func (e Explanation) String() string {
	var b strings.Builder
	b.WriteString("The request is " + string(e.outcome))
	if reason := e.Reason(); reason != "" {
		b.WriteString(": " + reason)
	}
	b.WriteByte('\n')
	answer := "The answer is "
	if !e.shadowUntil.IsZero() {
		b.WriteString("It goes on whatever is said here, and without a current token by this policy, " +
			"which is in shadow until " + e.shadowUntil.UTC().Format(time.RFC3339) + "\n")
		answer = "From then on the answer is "
	}
	for _, f := range e.Findings {
		f.writeTo(&b)
	}
	if e.status != 0 {
		b.WriteString(answer + strconv.Itoa(e.status) + "\n")
	}
	for _, challenge := range e.challenges {
		b.WriteString("  WWW-Authenticate: " + challenge + "\n")
	}
	if e.token != "" {
		b.WriteString(e.token)
	}
	return b.String()
}

var outcomeColumn = map[string]string{
	findingPassed: "passed      ", findingFailed: "FAILED      ", findingNotJudged: "not judged  ",
}

const nameColumn = "                " // as wide as the longest name of a part, and two more

func (f Finding) writeTo(b *strings.Builder) {
	line := "  " + outcomeColumn[f.Outcome] + f.Check + nameColumn[min(len(f.Check), len(nameColumn)-2):] + f.summary()
	b.WriteString(strings.TrimRight(line, " ") + "\n")
	if f.Remedy != "" {
		b.WriteString("              " + nameColumn + "-> " + f.Remedy + "\n")
	}
}

// summary is what a finding says, in one line and without its remedy.
func (f Finding) summary() string {
	text := f.Found
	if f.Outcome != findingPassed && f.Expected != "" {
		text = join(text, ", ", "expected "+f.Expected)
	}
	return join(text, ": ", f.Because)
}

func join(before, between, behind string) string {
	if before == "" || behind == "" {
		return before + behind
	}
	return before + between + behind
}

// Bounds of what an explanation repeats.
const (
	maxShown  = 120 // bytes of one text
	maxListed = 12  // texts of a list
)

// shown quotes a text as printable ASCII: a terminal obeys no character of it.
func shown(text string) string {
	if len(text) > maxShown {
		return strconv.QuoteToASCII(strings.ToValidUTF8(text[:maxShown], "")) + "..."
	}
	return strconv.QuoteToASCII(text)
}

// plain bounds the text of an error. One that is not printable ASCII is quoted.
func plain(text string) string {
	text = shortened(text, longestLogged)
	if strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
		return strconv.QuoteToASCII(text)
	}
	return text
}

func joined(texts []string, between string) string {
	text := strings.Join(texts[:min(len(texts), maxListed)], between)
	if more := len(texts) - maxListed; more > 0 {
		text += " and " + strconv.Itoa(more) + " more"
	}
	return text
}

// listed shows a list, and anyOf one of which one is enough.
func listed(texts []string) string {
	if len(texts) == 0 {
		return "none"
	}
	return joined(quotedEach(texts), " ")
}

func anyOf(texts []string) string { return joined(quotedEach(texts), " or ") }

func quotedEach(texts []string) []string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = shown(text)
	}
	return quoted
}
