package protector

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// explainFunc has a token explained by whoever knows its kind.
type explainFunc func(ctx context.Context, token string) fmt.Stringer

// Explaining returns the validator, able to say more about a token than that it is no
// good: [Protector.Explain] puts in what explain returns. It is for the Explain methods
// of the package jwt:
//
//	protector.Explaining(protector.Bearer(tokens.Validate), tokens.Explain)
//
// What explain returns is written by its String method, and in JSON as it is. It must
// not hold the token; where it does, it is left out.
func Explaining[E fmt.Stringer](v Validator, explain func(ctx context.Context, token string) E) Validator {
	if explain == nil {
		v.faults = append(v.faults[:len(v.faults):len(v.faults)],
			errors.New("Explaining was given a nil function: leave Explaining out"))
		return v
	}
	v.explain = func(ctx context.Context, token string) fmt.Stringer { return explain(ctx, token) }
	return v
}

// Explain says part by part what [Protector.Check] would think of the request and the
// rule, and goes on after a part that failed where the rest can be judged: where the
// token was looked for and found, what is wrong with it, whether its binding is proved,
// what the policy asks for and the token grants, and the answer. It is for people, tools
// and tests.
//
// Explain asks whom Check asks: the authenticate function, the proofs, Withdrawn,
// RequestCheck and Policy.Check. Like Check it asks the two of the policy about no token
// that has ended, or whose binding is not proved. But it uses nothing up: a proof of
// possession is judged and not spent, so that one which was used before is not found
// out. It writes nothing, and Config.OnDecision and Config.Logger do not hear of it. The
// request is judged anew, also behind a middleware that has let it in.
//
// Show it to whoever runs the service, and not to its clients: it says what the rule
// asks for.
func (p *Protector) Explain(r *http.Request, rule *Rule) Explanation {
	if err := p.wiring("Explain", rule); err != nil {
		x := pen{protector: p}
		x.note(Finding{Check: "rule"}, errProgram(reasonBadRequirement, err))
		return x.explanation()
	}
	c, err := p.credential(r) // in the request as it came: who withheld it from the handler may be further out
	blind := withoutCurrent(r)
	x := pen{protector: p, rule: rule, r: blind}
	x.judge(c, err)
	keepBody(r, blind)
	return x.explanation()
}

// pen writes down what became of each part of a decision.
type pen struct {
	protector *Protector
	rule      *Rule
	r         *http.Request // without a current token
	findings  []Finding
	grant     *grant // nil until a token is known to be genuine
	good      bool   // the token is alive, and its bearer has proved that it is his
	err       *Error // the first
	text      string // what Explaining's function says of the token
	document  []byte // the same as JSON
}

// note adds a finding that failed if there is an error, and passed otherwise.
func (x *pen) note(f Finding, err *Error) {
	f.Outcome = findingPassed
	if err != nil {
		f.Outcome, f.Reason, f.Remedy = findingFailed, err.Reason, remedyOf(f.Check, err)
		if err.Status >= http.StatusInternalServerError {
			f.Outcome = findingNotJudged
		}
		if err.Err != nil {
			f.Because = plain(err.Err.Error())
		}
		if x.err == nil {
			x.err = err
		}
	}
	x.findings = append(x.findings, f)
}

// leave adds a finding about what could not be judged.
func (x *pen) leave(check, because string) {
	x.findings = append(x.findings, Finding{Check: check, Outcome: findingNotJudged, Because: because})
}

// judge does what decide does, and goes on.
func (x *pen) judge(c credential, err *Error) {
	p := x.protector
	x.note(Finding{Check: "credential", Found: found(c), Expected: "one token in " + p.places()}, err)
	if err != nil {
		x.err = err.under(c.scheme)
		x.leave("token", "needs credential")
		x.leave("policy", "needs credential")
		return
	}
	if p.requestCheck != nil {
		x.note(Finding{Check: "request"}, p.checkRequest(x.r, c))
	}
	if c.token == "" {
		x.judgeNobody()
	} else if v := x.validator(c); v != nil {
		x.judgeToken(v, c)
	} else {
		x.leave("policy", "needs token")
	}
	x.err.under(c.scheme)
}

// found tells where the token was, and how long it is.
func found(c credential) string {
	if c.token == "" {
		return "none"
	}
	place := "the Authorization field, under " + c.scheme.name
	if c.source != nil {
		place = c.source.place
	}
	return "one of " + strconv.Itoa(len(c.token)) + " bytes in " + place
}

// places lists where tokens are looked for.
func (p *Protector) places() string {
	var places []string
	for _, s := range p.schemes {
		if s.field == "" {
			places = append(places, "the Authorization field, under "+s.name)
		}
	}
	for _, source := range p.sources {
		places = append(places, source.place)
	}
	return strings.Join(places, ", or ")
}

// judgeNobody is about a request without a token.
func (x *pen) judgeNobody() {
	g := &grant{by: x.protector.identity}
	f := Finding{Check: "token", Found: "none", Expected: "one that is valid"}
	if x.rule.optional {
		f.Expected = "none, or one that is valid"
	}
	x.note(f, x.rule.admits(x.r, g))
	x.leave("policy", "there is no token")
}

