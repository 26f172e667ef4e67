package jwt

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"example.com/resourceserver/jwt/internal/jws"
	"example.com/resourceserver/jwt/internal/strictjson"
)

// remedy says what to do about a check that failed, as a colleague would.
func (p *pen) remedy(c check, err *Error) string {
	switch c {
	case checkEncryption, checkForm:
		return p.remedyForForm(c, err)
	case checkHeader, checkClaims:
		if strings.ContainsAny(p.text, beside) {
			return remedyForText
		}
		return "what was sent is damaged, or is no JWT: take it anew from the issuer's answer"
	case checkAlgorithm:
		return p.remedyForAlgorithm()
	case checkExtensions:
		return "have the issuer sign without extensions: no access token needs one"
	case checkKeyID:
		return "have the issuer send kid as a string"
	case checkType:
		return p.remedyForType()
	case checkEncoding:
		if strings.ContainsAny(p.text, beside) {
			return remedyForText
		}
		return "the signature is damaged, often cut off: take the token anew, in full"
	case checkKey:
		return p.remedyForKey()
	case checkSignature:
		return p.remedyForSignature(err)
	}
	return p.remedyForClaim(c, err)
}

// remedyForText is about what was copied along with the token: a character of beside.
const (
	beside        = " \t\r\n\"'"
	remedyForText = "take the token alone, without Bearer, quotes, spaces and line breaks"
)

func (p *pen) remedyForForm(c check, err *Error) string {
	text := p.text
	switch {
	case err.Reason == ReasonTooLarge:
		return "have the issuer put less into the token, such as fewer groups, or raise Config.MaxTokenBytes"
	case strings.ContainsAny(text, beside):
		return remedyForText
	case err.Reason == ReasonNotEncrypted:
		return "have the issuer encrypt, or leave out Config.Decrypt"
	case c == checkEncryption:
		return "look whether Config.Decrypt has the private key to which the issuer encrypts"
	case err.Reason == ReasonEncrypted:
		return "set Config.Decrypt, or have the issuer not encrypt"
	case strings.Count(text, ".") == 1:
		return "the token was cut off after its payload: take it in full"
	}
	return remedyForOpaque
}

const remedyForOpaque = "if the issuer's access tokens are opaque, check them by introspection, " +
	"or have the client ask for a JWT, with Auth0 by naming an audience"

func (p *pen) remedyForAlgorithm() string {
	alg, _ := strictjson.String(p.parameter("alg"))
	known := jws.AlgorithmOf(alg)
	switch {
	case alg == "" || strings.EqualFold(alg, "none"):
		return "nobody has signed this token: have the issuer sign it"
	case known == nil:
		return "have the issuer sign with one of the algorithms that are expected"
	case known.Symmetric():
		return "have the issuer sign with a private key, or set Config.Algorithms and Config.Secret " +
			"if it shares its secret with this API"
	}
	return "name it in Config.Algorithms if this is how the issuer signs"
}

// otherTypes are the typ of tokens that are no access tokens, whatever the profile.
var otherTypes = map[string]string{
	"dpop+jwt":                "this is a DPoP proof: it goes into the DPoP field, beside the access token",
	"logout+jwt":              "this is a logout token: send the access token",
	"secevent+jwt":            "this is a security event: send the access token",
	"token-introspection+jwt": "this is the answer to an introspection: send the access token",
	"at+jwt": "the issuer sends at+jwt, as RFC 9068 says: add it to Config.Profile.Types, " +
		"or leave Config.Profile out",
}

func (p *pen) remedyForType() string {
	typ, _ := strictjson.String(p.parameter("typ"))
	if remedy := otherTypes[strings.ToLower(jws.WithoutApplication(typ))]; remedy != "" {
		return remedy
	}
	if mark := p.signInMark(); mark != "" {
		return "this is an ID token, by its claim " + mark + ": send the access token that came with it"
	}
	otherwise := "have the issuer set typ at+jwt, or choose the Config.Profile that describes its tokens"
	if so, _ := p.isForItsClient(); so {
		otherwise = "the token is for the client itself, as ID tokens are: send the access token, " +
			"and have the client ask for one that is for this API"
	}
	return p.remedyByProfile(otherwise)
}

const sendTheAccessToken = "send the access token, and no other kind of token of this issuer"

// remedyForBinding is about the access tokens of Keycloak, whose claim typ says whether
// they are bound to a key: what takes bearer tokens must not take a bound one for such,
// nor the other way about. It is "" for all others.
func (p *pen) remedyForBinding() string {
	typ, _ := strictjson.String(p.claims.get(claimRef{"typ", place("typ")}))
	switch expected := p.validator.terms.profile.Equal["typ"]; {
	case expected == "Bearer" && typ == "DPoP":
		return "this access token is bound by DPoP, and Config.Profile is for bearer tokens: make the validator " +
			`for protector.DPoP of a profile with Equal["typ"] = "DPoP", and with "jkt" in Config.Confirmations`
	case expected == "DPoP" && typ == "Bearer":
		return "this is a bearer token, and Config.Profile is for those that are bound by DPoP: " +
			"have the client send a DPoP proof when it gets its token"
	}
	return ""
}

