package protector

import (
	"errors"
	"strings"
)

// The reasons, which stay inside. The package documentation explains them.
const (
	reasonNoCredentials        = "no_credentials"
	reasonOtherScheme          = "other_scheme"
	reasonMalformed            = "malformed"
	reasonSeveral              = "several_credentials"
	reasonTooLarge             = "too_large"
	reasonUnreadableForm       = "unreadable_form"
	reasonCrossOrigin          = "cross_origin"
	reasonRequestCheck         = "request_check"
	reasonInvalidToken         = "invalid_token"
	reasonUnknownToken         = "unknown_token"
	reasonNoValidator          = "no_validator"
	reasonExpired              = "expired"
	reasonNotYetValid          = "not_yet_valid"
	reasonRevoked              = "revoked"
	reasonConfirmation         = "confirmation"
	reasonCertificateMissing   = "certificate_missing"
	reasonCertificateBinding   = "certificate_binding"
	reasonCertificateSeveral   = "certificate_several"
	reasonCertificateMalformed = "certificate_malformed"
	reasonCertificateTooLarge  = "certificate_too_large"
	reasonInsufficientScope    = "insufficient_scope"
	reasonInsufficientGroups   = "insufficient_groups"
	reasonInsufficientRoles    = "insufficient_roles"
	reasonInsufficientRights   = "insufficient_entitlements"
	reasonInsufficientClient   = "insufficient_client"
	reasonInsufficientClaims   = "insufficient_claims"
	reasonDelegation           = "delegation"
	reasonInsufficientACR      = "insufficient_acr"
	reasonInsufficientAuthTime = "insufficient_auth_time"
	reasonTokenType            = "token_type"
	reasonPolicyCheck          = "policy_check"
	reasonUnavailable          = "unavailable"
	reasonCanceled             = "canceled"
	reasonBadRequirement       = "bad_requirement"
	reasonBadTokenType         = "bad_token_type"
	reasonBadProof             = "bad_proof"
)

// reasonOf returns the reason that err carries.
func reasonOf(err error, token string) string {
	type reasoned interface {
		error
		InvalidTokenReason() string
	}
	if e, ok := errors.AsType[reasoned](err); ok {
		return tidyReason(e.InvalidTokenReason(), token, reasonInvalidToken)
	}
	return reasonInvalidToken
}

// tidyReason keeps a reason fit for a metric label: short, of few characters,
// and not the token by mistake. A short token is not looked for: a stranger who
// sends "Bearer signature" would blot out that reason.
func tidyReason(reason, token, otherwise string) string {
	const longest = 64
	if len(reason) > longest || !isToken(reason) || len(token) >= longSecret && strings.Contains(reason, token) {
		return otherwise
	}
	return reason
}
