package protector

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// Proof checks that whoever sends a token holds the key or the certificate that
// the token is bound to (RFC 7800). It makes a stolen token worthless. One Proof
// is about one confirmation method; [Validator.Proving] puts it to work.
//
// The methods are called from many goroutines at once. Errors are read as those
// of an authenticate function, see [Bearer]: an [*Error] is the answer, with its
// Code, Params and Header; one whose InvalidToken() says true is 401
// invalid_token; any other means that nobody could tell, and is 503.
type Proof interface {
	// Confirms names the confirmation method: the member of the token's
	// Confirmation that the proof is about, such as "jkt" or "x5t#S256".
	Confirms() string

	// Params are attributes for every challenge of the scheme, such as the algs
	// of RFC 9449 §5.1, or nil. They are asked for once, by [New].
	Params() []Param

	// Evidence returns what the request brings as a proof: a header field, or the
	// thumbprint of a certificate. Empty means that it brings none. An error, as
	// for a field that is there twice, refuses the request before its token is
	// looked at.
	//
	// It is called again when a further protector meets the request, and what the
	// first has found holds only where the evidence is equal. So it must be cheap,
	// and say the same for the same request.
	Evidence(r *http.Request) (string, error)

	// Check judges the evidence. It is called for every token that is genuine and
	// has not ended, bound or not: a nil error for one that is not bound lets it
	// pass, and proves nothing.
	Check(ctx context.Context, p Possession) (Proved, error)
}

// Possession is what a [Proof] judges.
type Possession struct {
	// Method and Target are the request's method and request target, as they were
	// sent: "/user?id=7". Target is a whole URL where the client has sent one.
	Method, Target string
	// Token is the access token, as it was sent.
	Token string
	// Evidence is what the proof's own method of that name has returned.
	Evidence string
	// Bound says whether the token has the confirmation method, and Confirmation
	// is what it has there, such as the thumbprint of a key.
	Bound        bool
	Confirmation string
}

// Format prints no token, whatever the verb.
func (p Possession) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "protector.Possession(%s %s)", p.Method, withoutToken(p.Target, p.Token))
}

// MarshalText returns what Format writes, for whatever writes JSON, such as a handler
// of log/slog: the target may hold the token too.
func (p Possession) MarshalText() ([]byte, error) { return []byte(fmt.Sprint(p)), nil }

// Proved is the result of a [Proof] that holds. The zero Proved asks for nothing
// more.
type Proved struct {
	// Commit makes the proof count, as by remembering that it was used. It is
	// called once every proof of the request holds and the token has not ended, so
	// that a request which fails otherwise uses nothing up; an error refuses.
	Commit func(ctx context.Context) error
	// Header holds fields for the answer, such as the next DPoP-Nonce.
	Header http.Header
}

// Proving returns the validator with proofs: a token is let through if every
// proof says so, and every method by which it is bound is proved.
//
// Without a proof, a bound token is refused: sent as it is, it may well be
// stolen. The methods jkt, x5t#S256, x5t, jwk, jwe, jku and kid, and those that a
// proof names, each need their proof. Members of Confirmation that are no such
// method are ignored (RFC 7800 §3.1), but a token whose members are all ignored
// has had nothing proved, and is refused.
//
// A proof that is nil, two for one method, and what is wrong with the configuration
// of [MutualTLS] are faults that [New] reports.
func (v Validator) Proving(proofs ...Proof) Validator {
	all := v.proofs[:len(v.proofs):len(v.proofs)]
	faults := v.faults[:len(v.faults):len(v.faults)]
	for _, proof := range proofs {
		if isNil(proof) {
			faults = append(faults, errors.New("Proving was given a nil Proof: pass one, or leave Proving out"))
			continue
		}
		if faulty, ok := proof.(faultyProof); ok {
			faults = append(faults, faulty...)
			continue
		}
		method := proof.Confirms()
		switch {
		case method == "":
			faults = append(faults, fmt.Errorf(
				"Proving was given a %T that confirms no method: name the member of cnf", proof))
		case proofOf(all, method) >= 0:
			faults = append(faults, fmt.Errorf("Proving was given two proofs of %q: leave one out", method))
		}
		all = append(all, proof)
	}
	v.proofs, v.faults = all, faults
	return v
}

func proofOf(proofs []Proof, method string) int {
	for i, proof := range proofs {
		if proof.Confirms() == method {
			return i
		}
	}
	return -1
}

// isMethod reports whether a member of a confirmation binds the token: those
// that RFC 7800 §3.2 to §3.5, RFC 8705 §3.1 and RFC 9449 §6.1 register, and x5t,
// which is written by mistake for x5t#S256.
func isMethod(member string) bool {
	switch member {
	case "jkt", "x5t#S256", "x5t", "jwk", "jwe", "jku", "kid":
		return true
	}
	return false
}

