package jwt

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/resourceserver/jwt/internal/strictjson"
	"example.com/resourceserver/scopes"
)

// checkClaims reads the claims once and makes the checks in a fixed order: what
// kind of token, iss, aud, exp, nbf, iat, what is required, the types of the
// rest, scope, cnf. The order decides only which reason is told.
func (v *Validator) checkClaims(payload string) (*Token, error) {
	var buf [40]strictjson.Member
	claims, err := strictjson.Parse(buf[:0], payload)
	if err != nil {
		return nil, invalid(ReasonClaims, "", err.Error())
	}
	t := &Token{by: v, claims: payload}
	if err := v.checkKind(claims); err != nil {
		return nil, err
	}
	if err := v.checkIssuer(t, claims); err != nil {
		return nil, err
	}
	if err := v.checkAudience(t, claims); err != nil {
		return nil, err
	}
	if err := v.checkTimes(t, claims); err != nil {
		return nil, err
	}
	if err := v.checkRequired(claims); err != nil {
		return nil, err
	}
	if err := v.readIdentity(t, claims); err != nil {
		return nil, err
	}
	if err := v.readAuthentication(t, claims); err != nil {
		return nil, err
	}
	if err := v.readScopes(t, claims); err != nil {
		return nil, err
	}
	if err := v.checkConfirmation(t, claims); err != nil {
		return nil, err
	}
	return t, nil
}

// checkKind tells access tokens from others where the profile knows a mark in
// the claims (RFC 8725 §3.12).
func (v *Validator) checkKind(claims strictjson.Object) error {
	for name, want := range v.profile.Equal {
		value, _ := claims.Get(name)
		if got, ok := strictjson.String(value); !ok || got != want {
			return invalid(ReasonType, name, "not what Config.Profile says that access tokens have")
		}
	}
	for _, name := range v.profile.Absent {
		if _, present := claims.Get(name); present {
			return invalid(ReasonType, name, "Config.Profile says that access tokens do not have it")
		}
	}
	return nil
}

func (v *Validator) checkIssuer(t *Token, claims strictjson.Object) (err error) {
	if t.issuer, err = text(claims, "iss"); err != nil {
		return err
	}
	if t.issuer == "" {
		return invalid(ReasonMissingClaim, "iss", "")
	}
	if t.issuer != v.issuer {
		return invalid(ReasonIssuer, "iss", differenceOf(t.issuer, v.issuer))
	}
	return nil
}

// differenceOf finds the slash that one of them has and the other lacks: the
// usual mistake, and hard to see.
func differenceOf(issuer, ours string) string {
	if strings.TrimSuffix(issuer, "/") == strings.TrimSuffix(ours, "/") {
		return "differs from Config.Issuer by the slash at the end"
	}
	return "not Config.Issuer"
}

// tellTheIssuer is the remedy for the most common refusal: issuers put into aud
// what the client asked for, or what an administrator mapped.
const tellTheIssuer = "the issuer has to be told that the token is for this API"

// checkAudience accepts a string or an array of strings (RFC 7519 §4.1.3).
func (v *Validator) checkAudience(t *Token, claims strictjson.Object) error {
	name, value := first(claims, v.profile.Audience)
	if value == "" {
		return invalid(ReasonMissingClaim, name, tellTheIssuer)
	}
	var ok bool
	if value[0] == '[' {
		t.audience, ok = strictjson.Strings(nil, value)
	} else {
		t.oneAudience[0], ok = strictjson.String(value)
		t.audience = t.oneAudience[:]
	}
	if !ok {
		return invalid(ReasonClaimType, name, "neither a string nor an array of strings")
	}
	ours := false
	for _, audience := range t.audience {
		if slices.Contains(v.audiences, audience) {
			ours = true
		} else if !isStringOrURI(audience) {
			return invalid(ReasonClaimType, name, "a value with ':' that is not a URI")
		}
	}
	if !ours {
		return invalid(ReasonAudience, name, "names none of Config.Audiences: "+tellTheIssuer)
	}
	return nil
}

func (v *Validator) checkTimes(t *Token, claims strictjson.Object) (err error) {
	if t.expiresAt, err = date(claims, "exp"); err != nil {
		return err
	}
	if t.notBefore, err = date(claims, "nbf"); err != nil {
		return err
	}
	if t.issuedAt, err = date(claims, "iat"); err != nil {
		return err
	}
	now := v.now()
	latest := now.Add(v.leeway)
	switch {
	case t.expiresAt.IsZero():
		return invalid(ReasonMissingClaim, "exp", "")
	case !now.Before(t.expiresAt.Add(v.leeway)):
		return invalid(ReasonExpired, "exp", "")
	case t.notBefore.After(latest):
		return invalid(ReasonNotYetValid, "nbf", "not reached yet: if that is unexpected, compare the clocks of this host and the issuer")
	case t.issuedAt.After(latest):
		return invalid(ReasonIssuedInFuture, "iat", "not reached yet: compare the clocks of this host and the issuer")
	}
	return nil
}

