package protector

import (
	"fmt"
	"net/http"
	"strings"
)

// newChallenge is the part of a scheme's challenge that never changes. A Bearer
// challenge needs at least one auth-param (RFC 6750 §3); the realm is always
// there to be it.
func newChallenge(scheme, realm string) string {
	return appendParam(scheme+" ", "realm", realm)
}

// checkRealm refuses what cannot stand in a header field, and what two parties
// would read differently: RFC 9110 §5.6.4 lets a quoted-string hold bytes above
// 0x7F and gives them no meaning.
func checkRealm(realm string) error {
	for _, c := range []byte(realm) {
		if c < ' ' || c > '~' {
			return fmt.Errorf("Config.Realm holds the byte 0x%02x: use printable ASCII characters", c)
		}
	}
	return nil
}

// challenges are the WWW-Authenticate fields of an answer, one for each scheme:
// clients that split a field at commas are known to get several challenges in
// one field wrong.
//
// On 401 every scheme is offered, and the one that was used carries the error
// (RFC 9110 §11.6.1, RFC 9449 §7.2). On 400 and 403 another scheme would not
// help, so only the used one speaks. An outage is not the client's to solve: no
// challenge.
func (p *Protector) challenges(e *Error) []string {
	used := p.schemeNamed(e.Scheme)
	if used == nil {
		used = p.schemes[0]
	}
	switch e.Status {
	case http.StatusUnauthorized:
		fields := make([]string, len(p.schemes))
		for i, s := range p.schemes {
			fields[i] = s.challenge
			if s == used {
				fields[i] = s.challengeFor(e)
			}
		}
		return fields
	case http.StatusBadRequest, http.StatusForbidden:
		return []string{used.challengeFor(e)}
	}
	return nil
}

// challengeFor adds the error to the scheme's challenge. Each attribute appears
// at most once, and one that its grammar does not allow is left out: dropping a
// character would say something else than was meant.
func (s *scheme) challengeFor(e *Error) string {
	if e.Code == "" || !isQuotable(e.Code) {
		return s.challenge
	}
	challenge := appendParam(s.challenge+", ", "error", e.Code)
	if e.Description != "" && isQuotable(e.Description) {
		challenge = appendParam(challenge+", ", "error_description", e.Description)
	}
	if e.Scope != "" && isQuotable(e.Scope) {
		challenge = appendParam(challenge+", ", "scope", e.Scope)
	}
	return challenge
}

var quotedPairs = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// appendParam appends name="value", escaped as a quoted-string (RFC 9110
// §5.6.4).
func appendParam(to, name, value string) string {
	return to + name + `="` + quotedPairs.Replace(value) + `"`
}
