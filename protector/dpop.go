package protector

import (
	"context"
	"errors"
	"net/http"
	"strings"
)

// DPoPVerifier checks proofs of possession (RFC 9449). A *dpop.Verifier of this
// module's package jwt/dpop is one; neither package imports the other.
//
// Verify judges a proof for a request whose token is genuine, and remembers
// nothing. It returns what makes the proof count as used, and the nonce that the
// client is to use next, if that is another one than it has used. Algorithms are
// what proofs may be made with, for the challenge.
type DPoPVerifier interface {
	Verify(proof string, request struct{ Method, Target, Token, Thumbprint string }) (
		spend func(context.Context) error, nonce string, err error)
	Algorithms() []string
}

const dpopScheme = "DPoP"

// DPoP is a validator for tokens that are bound to a key, sent under the scheme of
// that name with a proof of possession in the field of that name (RFC 9449 §7.1).
//
//	proofs, err := dpop.NewVerifier(dpop.Config{PublicOrigins: []string{"https://api.example"}})
//	…
//	Validators: []protector.Validator{protector.DPoP(tokens.Validate, proofs)}
//
// Authenticate is that of [Bearer]. The token names its key in the member jkt of
// its confirmation; a JWT validator lets such tokens through if "jkt" is among its
// Config.Confirmations. A token that is not bound is refused.
//
// Three modes come of it. With Bearer alone, bound tokens are refused. With Bearer
// and DPoP, whichever is first offered first, each kind of token has its scheme: a
// bound token that is sent as a bearer token is refused. With DPoP alone, all
// tokens must be bound and proved.
//
// Put whatever else the token may be bound to behind it, by [Validator.Proving]. Where
// two protectors meet one request, each needs a verifier of its own, with a memory of
// its own.
func DPoP[T Token](authenticate func(ctx context.Context, token string) (T, error), proofs DPoPVerifier) Validator {
	fault := func(text string) Validator { return Validator{scheme: dpopScheme, faults: []error{errors.New(text)}} }
	switch {
	case authenticate == nil:
		return fault("DPoP was given a nil function: pass the one that validates tokens")
	case isNil(proofs):
		return fault("DPoP was given a nil DPoPVerifier: pass that of dpop.NewVerifier, and check its error")
	}
	return Scheme(dpopScheme, func(r *http.Request, token string) (T, error) {
		return authenticate(r.Context(), token)
	}).Proving(dpopProof{proofs})
}

// dpopProof is the door between HTTP and a verifier that knows nothing of it.
type dpopProof struct{ verifier DPoPVerifier }

func (dpopProof) Confirms() string { return "jkt" }

func (d dpopProof) Params() []Param {
	return []Param{{Name: "algs", Value: strings.Join(d.verifier.Algorithms(), " ")}}
}

// Evidence returns the content of the one field that there may be (RFC 9449 §4.3).
// That there is none is for the verifier to say, which has a nonce to go with it.
func (dpopProof) Evidence(r *http.Request) (string, error) {
	switch fields := r.Header["Dpop"]; len(fields) {
	case 0:
		return "", nil
	case 1:
		return fields[0], nil
	}
	return "", dpopError("proof_repeated", codeInvalidProof, errors.New("more than one DPoP field"))
}

func (d dpopProof) Check(_ context.Context, p Possession) (Proved, error) {
	spend, nonce, err := d.verifier.Verify(p.Evidence, struct{ Method, Target, Token, Thumbprint string }{
		Method: p.Method, Target: p.Target, Token: p.Token, Thumbprint: p.Confirmation,
	})
	if err != nil {
		return Proved{}, readDPoP(err)
	}
	proved := Proved{Commit: func(ctx context.Context) error { return readDPoP(spend(ctx)) }}
	if nonce != "" {
		proved.Header = nonceFields(nonce)
	}
	return proved, nil
}

// readDPoP gives an error of the verifier its code and its nonce. What does not say
// that the proof is bad passes as it is, and is an outage.
func readDPoP(err error) error {
	type proofError interface {
		invalidTokenError
		Code() string
		Nonce() string
	}
	e, ok := errors.AsType[proofError](err)
	if !ok || !e.InvalidToken() {
		return err
	}
	answer := dpopError(reasonOf(err, ""), e.Code(), err)
	if nonce := e.Nonce(); nonce != "" {
		answer.Header = nonceFields(nonce)
	}
	return answer
}

func dpopError(reason, code string, cause error) *Error {
	return newError(http.StatusUnauthorized, code, reason, cause)
}

// nonceFields hand out a nonce: exactly one, in an answer that no cache keeps
// (RFC 9449 §8.2), and that a program in a browser can read.
func nonceFields(nonce string) http.Header {
	return http.Header{
		"Dpop-Nonce": {nonce}, "Cache-Control": {noStore}, "Access-Control-Expose-Headers": {"DPoP-Nonce"},
	}
}
