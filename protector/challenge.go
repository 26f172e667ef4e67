package protector

import (
	"net/http"
	"strings"
)

// Param is an auth-param of a challenge (RFC 9110 §11.2), which is written as
// name="value".
type Param struct{ Name, Value string }

// challenges are the WWW-Authenticate fields of an answer, one for each scheme:
// clients that split a field at commas are known to get several challenges in
// one field wrong.
//
// On 401 every scheme is offered, and the one that was used carries the error
// (RFC 9110 §11.6.1, RFC 9449 §7.2). On 400 and 403 another scheme would not
// help, so only the used one speaks. An outage is not the client's to solve: no
// challenge.
func (p *Protector) challenges(e *Error) []string {
	if p == nil || len(p.schemes) == 0 { // not built by New: it only refuses
		return nil
	}
	used := p.schemeNamed(e.Scheme)
	everyone := used == nil && e.Code == "" // what is said is no error of one scheme's
	if used == nil {
		used = p.schemes[0]
	}
	switch e.Status {
	case http.StatusUnauthorized:
		fields := make([]string, len(p.schemes))
		for i, s := range p.schemes {
			fields[i] = s.challenge
			if s == used || everyone {
				fields[i] = s.challengeFor(e)
			}
		}
		return fields
	case http.StatusBadRequest, http.StatusForbidden:
		return []string{used.challengeFor(e)}
	}
	return nil
}

// challengeFor adds what the error says to the scheme's own attributes.
func (s *scheme) challengeFor(e *Error) string {
	params := e.params()
	if len(params) == 0 {
		return s.challenge
	}
	return challenge(s.name, append(s.params[:len(s.params):len(s.params)], params...))
}

// params are the attributes by which the challenge tells of the error, in their
// order. Without a code there is no description: a request without credentials
// gets no error information (RFC 6750 §3.1).
func (e *Error) params() []Param {
	var params []Param
	if e.Code != "" && isQuotable(e.Code) {
		params = append(params, Param{"error", e.Code}, Param{"error_description", e.Description})
	}
	if e.Scope != "" {
		params = append(params, Param{"scope", e.Scope})
	}
	return append(params, e.Params...)
}

// challenge writes a challenge. Each attribute appears at most once, the first
// of a name wins, and one that is empty or that its grammar does not allow is
// left out: dropping a character would say something else than was meant.
func challenge(scheme string, params []Param) string {
	text := append(make([]byte, 0, 256), scheme...)
	separator := " "
	for i, param := range params {
		if !param.fits() || named(params[:i], param.Name) {
			continue
		}
		text = append(append(append(text, separator...), param.Name...), `="`...)
		text = append(append(text, quotedPairs.Replace(param.Value)...), '"')
		separator = ", "
	}
	return string(text)
}

// fits reports whether the attribute can stand in a challenge. Only the realm,
// which New has checked, may hold what needs escaping: RFC 6750 §3 denies quotes
// and backslashes to the others, and not every client undoes an escape.
func (param Param) fits() bool {
	return isToken(param.Name) && param.Value != "" && (isQuotable(param.Value) || param.Name == "realm")
}

// named reports whether one of the params is written under the name. Names
// compare without regard to case (RFC 9110 §11.2).
func named(params []Param, name string) bool {
	for _, param := range params {
		if param.fits() && equalFold(param.Name, name) {
			return true
		}
	}
	return false
}

var quotedPairs = strings.NewReplacer(`\`, `\\`, `"`, `\"`)
