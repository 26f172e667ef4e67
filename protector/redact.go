package protector

import (
	"errors"
	"slices"
	"strings"
)

const (
	// shortestSecret is the shortest token that is looked for. A shorter one is a
	// word that any text may hold by chance, and that a stranger may send to
	// garble what is logged about him. It is found as a whole word only.
	shortestSecret = 8
	// longSecret is the shortest token that is also looked for inside longer
	// words, and of which a part of this length is treated like the whole: drivers
	// cut long arguments off. Inside a longer word, such as "/introspect/eyJhbG...",
	// a part of a token of more than 64 characters may have to be longer to be
	// found, and twice as long at most.
	longSecret = 16
	// longestText is how much of somebody else's text is looked through. The rest
	// is dropped: it may quote the token, and the look-up costs time.
	longestText = 16 << 10

	redaction = "[token]"
)

func isSecret(token string) bool { return len(token) >= shortestSecret }

// quotes reports whether text holds the token, in whatever escaping.
func quotes(text, token string) bool { return withoutToken(text, token) != text }

// redact returns err without the token. Drivers and HTTP clients quote their
// arguments in errors, and errors end in logs.
//
// An error that does not quote the token, and wraps none that does, is returned
// as it is. Of any other the text is redacted, and it is not handed out by
// Unwrap or errors.As, since a caller would print it. errors.Is still finds
// everything in it, and errors.As what it wraps and what does not quote the
// token itself.
func redact(err error, token string) error {
	if !isSecret(token) || discreet(err, token) {
		return err
	}
	r := &redacted{
		text: withoutToken(shortened(err.Error(), longestText), token),
		is:   func(target error) bool { return errors.Is(err, target) },
	}
	for _, cause := range causes(err) {
		r.causes = append(r.causes, redact(cause, token))
	}
	return r
}

// discreet reports whether neither err nor anything it wraps quotes the token. A
// text that is too long to be looked through might.
func discreet(err error, token string) bool {
	if text := err.Error(); len(text) > longestText || quotes(text, token) {
		return false
	}
	for _, cause := range causes(err) {
		if !discreet(cause, token) {
			return false
		}
	}
	return true
}

func causes(err error) []error {
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if cause := e.Unwrap(); cause != nil {
			return []error{cause}
		}
	case interface{ Unwrap() []error }:
		isNil := func(cause error) bool { return cause == nil } // which errors.Is skips too
		return slices.DeleteFunc(slices.Clone(e.Unwrap()), isNil)
	}
	return nil
}

// redacted is an error without the token. The original is behind a function,
// where nothing that prints an error finds it.
type redacted struct {
	text   string
	is     func(target error) bool
	causes []error
}

func (e *redacted) Error() string        { return e.text }
func (e *redacted) Is(target error) bool { return e.is(target) }
func (e *redacted) Unwrap() []error      { return e.causes }

// withoutToken returns text with every occurrence of the token replaced. The
// text is read word by word, a word being what a token may be made of, with its
// escapes undone: url.PathEscape, url.QueryEscape, JSON and HTML each write the
// same token otherwise.
func withoutToken(text, token string) string {
	token = strings.TrimRight(token, "=")
	if !isSecret(token) || len(text) < shortestSecret {
		return text
	}
	var out strings.Builder
	done := 0
	for i := 0; i < len(text); {
		w := wordAt(text, i)
		if w.end == i { // no word begins here
			i++
			continue
		}
		for _, found := range w.tokens(token) {
			out.WriteString(text[done:found.begin])
			out.WriteString(redaction)
			done = found.end
		}
		i = w.end
	}
	if done == 0 {
		return text
	}
	return out.String() + text[done:]
}

// word is a run of characters that a token may be made of.
type word struct {
	plain      string // without escapes
	starts     []int  // where each character of plain begins in the text; nil if nothing was escaped
	begin, end int
}

type span struct{ begin, end int }

