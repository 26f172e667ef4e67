package otelguard

// reasonsOfOurs are the reasons of the packages protector and jwt and of all within them,
// the guards of other modules included. They are listed here so that none of these is
// imported for its words; a test reads them where they are made.
var reasonsOfOurs = setOf(
	"no_credentials", "other_scheme", "malformed", "several_credentials", "too_large", "unreadable_form",
	"cross_origin", "request_check", "invalid_token", "unknown_token", "no_validator", "expired",
	"not_yet_valid", "revoked", "confirmation", "certificate_missing", "certificate_binding",
	"certificate_several", "certificate_malformed", "certificate_too_large", "insufficient_scope",
	"insufficient_groups", "insufficient_roles", "insufficient_entitlements", "insufficient_client",
	"insufficient_claims", "delegation", "insufficient_acr", "insufficient_auth_time", "token_type",
	"policy_check", "unavailable", "canceled", "bad_requirement", "bad_token_type", "bad_proof",
	"encrypted", "not_encrypted", "header", "algorithm", "critical", "type", "unknown_key", "signature",
	"claims", "unknown_issuer", "issuer", "audience", "issued_in_future", "missing_claim", "claim_type",
	"proof_missing", "proof_too_large", "proof_malformed", "proof_type", "proof_algorithm", "proof_critical",
	"proof_binding", "proof_claim", "proof_method", "proof_target", "proof_token", "proof_time",
	"proof_nonce", "proof_key", "proof_signature", "proof_replay",
	"inactive", "undeclared", "no_policy", "no_user",
)

// failures are those of protector/introspection.
var failures = setOf(
	"credentials_refused", "no_credentials", "unreachable", "timed_out", "status", "content_type",
	"too_large", "answer", "busy", "suspended", "abandoned",
)

func setOf(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}
