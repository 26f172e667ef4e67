package jwt

import (
	"time"

	"example.com/resourceserver/jwt/internal/strictjson"
)

// claimSet is the claims of one token. Those that nearly every validation looks
// at stand in places of their own, in front of all: to search all claims for each
// of them took a quarter of what is done to a small token beside checking its
// signature. The place of a claim that is absent or null is empty.
//
// A struct with a field for each would read better, and would have to live on the
// heap together with the claims behind it.
type claimSet strictjson.Object

// The places in front.
const (
	claimIssuer = iota
	claimSubject
	claimAudience
	claimExpiresAt
	claimNotBefore
	claimIssuedAt
	claimID
	claimClientID
	claimScope
	claimAuthTime
	claimACR
	claimAMR
	claimConfirmation
	places
)

var claimNames = [places]string{
	claimIssuer:       "iss",
	claimSubject:      "sub",
	claimAudience:     "aud",
	claimExpiresAt:    "exp",
	claimNotBefore:    "nbf",
	claimIssuedAt:     "iat",
	claimID:           "jti",
	claimClientID:     "client_id",
	claimScope:        "scope",
	claimAuthTime:     "auth_time",
	claimACR:          "acr",
	claimAMR:          "amr",
	claimConfirmation: "cnf",
}

// place returns the place of the claim called name, or -1 if it has none. A search
// in claimNames would take longer than all that the places save.
func place(name string) int {
	switch name {
	case "iss":
		return claimIssuer
	case "sub":
		return claimSubject
	case "aud":
		return claimAudience
	case "exp":
		return claimExpiresAt
	case "nbf":
		return claimNotBefore
	case "iat":
		return claimIssuedAt
	case "jti":
		return claimID
	case "client_id":
		return claimClientID
	case "scope":
		return claimScope
	case "auth_time":
		return claimAuthTime
	case "acr":
		return claimACR
	case "amr":
		return claimAMR
	case "cnf":
		return claimConfirmation
	}
	return -1
}

// claimBuffer is room for the claims of most tokens.
type claimBuffer [places + 40]strictjson.Member

// parseClaims reads the claims into buf, or into more memory if they need it.
func parseClaims(buf *claimBuffer, payload string) (claimSet, error) {
	c, err := strictjson.Parse(buf[:places], payload)
	if err != nil {
		return nil, invalid(ReasonClaims, "", err.Error())
	}
	for _, m := range c[places:] {
		if n := place(m.Name); n >= 0 && m.Value != "null" {
			c[n].Value = m.Value
		}
	}
	return claimSet(c), nil
}

// claimRef is a claim that a profile names, with its place, which is found once
// for all tokens.
type claimRef struct {
	name  string
	place int
}

func refsTo(names []string) []claimRef {
	refs := make([]claimRef, len(names))
	for i, name := range names {
		refs[i] = claimRef{name, place(name)}
	}
	return refs
}

// get returns the JSON text of a claim, or "" if it is absent. Null counts as
// absent: an issuer that writes it has nothing to say.
func (c claimSet) get(ref claimRef) string {
	if ref.place >= 0 {
		return c[ref.place].Value
	}
	if value, ok := strictjson.Object(c[places:]).Get(ref.name); ok {
		return value
	}
	return ""
}

// first returns the first of refs that is present, by name and value, or the name
// of the first and "".
func (c claimSet) first(refs []claimRef) (name, value string) {
	for _, ref := range refs {
		if value := c.get(ref); value != "" {
			return ref.name, value
		}
	}
	return refs[0].name, ""
}

func (c claimSet) text(place int) (string, error)    { return text(claimNames[place], c[place].Value) }
func (c claimSet) date(place int) (time.Time, error) { return date(claimNames[place], c[place].Value) }

// text returns the string that value, the claim called name, denotes, or "" if it
// is absent.
func text(name, value string) (string, error) {
	if value == "" {
		return "", nil
	}
	s, ok := strictjson.String(value)
	if !ok {
		return "", invalid(ReasonClaimType, name, "not a string")
	}
	return s, nil
}

// date returns the NumericDate (RFC 7519 §2) that value, the claim called name,
// denotes, or the zero time if it is absent.
func date(name, value string) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	t, ok := strictjson.NumericDate(value)
	if !ok {
		return time.Time{}, invalid(ReasonClaimType, name, "not a NumericDate between 1970 and 9999")
	}
	return t, nil
}