func wordAt(text string, begin int) word {
	w := word{begin: begin, end: begin}
	var plain []byte
	for w.end < len(text) {
		c, n := characterAt(text[w.end:])
		if n == 0 || token68Chars[c] == 0 {
			break
		}
		if n > 1 && w.starts == nil {
			plain = append(plain, text[begin:w.end]...)
			w.starts = make([]int, 0, len(plain)+16)
			for i := range plain {
				w.starts = append(w.starts, begin+i)
			}
		}
		if w.starts != nil {
			plain, w.starts = append(plain, c), append(w.starts, w.end)
		}
		w.end += n
	}
	w.plain = string(plain)
	if w.starts == nil {
		w.plain = text[begin:w.end]
	}
	return w
}

// tokens returns where the token, or a long part of it, is in the word.
func (w word) tokens(token string) (found []span) {
	whole := []span{{w.begin, w.end}}
	switch {
	case len(w.plain) < shortestSecret:
		return nil
	case w.plain == token:
		return whole
	case len(token) < longSecret:
		return nil
	case len(w.plain) >= longSecret && strings.Contains(token, w.plain):
		return whole
	}
	for from := 0; ; {
		i := strings.Index(w.plain[from:], token)
		if i < 0 {
			break
		}
		begin := from + i
		from = begin + len(token)
		found = append(found, span{w.position(begin), w.position(from)})
	}
	if found == nil {
		found = w.parts(token)
	}
	return found
}

// parts returns where parts of the token are in a word that holds no whole one.
// The longer the token is, the fewer places of the word it looks up: that bounds
// the time.
func (w word) parts(token string) (found []span) {
	step := min(max(len(token)/64, 1), longSecret)
	for from, done := 0, 0; from+longSecret <= len(w.plain); {
		at := strings.Index(token, w.plain[from:from+longSecret])
		if at < 0 {
			from += step
			continue
		}
		begin, end := from, from+longSecret
		for i := at; i > 0 && begin > done && token[i-1] == w.plain[begin-1]; i-- {
			begin--
		}
		for i := at + longSecret; i < len(token) && end < len(w.plain) && token[i] == w.plain[end]; i++ {
			end++
		}
		found = append(found, span{w.position(begin), w.position(end)})
		from, done = end, end
	}
	return found
}

// position returns where in the text the i-th character of the word begins.
func (w word) position(i int) int {
	switch {
	case i == len(w.plain):
		return w.end
	case w.starts == nil:
		return w.begin + i
	}
	return w.starts[i]
}

// characterAt returns the first character of text with its escaping undone, and
// how many bytes it takes: 0 if it is an escape of nothing.
func characterAt(text string) (c byte, n int) {
	switch text[0] {
	case '%':
		n = 1
		for strings.HasPrefix(text[n:], "25") { // escaped more than once
			n += 2
		}
		c, ok := hexByte(text[n:])
		return c, used(n+2, ok)
	case '\\':
		if strings.HasPrefix(text, `\/`) {
			return '/', 2
		}
		if strings.HasPrefix(text, `\u00`) {
			c, ok := hexByte(text[4:])
			return c, used(6, ok)
		}
		return 0, 0
	case '&':
		return entityAt(text)
	}
	return text[0], 1
}

// entityAt reads a numeric character reference of HTML, such as "&#43;".
func entityAt(text string) (c byte, n int) {
	digits, _, ok := strings.Cut(text[:min(len(text), 8)], ";")
	digits, numeric := strings.CutPrefix(digits, "&#")
	if !ok || !numeric {
		return 0, 0
	}
	base, rest := 10, digits
	if trimmed := strings.TrimLeft(digits, "xX"); trimmed != digits {
		base, rest = 16, trimmed
	}
	value := 0
	for i := range len(rest) {
		d := hexDigit(rest[i])
		if d >= base {
			return 0, 0
		}
		value = value*base + d
	}
	return byte(value), used(len("&#")+len(digits)+len(";"), value < 128)
}

func used(n int, ok bool) int {
	if !ok {
		return 0
	}
	return n
}

func hexByte(s string) (c byte, ok bool) {
	if len(s) < 2 {
		return 0, false
	}
	high, low := hexDigit(s[0]), hexDigit(s[1])
	return byte(high<<4 | low), high < 16 && low < 16
}

// hexDigit returns the value of a digit, or more than any base has.
func hexDigit(c byte) int {
	switch c = lower(c); {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	}
	return 255
}
