package jwt

import (
	"context"
	"errors"
	"slices"
)

// Explain says check by check what Validate thinks of the token: what was found, what
// was expected, and what to do. It makes the checks of Validate and no others, in
// their order, and goes on after one that failed wherever the rest can be judged: a
// token with three faults has three that failed. It is for people, tools and tests;
// what is wrong is decided by Validate, whose error [Explanation.Err] returns.
//
// It calls Config.Decrypt, and asks for keys once, as Validate does. For a token that
// Validate refuses before that it asks with a context that has ended, so that nothing is
// fetched: the signature is judged then by keys that are at hand. Like Validate it
// does nothing with a token that is longer than Config.MaxTokenBytes, and it may be
// called by any number of goroutines.
func (v *Validator) Explain(ctx context.Context, token string) Explanation {
	r := newValidation(token)
	defer r.end()
	r.validator = v
	if v.terms == nil { // the zero Validator, which NewValidator has not made
		_, err := v.Validate(ctx, token)
		return r.explainChoice(err, nil)
	}
	return r.explain(ctx)
}

// Explain is [Validator.Explain] of the validator for the token's issuer. Where there
// is none, nothing else can be judged.
func (i *Issuers) Explain(ctx context.Context, token string) Explanation {
	v := newValidation(token)
	defer v.end()
	if err := i.choose(v); err != nil {
		return v.explainChoice(err, i.names)
	}
	return v.explain(ctx)
}

// Explain is [Validator.Explain] of the validator for the token's tenant. Where there
// is none, nothing else can be judged. Like Validate it may call TenantsConfig.Resolve.
func (t *Tenants) Explain(ctx context.Context, token string) Explanation {
	v := newValidation(token)
	defer v.end()
	for range maxChanges {
		n, _, err := t.choose(ctx, v)
		if err != nil {
			return v.explainChoice(err, nil)
		}
		if e, counts := t.explainBy(ctx, n, v); counts {
			return e
		}
	}
	return v.explainChoice(errKeepsChanging, nil)
}

// explainBy is validateBy with a pen. It is no use of a tenant.
func (t *Tenants) explainBy(ctx context.Context, n *tenant, v *validation) (e Explanation, counts bool) {
	defer t.used(n)
	v.validator = n.validator
	e = v.explain(ctx)
	return e, !n.lease.ended()
}

// explain makes all checks, and goes on where run stops. It recalls no header, and
// remembers none: this one may have failed.
func (v *validation) explain(ctx context.Context) Explanation {
	p := pen{validation: v}
	for c := checkEncryption; c <= lastCheck; c++ {
		if p.obstacles[c] = p.obstacle(c); p.obstacles[c] == 0 {
			p.errs[c] = p.make(ctx, c)
		}
	}
	return p.explanation()
}

// make makes one check. Where Validate would have stopped before it asked for keys, the
// source is asked with a context that has ended: it says what it has, and fetches nothing.
func (p *pen) make(ctx context.Context, c check) error {
	if c != checkKey || !p.stopped(c) {
		return p.pass(ctx, c)
	}
	ended, end := context.WithCancel(ctx)
	end()
	err := p.pass(ended, c)
	if _, refused := errors.AsType[*Error](err); err != nil && !refused {
		return errNotAsked
	}
	return err
}

var errNotAsked = errors.New("the key is not at hand, and none is fetched for a token that is refused before")

// stopped reports whether Validate makes no check from c on.
func (p *pen) stopped(c check) bool {
	return slices.ContainsFunc(p.errs[:c], func(err error) bool { return err != nil })
}

// explainChoice is all that there is to say where no validator could be chosen.
func (v *validation) explainChoice(err error, issuers []string) Explanation {
	f := Finding{Check: "validator", Found: v.issuerFound(), Outcome: NotJudged}
	if len(issuers) > 0 {
		f.Expected = "one of " + listed(issuers)
	}
	if refused, ok := errors.AsType[*Error](err); ok {
		f.Outcome, f.Reason, f.Remedy = Failed, refused.Reason, v.remedyForChoice(refused, issuers)
	} else {
		f.Because = plain(err.Error(), v.token)
	}
	rest := Finding{Check: "all others", Outcome: NotJudged, Because: "what they expect is not known without validator"}
	return Explanation{Findings: []Finding{f, rest}, err: err, text: plain(err.Error(), v.token)}
}