// checkRequired demands that the required claims are there and say something: an
// empty sub names nobody.
func (v *Validator) checkRequired(claims strictjson.Object) error {
	for _, name := range v.required {
		if value, ok := claims.Get(name); !ok || isEmpty(value) {
			return invalid(ReasonMissingClaim, name, "required by Config.Profile, RFC 9068 by default, or Config.Required")
		}
	}
	return nil
}

// isEmpty reports whether value is an empty string, array or object.
func isEmpty(value string) bool {
	switch value[0] {
	case '"':
		return len(value) == 2
	case '[', '{':
		return strings.Trim(value[1:len(value)-1], " \t\r\n") == ""
	}
	return false
}

func (v *Validator) readIdentity(t *Token, claims strictjson.Object) (err error) {
	if t.subject, err = text(claims, "sub"); err != nil {
		return err
	}
	if !v.profile.AllowAnySubject && !isStringOrURI(t.subject) {
		return invalid(ReasonClaimType, "sub", "a value with ':' that is not a URI")
	}
	name, _ := first(claims, v.profile.ID)
	if t.id, err = text(claims, name); err != nil {
		return err
	}
	name, _ = first(claims, v.profile.ClientID)
	t.clientID, err = text(claims, name)
	return err
}

// readAuthentication reads what RFC 9068 §2.2.1 says of the user's
// authentication.
func (v *Validator) readAuthentication(t *Token, claims strictjson.Object) (err error) {
	if t.authTime, err = date(claims, "auth_time"); err != nil {
		return err
	}
	if t.acr, err = text(claims, "acr"); err != nil {
		return err
	}
	value, present := claims.Get("amr")
	if !present {
		return nil
	}
	var ok bool
	if t.amr, ok = strictjson.Strings(nil, value); !ok {
		return invalid(ReasonClaimType, "amr", "not an array of strings")
	}
	return nil
}

func (v *Validator) readScopes(t *Token, claims strictjson.Object) error {
	name, value := first(claims, v.profile.Scope)
	if value == "" {
		return nil
	}
	if claim, ok := strictjson.String(value); ok {
		t.scopes = scopes.Parse(claim)
		return nil
	}
	names, ok := strictjson.Strings(nil, value)
	if !ok {
		return invalid(ReasonClaimType, name, "neither a string nor an array of strings")
	}
	t.scopes = scopes.NewSet(names...)
	return nil
}

// checkConfirmation refuses a token that is bound to a key in a way that nobody
// enforces: as a plain bearer token it would be worth more to a thief than its
// issuer meant (RFC 7800 §3.1).
func (v *Validator) checkConfirmation(t *Token, claims strictjson.Object) error {
	value, present := claims.Get("cnf")
	if !present {
		return nil
	}
	methods, err := strictjson.Parse(nil, value)
	if err != nil || len(methods) == 0 {
		return invalid(ReasonConfirmation, "cnf", "not an object with a method")
	}
	t.confirmation = make(map[string]string, len(methods))
	for _, method := range methods {
		text, ok := strictjson.String(method.Value)
		if !ok || text == "" || !slices.Contains(v.confirmations, method.Name) {
			return invalid(ReasonConfirmation, "cnf", "bound in a way that Config.Confirmations does not name")
		}
		t.confirmation[method.Name] = text
	}
	return nil
}

// first returns the first of names that is present with its value, or the first
// name and "".
func first(claims strictjson.Object, names []string) (name, value string) {
	for _, name := range names {
		if value, ok := claims.Get(name); ok {
			return name, value
		}
	}
	return names[0], ""
}

// text returns the string claim called name, or "" if it is absent.
func text(claims strictjson.Object, name string) (string, error) {
	value, present := claims.Get(name)
	if !present {
		return "", nil
	}
	s, ok := strictjson.String(value)
	if !ok {
		return "", invalid(ReasonClaimType, name, "not a string")
	}
	return s, nil
}

// date returns the NumericDate called name (RFC 7519 §2), or the zero time if it
// is absent.
func date(claims strictjson.Object, name string) (time.Time, error) {
	value, present := claims.Get(name)
	if !present {
		return time.Time{}, nil
	}
	t, ok := numericDate(value)
	if !ok {
		return time.Time{}, invalid(ReasonClaimType, name, "not a NumericDate between 1970 and 9999")
	}
	return t, nil
}

// lastSecond is the end of the year 9999. Later times, and those before 1970,
// are not dates but mistakes or attempts to overflow something.
const lastSecond = 253402300799

func numericDate(value string) (time.Time, bool) {
	if c := value[0]; c < '0' || c > '9' {
		return time.Time{}, false
	}
	if seconds, ok := wholeSeconds(value); ok {
		return time.Unix(seconds, 0), seconds <= lastSecond
	}
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || f > lastSecond {
		return time.Time{}, false
	}
	seconds, fraction := math.Modf(f)
	return time.Unix(int64(seconds), int64(fraction*1e9)), true
}

// wholeSeconds reads the usual NumericDate, which is digits alone, no more of
// them than lastSecond has. It is not the strconv of this only because three of
// them are in every token.
func wholeSeconds(value string) (seconds int64, ok bool) {
	if len(value) > len("253402300799") {
		return 0, false
	}
	for _, c := range []byte(value) {
		if c -= '0'; c > 9 {
			return 0, false
		}
		seconds = 10*seconds + int64(c)
	}
	return seconds, true
}
