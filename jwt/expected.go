package jwt

import (
	"strconv"
	"time"

	"example.com/resourceserver/jwt/internal/jws"
)

// expected says what the config asks for.
func (p *pen) expected(c check) string {
	m := p.validator.terms
	switch c {
	case checkEncryption:
		return "a JWE, since Config.Decrypt is set"
	case checkForm:
		return "3 segments, and up to " + strconv.Itoa(p.validator.maxTokenBytes) + " bytes"
	case checkHeader, checkClaims:
		return "one JSON object in base64url"
	case checkAlgorithm:
		return "one of " + p.validator.algorithmNames()
	case checkExtensions:
		return "none"
	case checkKeyID:
		return "a string or none"
	case checkType:
		return p.validator.typesExpected()
	case checkEncoding:
		return "base64url"
	case checkKey:
		return p.keysExpected()
	case checkSignature:
		return "made by a key of the issuer"
	case checkKind:
		return m.kindExpected()
	case checkIssuer:
		return shown(m.issuer)
	case checkAudience:
		return "one of " + listed(m.audiences)
	}
	return p.claimExpected(c)
}

func (p *pen) claimExpected(c check) string {
	m := p.validator.terms
	switch c {
	case checkExpiry:
		return "a time after " + p.now.Add(-m.leeway).UTC().Format(time.RFC3339)
	case checkNotBefore, checkIssuedAt:
		return "no time after " + p.now.Add(m.leeway).UTC().Format(time.RFC3339)
	case checkRequired:
		names := make([]string, len(m.refs.required))
		for i, ref := range m.refs.required {
			names[i] = ref.name
		}
		return listed(names)
	case checkSubject:
		return p.subjectExpected()
	case checkID:
		return "a string"
	case checkClient:
		return "a string, and a client or a subject"
	case checkAuthentication:
		return "a time, a string, an array of strings, or none"
	case checkScope:
		return "a string or an array of strings"
	}
	if len(m.confirmations) == 0 {
		return "none, since Config.Confirmations is empty"
	}
	return "none, or bound by " + listed(m.confirmations)
}

func (p *pen) subjectExpected() string {
	m := p.validator.terms
	switch {
	case m.profile.TrustDomain != "":
		return "a workload in " + shown(spiffe+m.profile.TrustDomain)
	case m.profile.AllowAnySubject:
		return "a string"
	}
	return "a string, without ':' or a URI"
}

func (m *terms) kindExpected() string {
	var marks []string
	for _, ref := range m.refs.equal {
		marks = append(marks, shortName(ref.name)+" "+shown(m.profile.Equal[ref.name]))
	}
	for _, ref := range m.refs.absent {
		marks = append(marks, "no "+shortName(ref.name))
	}
	return joined(marks)
}

func (v *Validator) algorithmNames() string {
	var names []string
	for _, list := range [][]string{jws.Asymmetric, jws.PostQuantum, jws.Symmetric} {
		for _, name := range list {
			if v.rules.Algorithms[name] != nil {
				names = append(names, name)
			}
		}
	}
	return listed(names)
}

func (v *Validator) typesExpected() string {
	types := "one of " + listed(v.rules.Types)
	if len(v.rules.Types) == 1 {
		types = shown(v.rules.Types[0])
	}
	if v.rules.AllowMissingType {
		return types + " or none"
	}
	return types
}

// keysExpected lists the kids that there are, where Config.Keys tells them.
func (p *pen) keysExpected() string {
	if p.header.Algorithm.Symmetric() {
		return "Config.Secret"
	}
	if kids := keyIDsOf(p.validator.terms.keys); len(kids) > 0 {
		return "one of the issuer's keys, which are " + listed(kids)
	}
	return "one of the issuer's keys"
}

// keyIDsOf returns the kids of a key source that tells them.
func keyIDsOf(keys KeySource) []string {
	if source, ok := keys.(interface{ KeyIDs() []string }); ok {
		return source.KeyIDs()
	}
	return nil
}