// validator is the one that takes the token.
func (x *pen) validator(c credential) *Validator {
	v := c.scheme.validatorFor(c.token)
	f := Finding{Check: "validator", Found: "one for " + c.scheme.name, Expected: "one whose When takes the token"}
	if v == nil {
		f.Found = "none"
		x.note(f, errInvalidToken(reasonNoValidator, nil))
		return nil
	}
	x.note(f, nil)
	return v
}

// judgeToken is what authenticate does, without its commits.
func (x *pen) judgeToken(v *Validator, c credential) {
	possession, unreadable := gather(x.r, c.token, v.proofs)
	if unreadable != nil {
		x.note(Finding{Check: "evidence"}, unreadable)
	}
	token, err := v.validate(x.r, c.token)
	x.note(Finding{Check: "token", Expected: "one that is valid"}, err)
	x.askValidator(v, c.token)
	if token == nil {
		x.leave("policy", "needs token")
		return
	}
	x.grant = &grant{
		by: x.protector.identity, credential: c, target: targetOf(x.r), token: token, possession: possession,
	}
	x.note(Finding{Check: "lifetime", Found: "ends " + x.when(token.ExpiresAt())}, x.protector.alive(token))
	if unreadable == nil {
		x.judgeBinding(v)
	} else {
		x.leave("binding", "needs evidence")
	}
	x.good = x.err == nil
	x.judgePolicy()
	if x.good {
		x.err = x.err.with(possession.answerHeader())
	}
}

// askValidator has the token explained.
func (x *pen) askValidator(v *Validator, token string) {
	if v.explain == nil {
		return
	}
	e := v.explain(x.r.Context(), token)
	if isNil(e) {
		return
	}
	text := e.String()
	document, err := json.Marshal(e)
	document = asciiJSON(document)
	if err != nil || !isHarmless(text, token) || !isHarmless(string(document), token) {
		text, document = "What the validator says of it is left out: it holds the token, or is no short text.\n", nil
	}
	x.text, x.document = text, document
}

// asciiJSON escapes what is beyond ASCII, which in JSON is in strings alone: a terminal may
// obey some of it.
func asciiJSON(document []byte) []byte {
	var ascii []byte
	for _, r := range string(document) {
		if r < utf8.RuneSelf {
			ascii = append(ascii, byte(r))
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			ascii = fmt.Appendf(ascii, `\u%04x`, unit)
		}
	}
	return ascii
}

// longestExplanation bounds what an explanation of somebody else's adds.
const longestExplanation = 64 << 10

func isHarmless(text, token string) bool {
	return len(text) <= longestExplanation && !quotes(text, token) &&
		strings.IndexFunc(text, func(r rune) bool { return r != '\n' && (r < ' ' || r > '~') }) < 0
}

// judgeBinding is what confirm does, up to where proofs are spent.
func (x *pen) judgeBinding(v *Validator) {
	g := x.grant
	confirmation := confirmationOf(g.token)
	f := Finding{Check: "binding", Found: boundBy(confirmation), Expected: provable(v)}
	if len(confirmation) > 0 && !g.possession.proves(confirmation) {
		x.note(f, errInvalidToken(reasonConfirmation, nil))
		return
	}
	x.note(f, nil)
	if g.possession == nil {
		return
	}
	for i, proof := range v.proofs {
		commit, err := g.possession.checkOne(x.r, i, confirmation)
		f := Finding{Check: "proof", Found: "of " + shown(proof.Confirms())}
		if err != nil {
			x.note(f, g.possession.read(x.r.Context(), err))
			continue
		}
		if commit != nil {
			f.Because = "not spent: whether it was used before is not known"
		}
		x.note(f, nil)
	}
}

// explanation adds what would be answered.
func (x *pen) explanation() Explanation {
	e := Explanation{outcome: OutcomeGranted, token: x.text, document: x.document}
	if x.rule != nil {
		e.shadowUntil = x.protector.shadowUntil(x.rule)
	}
	switch {
	case x.err != nil:
		e.outcome, e.err = OutcomeRefused, x.err
		if x.err.Status >= http.StatusInternalServerError {
			e.outcome = OutcomeUnavailable
		}
		status, header, _ := x.protector.Answer(x.err)
		e.status, e.challenges = status, header["Www-Authenticate"]
	case x.grant == nil:
		e.outcome = OutcomeAnonymous
	}
	e.Findings = x.findings
	return e
}

// boundBy lists the confirmation methods of a token.
func boundBy(confirmation map[string]string) string {
	return listed(slices.Sorted(maps.Keys(confirmation)))
}

// provable lists the methods of which v has a proof.
func provable(v *Validator) string {
	methods := make([]string, len(v.proofs))
	for i, proof := range v.proofs {
		methods[i] = proof.Confirms()
	}
	if len(methods) == 0 {
		return "none"
	}
	return "none, or " + listed(methods)
}
