package jwt

import (
	"errors"
	"fmt"
	"strings"
)

// IssuerTemplate reads issuers that differ in one part, as those of a service with
// many tenants do: in a segment of the path (Entra ID, Keycloak), or in the host
// (Auth0). It may be used by any number of goroutines. Make one with
// [NewIssuerTemplate]; the zero value matches nothing.
type IssuerTemplate struct {
	before, after string
	place         templatePlace
	admits        func(value string) bool
}

// templatePlace is where the part that differs stands, which decides about its form.
type templatePlace int

const (
	inPath    templatePlace = iota + 1 // it is a segment of the path
	inHost                             // it is a label of the host
	wholeHost                          // it is the host
)

// maxTemplateValue bounds the part that differs. A host has 253 characters.
const maxTemplateValue = 253

// NewIssuerTemplate returns the template of issuers such as
//
//	https://login.microsoftonline.com/{tenantid}/v2.0
//	https://sso.example/realms/{realm}
//	https://{domain}/
//
// Braces with any name in them stand for the part that differs: one whole segment of
// the path, the whole host, or one label of it. All else is compared byte by byte. The
// part has letters, digits, '-', '_' and '.', and no '.' at either end or beside
// another one; in a host the letters are small, and a label has no '.'.
//
// admits says for which of its values there is a tenant, such as [OneOf] a list. It is
// required: an issuer that has the right form is anybody's who can get a tenant there.
// [AnyTenant] is for those who want just that.
func NewIssuerTemplate(template string, admits func(value string) bool) (IssuerTemplate, error) {
	before, rest, opened := strings.Cut(template, "{")
	name, after, closed := strings.Cut(rest, "}")
	t := IssuerTemplate{before: before, after: after, place: placeOf(before, after), admits: admits}
	var faults []error
	switch {
	case !opened || !closed || name == "" || strings.ContainsAny(before+name+after, "{}"):
		faults = append(faults, fmt.Errorf("jwt: NewIssuerTemplate: %s has not exactly one {name}: "+
			"write it in place of the part that differs", quoted(template)))
	case t.place == 0:
		faults = append(faults, fmt.Errorf("jwt: NewIssuerTemplate: {%s} in %s is a part of something: "+
			"let it be a whole segment of the path, a whole label of the host, or the host", short(name), quoted(template)))
	case !isSoundIssuer(before + "a" + after):
		faults = append(faults, fmt.Errorf("jwt: NewIssuerTemplate: %s is not an https URL, or has a query, a fragment, "+
			"userinfo or a dot segment: write it as it stands in iss", quoted(template)))
	}
	if admits == nil {
		faults = append(faults, errors.New("jwt: NewIssuerTemplate: admits is nil: "+
			"name your tenants with OneOf or a function, or use AnyTenant and read what it gives up"))
	}
	if len(faults) > 0 {
		return IssuerTemplate{}, errors.Join(faults...)
	}
	return t, nil
}

// OneOf admits the values of a list, compared byte by byte.
func OneOf(values ...string) func(value string) bool {
	list := make(map[string]bool, len(values))
	for _, value := range values {
		list[value] = true
	}
	return func(value string) bool { return list[value] }
}

// AnyTenant admits every value. It gives up that tenants are yours: whoever can get a
// tenant at that issuer's service, which may be everybody, can then have tokens made
// that your API accepts, for the audience of your API and whatever subject and scope.
// Check the value, or what the token says of its tenant, before you grant anything.
func AnyTenant(string) bool { return true }

// Match returns the part of issuer that differs, if issuer is one of the template's
// and the value is admitted.
func (t IssuerTemplate) Match(issuer string) (value string, ok bool) {
	if t.place == 0 || len(issuer) > maxIssuerBytes {
		return "", false
	}
	value, ok = strings.CutPrefix(issuer, t.before)
	if ok {
		value, ok = strings.CutSuffix(value, t.after)
	}
	if !ok || !t.place.allows(value) || !t.admits(value) {
		return "", false
	}
	return value, true
}

// Matches is Match without the value, for TenantsConfig.Admit.
func (t IssuerTemplate) Matches(issuer string) bool {
	_, ok := t.Match(issuer)
	return ok
}

// placeOf returns where a part stands, by what stands around it, or 0 if it is not
// whole.
func placeOf(before, after string) templatePlace {
	_, host, absolute := strings.Cut(before, "://")
	ends := after == "" || after[0] == '/'
	switch {
	case !absolute:
		return 0
	case strings.Contains(host, "/"):
		if strings.HasSuffix(before, "/") && ends {
			return inPath
		}
	case host == "" && (ends || after[0] == ':'):
		return wholeHost
	case host == "" || strings.HasSuffix(host, "."):
		if ends || after[0] == '.' || after[0] == ':' {
			return inHost
		}
	}
	return 0
}

// allows reports whether a value has the form that it must have there.
func (p templatePlace) allows(value string) bool {
	if value == "" || len(value) > maxTemplateValue {
		return false
	}
	for i := range len(value) {
		switch c := value[i]; {
		case c == '.':
			if p == inHost || i == 0 || i == len(value)-1 || value[i-1] == '.' {
				return false
			}
		case 'A' <= c && c <= 'Z' || c == '_':
			if p != inPath {
				return false
			}
		case !isAlphanumeric(c) && c != '-':
			return false
		}
	}
	return true
}
