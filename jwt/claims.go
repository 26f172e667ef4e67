package jwt

import (
	"slices"
	"strings"
	"time"

	"example.com/resourceserver/jwt/internal/memo"
	"example.com/resourceserver/jwt/internal/strictjson"
	"example.com/resourceserver/scopes"
)

// readClaims reads the claims once, and begins the token that is made of them: each
// check that follows adds what it has found good. The order of the checks decides only
// which reason is told.
func (v *validation) readClaims() (err error) {
	if v.payload == "" {
		if v.payload, err = v.decoder.Payload(v.compact); err != nil {
			return refusal(err)
		}
	}
	if v.claims, err = parseClaims(&v.members, v.payload); err != nil {
		return err
	}
	v.result = &Token{terms: v.validator.terms, claims: v.payload, header: v.kept, key: v.key}
	return nil
}

// checkKind tells access tokens from others where the profile knows a mark in
// the claims (RFC 8725 §3.12).
func (m *terms) checkKind(claims claimSet) error {
	for _, ref := range m.refs.equal {
		if got, ok := strictjson.String(claims.get(ref)); !ok || got != m.profile.Equal[ref.name] {
			return invalid(ReasonType, ref.name, "the claim is not what Config.Profile.Equal says that access tokens have")
		}
	}
	for _, ref := range m.refs.absent {
		if claims.get(ref) != "" {
			return invalid(ReasonType, ref.name, "a claim that access tokens do not have, as Config.Profile.Absent says")
		}
	}
	return nil
}

