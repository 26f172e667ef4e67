package dpop

// Reason says why a proof was refused. The values are stable: log them, count
// them, compare with them. New ones may be added.
type Reason string

// The reasons, in the order in which the checks are made. That the token is bound to
// another key is found out at once if jwk has the usual form of an EC or OKP key, and
// otherwise once the key is read.
const (
	ReasonMissing   Reason = "proof_missing"   // no proof came with the token
	ReasonTooLarge  Reason = "proof_too_large" // longer than Config.MaxProofBytes
	ReasonMalformed Reason = "proof_malformed" // not a compact JWS of strict JSON objects, or a member has a wrong type
	ReasonType      Reason = "proof_type"      // typ is not dpop+jwt
	ReasonAlgorithm Reason = "proof_algorithm" // alg is missing or not in Config.Algorithms
	ReasonCritical  Reason = "proof_critical"  // crit or b64 is present
	ReasonBinding   Reason = "proof_binding"   // the token is bound to another key, or to none
	ReasonClaim     Reason = "proof_claim"     // jti, htm, htu, iat or ath is missing or has a wrong type
	ReasonMethod    Reason = "proof_method"    // htm is not the method of the request
	ReasonTarget    Reason = "proof_target"    // htu is not the URI of the request
	ReasonToken     Reason = "proof_token"     // ath is not the hash of the access token
	ReasonTime      Reason = "proof_time"      // iat is too long ago, or has not come
	ReasonNonce     Reason = "proof_nonce"     // nonce is missing, or none that is accepted now
	ReasonKey       Reason = "proof_key"       // jwk is missing, not a sound public key, or not of the algorithm
	ReasonSignature Reason = "proof_signature" // the key does not verify the signature
	ReasonReplay    Reason = "proof_replay"    // the proof was used before
)

// Error says that a proof does not hold. Its text is made of fixed words: it never
// repeats any part of the proof or the token, and may be logged.
type Error struct {
	// Reason is the check that failed.
	Reason Reason

	nonce  string
	detail string
}

// Error describes the failure for the operator.
func (e *Error) Error() string {
	if e.detail == "" {
		return "dpop: invalid proof: " + string(e.Reason)
	}
	return "dpop: invalid proof: " + string(e.Reason) + ": " + e.detail
}

// InvalidToken reports true: the request is to be refused, as opposed to an error
// that kept it from being judged.
func (e *Error) InvalidToken() bool { return true }

// InvalidTokenReason returns the reason as a string, for logs and counters.
func (e *Error) InvalidTokenReason() string { return string(e.Reason) }

// Nonce is what the client is to put into its next proof, where that is what was
// wrong, or "": the DPoP-Nonce field of the answer (RFC 9449 §9).
func (e *Error) Nonce() string { return e.nonce }

// Code is the error code of the challenge: use_dpop_nonce (RFC 9449 §9),
// invalid_token where the proof is sound and the token is not bound to its key, and
// otherwise invalid_dpop_proof (RFC 9449 §7.1, §12.2).
func (e *Error) Code() string {
	switch e.Reason {
	case ReasonNonce:
		return "use_dpop_nonce"
	case ReasonBinding:
		return "invalid_token"
	}
	return "invalid_dpop_proof"
}

func refused(reason Reason, detail string) *Error { return &Error{Reason: reason, detail: detail} }
