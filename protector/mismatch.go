package protector

import (
	"errors"
	"slices"
	"strconv"
	"strings"
)

// mismatch is what a claim was compared with, and what it was, for the operator who has
// to find out which of the two is wrong.
type mismatch struct{ expected, received []string }

// mismatchOf returns what err tells of a comparison. A validator says so by a method,
// and what it received are the words of a stranger, or of an issuer: none that quotes
// the token is kept.
func mismatchOf(err error, token string) (m mismatch) {
	type mismatched interface {
		error
		Mismatch() (expected, received []string)
	}
	if e, ok := errors.AsType[mismatched](err); ok {
		m.expected, m.received = e.Mismatch()
		spoilt := func(value string) bool { return len(value) > longestText || quotes(value, token) }
		m.received = slices.DeleteFunc(slices.Clone(m.received), spoilt)
	}
	return m
}

// longestQuoted bounds, in bytes, what a record repeats of a claim.
const longestQuoted = 200

// quotedValues writes values as one text. One that is not plain is quoted, so that
// it can neither be taken for two nor be read as an instruction by a terminal.
func quotedValues(values []string) string {
	var out strings.Builder
	for i, value := range values {
		text := value
		if !isPlain(value) {
			text = strconv.QuoteToASCII(shortened(value, longestQuoted))
		}
		if i > 0 {
			text = ", " + text
		}
		if out.Len()+len(text) > longestQuoted {
			out.WriteString("…")
			break
		}
		out.WriteString(text)
	}
	return out.String()
}

func isPlain(value string) bool {
	for _, c := range []byte(value) {
		if c <= ' ' || c > '~' || c == '"' || c == ',' || c == '\\' {
			return false
		}
	}
	return value != ""
}
