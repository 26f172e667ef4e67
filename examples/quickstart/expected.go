package main

import "fmt"

// The answers of the tour.
var (
	open            = answer{"open", 200, ""}
	granted         = answer{"granted", 200, ""}
	created         = answer{"granted", 201, ""}
	anonymous       = answer{"anonymous", 200, ""}
	noCredentials   = answer{"refused: no_credentials", 401, "Bearer"}
	malformed       = answer{"refused: malformed", 400, `Bearer error="invalid_request"`}
	methodNotListed = answer{"granted", 405, ""}
)

// invalid is the answer to a token that is no good. The reason is for the
// operator: the client is told no more than invalid_token.
func invalid(reason string) answer {
	return answer{"refused: " + reason, 401, `Bearer error="invalid_token"`}
}

// insufficient is the answer to a good token that grants too little. The
// challenge names what to ask for.
func insufficient(scope string) answer {
	return answer{"refused: insufficient_scope", 403, fmt.Sprintf(`Bearer error="insufficient_scope" scope=%q`, scope)}
}

// unproved is the answer to a proof that does not hold (RFC 9449), or that has no
// nonce. Whose token it is does not matter then.
func unproved(reason, code string) answer {
	return answer{"refused: " + reason, 401, fmt.Sprintf("DPoP error=%q", code)}
}

// notAuthenticated is the answer to a good token whose user has to authenticate
// again, or better (RFC 9470). The challenge says how.
func notAuthenticated(reason string) answer {
	const challenge = `Bearer error="insufficient_user_authentication" acr_values="phr mfa" max_age="300"`
	return answer{"refused: " + reason, 401, challenge}
}

// unavailable says that nobody could tell: the token may be good, so the client
// is to keep it and try again.
var unavailable = answer{"unavailable: unavailable", 503, ""}