// isOfAnotherKind reports whether the claim, by which the profile tells access tokens from
// others, is there and says something else. To name another profile then would be to
// advise that the guard against ID tokens be taken down.
func (p *pen) isOfAnotherKind(name string) bool {
	_, told := p.validator.terms.profile.Equal[name]
	return told && p.claims.get(claimRef{name, place(name)}) != ""
}

// signInMark returns a claim that ties a token to a sign-in, or "".
func (p *pen) signInMark() string {
	for _, name := range signInClaims() {
		if p.claims != nil && p.claims.get(claimRef{name, place(name)}) != "" {
			return name
		}
	}
	return ""
}

// remedyByProfile names the profiles that describe tokens like this one.
func (p *pen) remedyByProfile(otherwise string) string {
	names := p.profilesThatFit()
	if len(names) == 0 {
		return otherwise
	}
	return "set Config.Profile to " + strings.Join(names, " or ") +
		", whose tokens look like this one, if that is the issuer"
}

func (p *pen) remedyForKey() string {
	if p.parameter("kid") == "" {
		return "have the issuer name its key by kid, and publish one for this algorithm"
	}
	return "take the token from the issuer and environment that Config.Keys is about: " +
		"if it is from there, its key is not published, or not yet fetched"
}

func (p *pen) remedyForSignature(err *Error) string {
	switch {
	case err.detail != "" && err.Reason == ReasonSignature:
		return err.detail
	case p.header.Algorithm.Symmetric():
		return "compare Config.Secret with the issuer's, byte by byte: one of them may be base64 of the other"
	case p.parameters.Has("nonce"):
		return "this is a token for Microsoft Graph, which only Graph can verify: " +
			"have the client ask for a scope of this API"
	case err.Reason == ReasonUnknownKey:
		return "have the issuer publish a key of the type and size that the algorithm demands"
	}
	return "the token was altered or cut, or is from another environment that uses the same kid: take it anew"
}

func (p *pen) remedyForClaim(c check, err *Error) string {
	m := p.validator.terms
	switch c {
	case checkKind:
		if mark := p.signInMark(); mark != "" {
			return "this is an ID token, by its claim " + mark + ": send the access token that came with it"
		}
		if remedy := p.remedyForBinding(); remedy != "" {
			return remedy
		}
		if p.isOfAnotherKind(err.Name) {
			return sendTheAccessToken
		}
		return p.remedyByProfile(sendTheAccessToken)
	case checkIssuer:
		issuer, _ := strictjson.String(p.claims[claimIssuer].Value)
		return remedyForIssuer(issuer, m.issuer, "Config.Issuer")
	case checkAudience:
		return p.remedyForAudience(err)
	case checkExpiry, checkNotBefore, checkIssuedAt:
		return p.remedyForTime(c, err)
	case checkRequired:
		return p.remedyForMissing(err.Name)
	}
	return cmp.Or(err.detail, "have the issuer send what is expected")
}

func (p *pen) remedyForMissing(name string) string {
	switch {
	case name == "sub" && p.validator.terms.profile.Name == Keycloak().Name:
		return "give the client the client scope basic, and switch Always use lightweight access token off for it"
	case name == "sub":
		return p.remedyByProfile(remedyFor(name))
	}
	return p.remedyByProfile("have the issuer send it, or choose the Config.Profile that describes its tokens")
}

// remedyForIssuer finds the difference that is hard to see.
func remedyForIssuer(found, ours, field string) string {
	fold := strings.EqualFold
	switch {
	case found == "":
		return "have the issuer name itself in iss"
	case strings.TrimSpace(found) == strings.TrimSpace(ours):
		return "the two differ by a blank: set " + field + " to exactly what was found, if that is the issuer"
	case strings.TrimSuffix(found, "/") == strings.TrimSuffix(ours, "/"):
		return "the two differ by the slash at the end: set " + field + " to exactly what was found, if that is the issuer"
	case fold(found, ours):
		return "the two differ in upper and lower case: set " + field + " to exactly what was found, if that is the issuer"
	case withoutScheme(found) == withoutScheme(ours):
		return "one has https and the other has not: set " + field + " to exactly what was found, if that is the issuer"
	}
	return "take a token of that issuer, or set " + field + " to exactly what was found, if that is the issuer"
}

func withoutScheme(issuer string) string {
	_, rest, ok := strings.Cut(issuer, "://")
	if !ok {
		rest = issuer
	}
	return strings.TrimSuffix(rest, "/")
}

