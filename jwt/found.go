package jwt

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"example.com/resourceserver/jwt/internal/jws"
	"example.com/resourceserver/jwt/internal/strictjson"
)

// Bounds of what an explanation repeats. A token may have a thousand audiences, and
// each may be as long as the token.
const (
	maxShown  = 120 // bytes of one text
	maxListed = 12  // texts of a list
)

// shown quotes a text that somebody else has written, as printable ASCII: a terminal
// obeys no character of it, and letters that only look like others stand out.
func shown(text string) string {
	if len(text) > maxShown {
		return strconv.QuoteToASCII(strings.ToValidUTF8(text[:maxShown], "")) + "..."
	}
	return strconv.QuoteToASCII(text)
}

// plain returns a text that is printable ASCII already as it is, and any other quoted.
// It ends where the token begins: an error of somebody else's may repeat it.
func plain(text, token string) string {
	if len(token) >= recognizable {
		if before, _, ok := strings.Cut(text, token[:recognizable]); ok {
			text = before + "[the token]"
		}
	}
	if text = cut(text, maxCause); strings.IndexFunc(text, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
		return strconv.QuoteToASCII(text)
	}
	return text
}

// recognizable is how much of a token is enough to know it by.
const recognizable = 16

// listed shows the beginning of a list.
func listed(texts []string) string {
	var b strings.Builder
	for i, text := range texts[:min(len(texts), maxListed)] {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(shown(text))
	}
	if more := len(texts) - maxListed; more > 0 {
		b.WriteString(" and " + strconv.Itoa(more) + " more")
	}
	return b.String()
}

// shownJSON shows a string or an array of strings, and of anything else the type.
func shownJSON(value string) string {
	if text, ok := strictjson.String(value); ok {
		return shown(text)
	}
	if list, ok := strictjson.Strings(nil, value); ok {
		return "[" + listed(list) + "]"
	}
	return typeOf(value)
}

// typeOf names the type of a JSON value, and so nothing that it says.
func typeOf(value string) string {
	if value == "" {
		return "none"
	}
	switch value[0] {
	case '"':
		return "a string"
	case '[':
		return "an array"
	case '{':
		return "an object"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	}
	return "a number"
}

// found says what the token has for a check that was made.
func (p *pen) found(c check) string {
	switch c {
	case checkEncryption:
		return formOf(p.token)
	case checkForm:
		return formOf(p.text)
	case checkHeader, checkExtensions, checkAlgorithm, checkKeyID, checkType:
		return p.foundInHeader(c)
	case checkEncoding:
		return strconv.Itoa(len(p.compact.Signature)) + " characters"
	case checkKey, checkSignature:
		return p.foundKeys(c)
	case checkClaims:
		if err, failed := p.errs[c].(*Error); failed {
			return err.detail
		}
		return counted(len(p.claims)-places, "claim")
	}
	return p.foundInClaims(c)
}

// formOf tells the parts of a text by their number and nothing else.
func formOf(text string) string {
	dots := strings.Count(text, ".")
	form := ""
	if jws.IsEncrypted(text) {
		form = ", a JWE"
	}
	return counted(len(text), "byte") + " in " + counted(dots+1, "segment") + form
}

func (p *pen) foundInHeader(c check) string {
	switch c {
	case checkHeader:
		if p.errs[c] != nil {
			return p.errs[c].(*Error).detail
		}
		return counted(len(p.parameters), "parameter")
	case checkExtensions:
		switch {
		case p.parameters.Has("crit"):
			return "crit is there"
		case p.parameters.Has("b64"):
			return "b64 is there"
		}
		return "none"
	}
	return shownJSON(p.parameter(checkNames[c]))
}

// parameter returns the JSON text of a parameter of the header, "" if there is none.
func (p *pen) parameter(name string) string {
	if value, ok := p.parameters.Get(name); ok || value != "" {
		return value
	}
	return ""
}