func (m *terms) checkIssuer(claims claimSet) error {
	issuer, err := claims.text(claimIssuer)
	switch {
	case err != nil:
		return err
	case claims[claimIssuer].Value == "" && m.profile.AllowMissingIssuer:
		return nil
	case issuer == "":
		return invalid(ReasonMissingClaim, "iss", "")
	case issuer != m.issuer:
		return invalid(ReasonIssuer, "iss", differenceOf(issuer, m.issuer)).
			mismatched([]string{m.issuer}, []string{issuer})
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
func (m *terms) checkAudience(t *Token, claims claimSet) error {
	name, value := claims.first(m.refs.audience)
	if value == "" {
		return invalid(ReasonMissingClaim, name, tellTheIssuer)
	}
	var one [1]string
	list, ok := one[:], false
	if value[0] == '[' {
		t.audience, ok = strictjson.Strings(nil, value)
		list = t.audience
	} else {
		one[0], ok = strictjson.String(value)
	}
	if !ok {
		return invalid(ReasonClaimType, name, "neither a string nor an array of strings")
	}
	ours := -1
	for _, audience := range list {
		if i := slices.Index(m.audiences, audience); i >= 0 {
			ours = i
		} else if !isStringOrURI(audience) {
			return invalid(ReasonClaimType, name, "a value with ':' that is not a URI")
		}
	}
	if ours < 0 {
		return invalid(ReasonAudience, name, "names none of Config.Audiences: "+tellTheIssuer).
			mismatched(m.audiences, list)
	}
	if t.audience == nil { // the one there is, which is ours, in memory that is there already
		t.audience = m.audiences[ours : ours+1]
	}
	return nil
}

// checkExpiry and the two after it compare with one time.
func (v *validation) checkExpiry() (err error) {
	m, t := v.validator.terms, v.result
	v.now = m.now()
	if t.expiresAt, err = v.claims.date(claimExpiresAt); err != nil {
		return err
	}
	switch {
	case t.expiresAt.IsZero():
		return invalid(ReasonMissingClaim, "exp", "")
	case !v.now.Before(t.expiresAt.Add(m.leeway)):
		return invalid(ReasonExpired, "exp", "")
	}
	return nil
}

func (v *validation) checkNotBefore() (err error) {
	if v.result.notBefore, err = v.claims.date(claimNotBefore); err != nil {
		return err
	}
	if v.isFuture(v.result.notBefore) {
		return invalid(ReasonNotYetValid, "nbf",
			"not reached yet: if that is unexpected, compare the clocks of this host and the issuer")
	}
	return nil
}

func (v *validation) checkIssuedAt() (err error) {
	if v.result.issuedAt, err = v.claims.date(claimIssuedAt); err != nil {
		return err
	}
	if v.isFuture(v.result.issuedAt) {
		return invalid(ReasonIssuedInFuture, "iat", "not reached yet: compare the clocks of this host and the issuer")
	}
	return nil
}

func (v *validation) isFuture(t time.Time) bool { return t.After(v.now.Add(v.validator.terms.leeway)) }

// checkRequired demands that the required claims are there and say something: an
// empty sub names nobody.
func (m *terms) checkRequired(claims claimSet) error {
	for _, ref := range m.refs.required {
		if isEmpty(claims.get(ref)) {
			return invalid(ReasonMissingClaim, ref.name, remedyFor(ref.name))
		}
	}
	return nil
}

// remedyFor says why a claim is required. A machine's token without sub is what tests
// with a user's do not find.
func remedyFor(name string) string {
	if name == "sub" {
		return "have the issuer write it, as is required, or see Config.Profile.AllowMissingSubject if machines have none"
	}
	return "required by Config.Profile, RFC 9068 by default, or Config.Required"
}

// isEmpty reports whether value is nothing, or an empty string, array or object.
func isEmpty(value string) bool {
	if value == "" {
		return true
	}
	switch value[0] {
	case '"':
		return len(value) == 2
	case '[', '{':
		return strings.Trim(value[1:len(value)-1], " \t\r\n") == ""
	}
	return false
}

func (m *terms) readSubject(t *Token, claims claimSet) (err error) {
	if t.subject, err = claims.text(claimSubject); err != nil {
		return err
	}
	return m.checkSubject(t.subject)
}

func (m *terms) readID(t *Token, claims claimSet) (err error) {
	t.id, err = text(claims.first(m.refs.id))
	return err
}

func (m *terms) readClient(t *Token, claims claimSet) (err error) {
	if t.clientID, err = text(claims.first(m.refs.clientID)); err != nil {
		return err
	}
	if t.subject == "" && t.clientID == "" { // checkRequired lets it come to this for AllowMissingSubject alone
		return invalid(ReasonMissingClaim, "sub", "and no client either: the token speaks for nobody")
	}
	return nil
}

func (m *terms) checkSubject(subject string) error {
	switch {
	case m.profile.TrustDomain != "" && !workloadIn(m.profile.TrustDomain, subject):
		return invalid(ReasonIssuer, "sub", "not the SPIFFE ID of a workload in Config.Profile.TrustDomain")
	case !m.profile.AllowAnySubject && !isStringOrURI(subject):
		return invalid(ReasonClaimType, "sub",
			"a value with ':' that is not a URI: if the issuer sends such, set Config.Profile.AllowAnySubject")
	}
	return nil
}

// readAuthentication reads what RFC 9068 §2.2.1 says of the user's authentication.
// Issuers put other things into acr and amr, such as objects: these are read where
// they have the form of the RFC, and say nothing where they have not, unless they
// are required. A wrong date may not be passed over: it would be taken for none.
func (m *terms) readAuthentication(t *Token, claims claimSet) (err error) {
	var a authentication
	if a.time, err = claims.date(claimAuthTime); err != nil {
		return err
	}
	var ok bool
	if value := claims[claimACR].Value; value != "" {
		if a.acr, ok = strictjson.String(value); !ok && m.requires("acr") {
			return invalid(ReasonClaimType, "acr", "not a string, and required")
		}
	}
	if value := claims[claimAMR].Value; value != "" {
		if a.amr, ok = strictjson.Strings(nil, value); !ok && m.requires("amr") {
			return invalid(ReasonClaimType, "amr", "not an array of strings, and required")
		}
	}
	if a.acr != "" || a.amr != nil || !a.time.IsZero() {
		t.authentication = &authentication{a.time, a.acr, a.amr} // &a would put it on the heap for every token
	}
	return nil
}

// requires reports whether the profile or Config.Required names the claim.
func (m *terms) requires(name string) bool { return slices.Contains(m.profile.Required, name) }

// readScopes remembers what a good signature vouches for. Explain comes here without
// one too, and a stranger must not displace what the issuer's tokens have.
func (v *validation) readScopes(t *Token, claims claimSet) error {
	name, value := claims.first(v.validator.terms.refs.scope)
	if value == "" {
		return nil
	}
	memory := v.validator.scopes
	cell := memory.Cell(value)
	if known := cell.Find(value); known != nil {
		t.scopes = *known
		return nil
	}
	if len(value) <= memo.MaxText {
		value = strings.Clone(value) // what is remembered must not keep the token's claims
	}
	set, ok := scopesIn(value)
	if !ok {
		return invalid(ReasonClaimType, name, "neither a string nor an array of strings")
	}
	t.scopes = set
	if v.kept != nil { // by rememberHeader, after the signature
		memory.Add(cell, value, &set)
	}
	return nil
}

func scopesIn(value string) (scopes.Set, bool) {
	if claim, ok := strictjson.String(value); ok {
		return scopes.Parse(claim), true
	}
	names, ok := strictjson.Strings(nil, value)
	return scopes.NewSet(names...), ok
}