// audienceSettings say where the issuers of some profiles are told whom a token is for.
var audienceSettings = map[string]string{
	"Auth0":                   "have the client ask with the parameter audience, which is the Identifier of the API",
	"Keycloak":                "add an Audience mapper to the client's dedicated scope",
	"Microsoft Entra ID v2.0": "have the client ask for a scope of this API, and name its client ID in Config.Audiences",
	"Okta":                    "set the Audience of the authorization server, and use no tokens of the org server",
	"Ory Hydra":               "have the client ask with the parameter audience, and allow it for the client",
	"Zitadel":                 "have the client ask for the scope urn:zitadel:iam:org:project:id:{projectid}:aud",
}

func (p *pen) remedyForAudience(err *Error) string {
	m := p.validator.terms
	name, value := p.claims.first(m.refs.audience)
	list, ok := strictjson.Strings(nil, value)
	if one, isText := strictjson.String(value); isText {
		list, ok = []string{one}, true
	}
	_, client := p.claims.first(m.refs.clientID)
	clientID, _ := strictjson.String(client)
	switch {
	case value != "" && !ok || err.Reason == ReasonClaimType:
		return cmp.Or(err.detail, "have the issuer send it as a string or an array of strings")
	case slices.ContainsFunc(list, func(found string) bool { return isNearOneOf(found, m.audiences) }):
		return "they differ by a slash, a blank or upper and lower case: name in Config.Audiences exactly what was found"
	case clientID != "" && slices.Contains(list, clientID) && p.signInMark() != "":
		return "the token is for the client itself, as ID tokens are: send the access token"
	}
	setting := cmp.Or(audienceSettings[m.profile.Name], "have the issuer put what is expected into "+shortName(name))
	return setting + ", or name in Config.Audiences what was found, if that is this API"
}

// isNearOneOf reports whether a text is one of the list but for what is hard to see.
func isNearOneOf(text string, list []string) bool {
	bare := func(s string) string { return strings.TrimSuffix(strings.TrimSpace(s), "/") }
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(bare(text), bare(s)) })
}

func (p *pen) remedyForTime(c check, err *Error) string {
	switch {
	case err.Reason == ReasonClaimType:
		return "have the issuer send seconds since 1970 as a number: milliseconds and texts are none"
	case err.Reason == ReasonMissingClaim:
		return "have the issuer let its tokens expire"
	case c != checkExpiry:
		return "compare the clocks of this host and the issuer, " +
			"and raise Config.Leeway, up to 5 minutes, only if neither can be set"
	case p.now.Sub(p.result.expiresAt) < 5*time.Minute:
		return "have the client get a new token before the old one expires; " +
			"if it was new, compare the clocks of this host and the issuer"
	}
	return "have the client get a new token"
}

// remedyForChoice is about the validator that could not be chosen.
func (v *validation) remedyForChoice(err *Error, issuers []string) string {
	if v.validator != nil {
		return "make the Validator with NewValidator"
	}
	if err.Reason != ReasonUnknownIssuer {
		return v.remedyForUnread(err)
	}
	value, _ := strictjson.Find(v.payload, "iss")
	found, _ := strictjson.String(value)
	if found == "" {
		return "have the issuer name itself in iss"
	}
	for _, ours := range issuers {
		if isNearOneOf(found, []string{ours}) || withoutScheme(found) == withoutScheme(ours) {
			return remedyForIssuer(found, ours, "the Config.Issuer "+shown(ours))
		}
	}
	if len(issuers) > 0 {
		return "take a token of one of these issuers, or give ByIssuer a validator for this one"
	}
	return remedyForTenant(err)
}

// remedyForUnread is about a token in which no iss can be read, whoever its issuer is.
// What is too long is not looked at.
func (v *validation) remedyForUnread(err *Error) string {
	switch {
	case err.Reason == ReasonTooLarge:
		return "have the issuer put less into the token, such as fewer groups, or raise MaxTokenBytes"
	case strings.ContainsAny(v.token, beside):
		return remedyForText
	case err.Reason == ReasonEncrypted:
		return "have the issuer not encrypt: an encrypted token does not tell its issuer, " +
			"and takes a Validator of its own with Config.Decrypt"
	case strings.Count(v.token, ".") == 0:
		return remedyForOpaque
	}
	return "take the token anew and in full: no iss can be read in it"
}

// remedyForTenant is about an issuer that is no tenant. Where no application is asked,
// there is none that could know it.
func remedyForTenant(err *Error) string {
	switch err {
	case errUnprintable:
		return "have the issuer name itself in printable ASCII, up to 1 KiB: no other iss can be a tenant's"
	case errUnsound:
		return "have the issuer name itself by an https URL without userinfo, query, fragment and dot segments " +
			"(RFC 8414 section 2), or set TenantsConfig.AllowAnyIssuer"
	case errNotAdmitted:
		return "if it is a tenant of yours, have TenantsConfig.Admit admit it"
	}
	return "if it is a tenant of yours, have TenantsConfig.Resolve know it, and call Remove for its issuer"
}