func (p *pen) foundKeys(c check) string {
	alg := p.header.Algorithm
	switch {
	case alg.Symmetric():
		return "Config.Secret"
	case c == checkSignature && p.key != nil:
		return "made by a key of the issuer"
	case c == checkSignature:
		return "made by none of the keys"
	}
	return counted(len(p.keys), "key") + " for kid " + shownJSON(p.parameter("kid")) + " and alg " + alg.Name()
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

func (p *pen) foundInClaims(c check) string {
	refs := &p.validator.terms.refs
	switch c {
	case checkKind:
		return p.marks()
	case checkIssuer:
		return shownJSON(p.claims[claimIssuer].Value)
	case checkAudience:
		return p.named(refs.audience, shownJSON)
	case checkExpiry:
		return p.when(claimExpiresAt, p.result.expiresAt)
	case checkNotBefore:
		return p.when(claimNotBefore, p.result.notBefore)
	case checkIssuedAt:
		return p.when(claimIssuedAt, p.result.issuedAt)
	case checkRequired:
		return p.missing()
	case checkSubject:
		return typeOf(p.claims[claimSubject].Value)
	case checkID:
		return p.named(refs.id, typeOf)
	case checkClient:
		return p.named(refs.clientID, typeOf)
	case checkAuthentication:
		return "auth_time " + typeOf(p.claims[claimAuthTime].Value) + ", acr " + typeOf(p.claims[claimACR].Value) +
			", amr " + typeOf(p.claims[claimAMR].Value)
	case checkScope:
		return p.named(refs.scope, shownJSON)
	}
	return p.methods()
}

// named describes a claim that may have several names, and says which one it has.
func (p *pen) named(refs []claimRef, describe func(value string) string) string {
	name, value := p.claims.first(refs)
	if value == "" {
		return "none"
	}
	return shortName(name) + " " + describe(value)
}

// shortName is the name of a claim from the config, quoted if it looks like no name.
func shortName(name string) string {
	if len(name) <= maxShown && strings.Trim(name, claimNameBytes) == "" {
		return name
	}
	return shown(name)
}

const claimNameBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:.-/#"

// when shows a time as far as it is one, and how long ago it was.
func (p *pen) when(place int, t time.Time) string {
	value := p.claims[place].Value
	if t.IsZero() {
		return typeOf(value)
	}
	return t.UTC().Format(time.RFC3339) + " (" + distance(p.now.Sub(t)) + ")"
}

// distance says how long ago something was, in the largest unit that fits.
func distance(ago time.Duration) string {
	before, behind, d := "", " ago", ago
	if d < 0 {
		before, behind, d = "in ", "", -d
	}
	for _, unit := range []struct {
		name string
		size time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}} {
		if n := int(d / unit.size); n > 0 {
			return before + counted(n, unit.name) + behind
		}
	}
	return before + counted(int(d/time.Second), "second") + behind
}

// missing lists the required claims that are not there.
func (p *pen) missing() string {
	var names []string
	for _, ref := range p.validator.terms.refs.required {
		if isEmpty(p.claims.get(ref)) {
			names = append(names, ref.name)
		}
	}
	if names == nil {
		return "all are there"
	}
	return "without " + listed(names)
}

// marks shows what tells access tokens from others. Of a claim that Profile.Equal
// names the value is shown if it is one of those that say what kind a token is: the
// others may be about a person.
func (p *pen) marks() string {
	refs := &p.validator.terms.refs
	var marks []string
	for _, ref := range refs.equal {
		if value := p.claims.get(ref); kindClaims[ref.name] {
			marks = append(marks, shortName(ref.name)+" "+shownJSON(value))
		} else {
			marks = append(marks, shortName(ref.name)+" "+typeOf(value))
		}
	}
	for _, ref := range refs.absent {
		if p.claims.get(ref) != "" {
			marks = append(marks, shortName(ref.name)+" is there")
		}
	}
	if marks == nil {
		return "no claim of another kind of token"
	}
	return joined(marks)
}

func joined(texts []string) string { return strings.Join(texts[:min(len(texts), maxListed)], ", ") }

// methods lists the names in cnf. What they hold are the thumbprints of keys.
func (p *pen) methods() string {
	value := p.claims[claimConfirmation].Value
	members, err := strictjson.Parse(nil, value)
	if err != nil {
		return typeOf(value)
	}
	names := make([]string, len(members))
	for i, m := range members {
		names[i] = m.Name
	}
	return "bound by " + listed(names)
}

// issuerFound shows the iss of a token for which no validator could be chosen.
func (v *validation) issuerFound() string {
	if v.payload == "" {
		return formOf(v.token)
	}
	value, err := strictjson.Find(v.payload, "iss")
	if err != nil {
		return "no JSON object in the payload"
	}
	if len(value) > strictjson.MaxEscape*maxIssuerBytes {
		return fmt.Sprintf("iss of %d bytes", len(value))
	}
	return "iss " + shownJSON(value)
}
