package protector

import (
	"net/http"
	"strings"
)

// credential is the token that a request carries. Without a token it is none;
// the scheme may be there all the same, for the challenge.
type credential struct {
	scheme *scheme
	token  string
	source *source // nil: the Authorization field
}

// unseen reports whether caches do not see that there is a credential: it is the
// presence of the Authorization field that keeps shared ones from storing an answer
// (RFC 9111 §3.5).
func (c credential) unseen() bool { return c.source != nil }

// credential finds the request's one token. It checks syntax, length and
// number, and nothing about the token itself. Beside an error it returns no
// token.
func (p *Protector) credential(r *http.Request) (credential, *Error) {
	found, err := p.fromHeader(r)
	if err != nil || p.sources == nil {
		return found, err
	}
	return p.fromSources(r, found)
}

// fromHeader reads the Authorization field (RFC 6750 §2.1).
//
// A scheme that is not ours is no credential (§3.1): the request may be meant
// for somebody further in. Two fields are refused whatever they say, since who
// reads the first and who reads the last would see different callers.
func (p *Protector) fromHeader(r *http.Request) (credential, *Error) {
	fields := r.Header["Authorization"]
	switch len(fields) {
	case 0:
		return credential{}, nil
	case 1:
	default:
		return credential{}, errInvalidRequest(reasonSeveral, nil)
	}
	s, rest := p.cutScheme(fields[0])
	if s == nil {
		return credential{}, nil
	}
	token := strings.TrimLeft(rest, " ")
	if len(token) == len(rest) { // not one SP: nothing, a TAB, a comma
		return credential{scheme: s}, errInvalidRequest(reasonMalformed, nil)
	}
	return p.credentialOf(s, token)
}

// cutScheme tells which of our schemes field begins with, and what follows it.
// It looks at no more bytes than our names are long.
func (p *Protector) cutScheme(field string) (*scheme, string) {
	for _, s := range p.schemes {
		n := len(s.name)
		if s.field == "" && len(field) >= n && equalFold(field[:n], s.name) &&
			(len(field) == n || tokenChars[field[n]] == 0) {
			return s, field[n:]
		}
	}
	return nil, ""
}

// credentialOf bounds the token before anything looks at its bytes.
func (p *Protector) credentialOf(s *scheme, token string) (credential, *Error) {
	if len(token) > p.limit {
		return credential{scheme: s}, errInvalidToken(reasonTooLarge, p.tooLarge)
	}
	if !isToken68(token) {
		return credential{scheme: s}, errInvalidRequest(reasonMalformed, nil)
	}
	return credential{scheme: s, token: token}, nil
}
