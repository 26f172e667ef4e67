package mcpguard

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"example.com/resourceserver/protector"
)

// userOf returns who tells users apart.
func userOf(guard *protector.Protector, config Config) (func(protector.Token) string, []error) {
	if config.User != nil {
		return config.User, nil
	}
	if !makesSubjects(guard) {
		return issuerAndSubject, []error{errors.New("mcpguard: Config.User is nil: " +
			"set it, since no validator of the protector makes a token that is a SubjectToken")}
	}
	return issuerAndSubject, nil
}

// makesSubjects asks a handler for tokens of the type, which none can be put before
// that never gets one.
func makesSubjects(guard *protector.Protector) (ok bool) {
	defer func() { ok = recover() == nil }()
	guard.Require()(protector.For(func(http.ResponseWriter, *http.Request, protector.SubjectToken) {}))
	return
}

// issuerAndSubject is who a token is about. Two issuers may know two users by one
// name.
func issuerAndSubject(token protector.Token) string {
	about, ok := token.(protector.SubjectToken)
	if !ok || about.Subject() == "" {
		return ""
	}
	issuer := ""
	if by, ok := token.(protector.IssuerToken); ok {
		issuer = by.Issuer()
	}
	return strconv.Quote(issuer) + " " + about.Subject() // also without: a subject may read like the two
}

// about adds to a policy that the token has to be about somebody.
func about(user func(protector.Token) string, policy protector.Policy) protector.Policy {
	check := policy.Check
	policy.Check = func(ctx context.Context, token protector.Token) error {
		if user(token) == "" {
			return errNobody()
		}
		if check == nil {
			return nil
		}
		return check(ctx, token)
	}
	return policy
}

func errNobody() error {
	return &protector.Error{
		Status: http.StatusUnauthorized, Code: "invalid_token", Description: "The access token is not valid.",
		Reason: "no_user", Err: errors.New("mcpguard: the token is about no user, who could have a session"),
	}
}
