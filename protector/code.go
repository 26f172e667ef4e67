package protector

import "net/http"

// The codes that go out as error, in the challenge and in the body.
const (
	codeInvalidRequest    = "invalid_request"    // RFC 6750 §3.1
	codeInvalidToken      = "invalid_token"      // RFC 6750 §3.1
	codeInsufficientScope = "insufficient_scope" // RFC 6750 §3.1
	codeAccessDenied      = "access_denied"
	codeUnavailable       = "temporarily_unavailable"
	codeServerError       = "server_error"
	codeInvalidProof      = "invalid_dpop_proof"               // RFC 9449 §7.1
	codeUseNonce          = "use_dpop_nonce"                   // RFC 9449 §9
	codeStepUp            = "insufficient_user_authentication" // RFC 9470 §3
	codeUnauthorized      = "unauthorized"                     // in the body only: a challenge without error
)

// describe returns the sentence that goes with a code. These are all that a
// client is told. They name no key, claim or expected value: a reason helps the
// one who probes more than the one who errs, and the operator has it in the log.
func describe(code string) string {
	switch code {
	case "":
		return "An access token is required."
	case codeInvalidRequest:
		return "The request is malformed, or carries its access token in a wrong way."
	case codeInvalidToken:
		return "The access token is not valid."
	case codeInvalidProof:
		return "The DPoP proof is missing or not valid."
	case codeUseNonce:
		return "The DPoP proof must have the nonce of this answer."
	case codeStepUp:
		return "The user has to authenticate as the challenge says."
	case codeInsufficientScope:
		return "The access token does not permit this request."
	case codeAccessDenied:
		return "The request is not allowed."
	case codeUnavailable:
		return "The access token cannot be checked at the moment."
	case codeServerError:
		return "The request could not be handled."
	}
	return ""
}

func statusOf(code string) int {
	switch code {
	case codeInvalidRequest:
		return http.StatusBadRequest
	case codeInvalidToken, codeInvalidProof, codeUseNonce, codeStepUp:
		return http.StatusUnauthorized
	case codeUnavailable:
		return http.StatusServiceUnavailable
	case codeServerError:
		return http.StatusInternalServerError
	}
	return http.StatusForbidden
}

func codeOf(status int) string {
	switch {
	case status == http.StatusBadRequest:
		return codeInvalidRequest
	case status == http.StatusServiceUnavailable:
		return codeUnavailable
	case status >= 500:
		return codeServerError
	}
	return codeInsufficientScope
}