// possession is what a request has shown of the key or the certificate that its
// token is bound to. It is nil where no proof is asked for: nothing was shown.
type possession struct {
	token    string
	proofs   []Proof
	evidence []string    // what each of the proofs was shown
	header   http.Header // what they want in the answer
	pending  []commit    // what makes the proofs count, until they are spent
}

// gather asks the proofs what the request brings.
func gather(r *http.Request, token string, proofs []Proof) (*possession, *Error) {
	if len(proofs) == 0 {
		return nil, nil
	}
	evidence, err := evidenceOf(proofs, r)
	if err != nil {
		return nil, fromAuthenticate(r.Context(), err, token)
	}
	return &possession{token: token, proofs: proofs, evidence: evidence}, nil
}

func evidenceOf(proofs []Proof, r *http.Request) ([]string, error) {
	evidence := make([]string, len(proofs))
	for i, proof := range proofs {
		var err error
		if evidence[i], err = proof.Evidence(r); err != nil {
			return nil, err
		}
	}
	return evidence, nil
}

// isShownBy reports whether the request brings the same evidence.
func (p *possession) isShownBy(r *http.Request) bool {
	if p == nil {
		return true
	}
	blind := withoutCurrent(r)
	evidence, err := evidenceOf(p.proofs, blind)
	keepBody(r, blind)
	return err == nil && slices.Equal(evidence, p.evidence)
}

// confirm refuses a token of which a binding is not proved. It spends no proof.
func (p *possession) confirm(r *http.Request, confirmation map[string]string) *Error {
	if len(confirmation) > 0 && !p.proves(confirmation) {
		return errInvalidToken(reasonConfirmation, nil)
	}
	if p == nil {
		return nil
	}
	var err error
	if p.pending, err = p.check(r, confirmation); err != nil {
		return p.read(r.Context(), err)
	}
	return nil
}

// spend makes the proofs count, once.
func (p *possession) spend(r *http.Request) *Error {
	if p == nil || len(p.pending) == 0 {
		return nil
	}
	commits := p.pending
	p.pending = nil
	ctx := withoutCurrent(r).Context()
	for _, commit := range commits {
		if err := commit(ctx); err != nil {
			return p.read(ctx, err)
		}
	}
	return nil
}

// unspent is what becomes of the proofs of a request about which nothing is decided.
func (*possession) unspent(*http.Request) *Error { return nil }

// proves reports whether each method among the members has its proof, and one of
// them at least.
func (p *possession) proves(confirmation map[string]string) bool {
	methods := 0
	for member := range confirmation {
		switch {
		case p != nil && proofOf(p.proofs, member) >= 0:
			methods++
		case isMethod(member):
			return false
		}
	}
	return methods > 0
}

// check asks every proof before any of them is committed.
func (p *possession) check(r *http.Request, confirmation map[string]string) (commits []commit, _ error) {
	for i := range p.proofs {
		commit, err := p.checkOne(r, i, confirmation)
		if err != nil {
			return nil, err
		}
		if commit != nil {
			commits = append(commits, commit)
		}
	}
	return commits, nil
}

// checkOne asks the proof of that index. The commit is nil where nothing is used up.
func (p *possession) checkOne(r *http.Request, index int, confirmation map[string]string) (commit, error) {
	proof := p.proofs[index]
	value, bound := confirmation[proof.Confirms()]
	proved, err := proof.Check(r.Context(), Possession{
		Method: r.Method, Target: sentTarget(r), Token: p.token,
		Evidence: p.evidence[index], Bound: bound, Confirmation: value,
	})
	if err != nil {
		return nil, err
	}
	p.ask(proved.Header)
	return proved.Commit, nil
}

type commit = func(context.Context) error

// sentTarget returns the request target as the client has written it (RFC 9112
// §3.2). A request that no server has read has its URL instead.
func sentTarget(r *http.Request) string {
	if r.RequestURI != "" {
		return r.RequestURI
	}
	return r.URL.String()
}

// ask adds fields to those of the answer.
func (p *possession) ask(fields http.Header) {
	if len(fields) == 0 {
		return
	}
	if p.header == nil {
		p.header = make(http.Header)
	}
	mergeFields(p.header, fields)
}

func (p *possession) answerHeader() http.Header {
	if p == nil {
		return nil
	}
	return p.header
}

// read reads an error of a proof, and keeps the evidence out of it.
func (p *possession) read(ctx context.Context, err error) *Error {
	e := fromAuthenticate(ctx, err, p.token)
	for _, evidence := range p.evidence {
		if e.Err != nil {
			e.Err = redact(e.Err, evidence)
		}
	}
	return e
}