// pen writes down what became of each check.
type pen struct {
	*validation
	errs      [lastCheck + 1]error
	obstacles [lastCheck + 1]check // which the check could not be made without; 0 for those that were made
}

// obstacle returns the check because of which c cannot be made, or 0.
func (p *pen) obstacle(c check) check {
	for _, needed := range neededFor[c] {
		switch {
		case p.obstacles[needed] != 0:
			return p.obstacles[needed]
		case p.errs[needed] != nil && !p.leavesText(needed):
			return needed
		}
	}
	return 0
}

// leavesText reports whether there is a text to go on with after decryption failed: a
// token that is not encrypted, and should be.
func (p *pen) leavesText(c check) bool {
	refused, ok := errors.AsType[*Error](p.errs[c])
	return ok && refused.Reason == ReasonNotEncrypted
}

// neededFor are the checks without which one cannot be made. The keys are asked
// for only where there is a signature that they could verify: whoever explains tokens
// causes no more fetches than whoever validates them.
var neededFor = func() (n [lastCheck + 1][]check) {
	n[checkForm] = []check{checkEncryption}
	n[checkHeader] = []check{checkForm}
	for c := checkAlgorithm; c <= checkType; c++ {
		n[c] = []check{checkHeader}
	}
	n[checkEncoding] = []check{checkForm}
	n[checkKey] = []check{checkAlgorithm, checkExtensions, checkKeyID, checkEncoding}
	n[checkSignature] = []check{checkKey}
	n[checkClaims] = []check{checkForm}
	for c := checkKind; c <= lastCheck; c++ {
		n[c] = []check{checkClaims}
	}
	return n
}()

// verified reports whether the signature was found good.
func (p *pen) verified() bool {
	return p.obstacles[checkSignature] == 0 && p.errs[checkSignature] == nil
}

// isIdle reports whether there is nothing that c could refuse, by the config.
func (p *pen) isIdle(c check) bool {
	switch refs := p.validator.terms.refs; c {
	case checkEncryption:
		return p.validator.decrypt == nil
	case checkKind:
		return len(refs.equal)+len(refs.absent) == 0
	}
	return false
}

// explanation writes it all out. What is found in one check may depend on others: the
// claims tell more about a wrong typ than the header does.
func (p *pen) explanation() Explanation {
	e := Explanation{Findings: make([]Finding, 0, lastCheck), verified: p.verified()}
	for c := checkEncryption; c <= lastCheck; c++ {
		if !p.isIdle(c) {
			e.Findings = append(e.Findings, p.finding(c))
		}
		if err := p.errs[c]; err != nil && e.err == nil {
			e.err, e.text = err, plain(err.Error(), p.token)
		}
	}
	return e
}

func (p *pen) finding(c check) Finding {
	f := Finding{Check: checkNames[c]}
	if needed := p.obstacles[c]; needed != 0 {
		f.Outcome, f.Because = NotJudged, needs+checkNames[needed]
		return f
	}
	f.Unverified = c >= checkClaims && !p.verified()
	f.Found, f.Expected = p.found(c), p.expected(c)
	switch err := p.errs[c].(type) {
	case nil:
		f.Outcome = Passed
	case *Error:
		f.Outcome, f.Reason, f.Remedy = Failed, err.Reason, p.remedy(c, err)
	default:
		f.Outcome, f.Because = NotJudged, plain(err.Error(), p.token)
	}
	return f
}

var checkNames = [...]string{
	checkEncryption:     "encryption",
	checkForm:           "form",
	checkHeader:         "header",
	checkAlgorithm:      "alg",
	checkExtensions:     "crit",
	checkKeyID:          "kid",
	checkType:           "typ",
	checkEncoding:       "encoding",
	checkKey:            "key",
	checkSignature:      "signature",
	checkClaims:         "claims",
	checkKind:           "kind",
	checkIssuer:         "iss",
	checkAudience:       "aud",
	checkExpiry:         "exp",
	checkNotBefore:      "nbf",
	checkIssuedAt:       "iat",
	checkRequired:       "required",
	checkSubject:        "sub",
	checkID:             "id",
	checkClient:         "client",
	checkAuthentication: "authentication",
	checkScope:          "scope",
	checkConfirmation:   "cnf",
}
