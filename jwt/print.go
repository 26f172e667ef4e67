package jwt

import (
	"fmt"
	"io"
)

// What holds a secret, or what an issuer says about a person, prints as its type and
// nothing of it, whatever the verb: these values get into logs as fields of
// something else. The receivers are values where they can be, so that a copy prints
// no more than a pointer does.

// Format writes the issuer and no secret.
func (c Config) Format(s fmt.State, _ rune) { writeType(s, "jwt.Config", c.Issuer) }

// MarshalText returns what Format writes, for whatever writes JSON, such as a handler
// of log/slog.
func (c Config) MarshalText() ([]byte, error) { return []byte(fmt.Sprint(c)), nil }

// Format writes the issuer and no secret.
func (v *Validator) Format(s fmt.State, _ rune) {
	if v == nil || v.terms == nil {
		writeType(s, "jwt.Validator", "")
		return
	}
	writeType(s, "jwt.Validator", v.terms.issuer)
}

// Format writes how many issuers there are.
func (i *Issuers) Format(s fmt.State, _ rune) {
	if i == nil {
		writeType(s, "jwt.Issuers", "")
		return
	}
	writeType(s, "jwt.Issuers", fmt.Sprintf("%d issuers", len(i.validators)))
}

// Format writes how many tenants are live.
func (t *Tenants) Format(s fmt.State, _ rune) {
	if t == nil || t.table == nil {
		writeType(s, "jwt.Tenants", "")
		return
	}
	writeType(s, "jwt.Tenants", fmt.Sprintf("%d live", t.Status().Live))
}

// Format writes the issuer and nothing of what it says.
func (t Token) Format(s fmt.State, _ rune) { writeType(s, "jwt.Token", t.Issuer()) }

func writeType(w io.Writer, name, what string) {
	if what != "" {
		name += "(" + short(what) + ")"
	}
	_, _ = io.WriteString(w, name)
}
