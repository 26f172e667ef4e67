package strictjson

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// String returns the string that value, a member's value, denotes. ok is false
// if it is of another type, or holds an escape that denotes nothing: a value that
// [Find] has found may.
func String(value string) (s string, ok bool) {
	if len(value) < 2 || value[0] != '"' {
		return "", false
	}
	s = value[1 : len(value)-1]
	if strings.IndexByte(s, '\\') >= 0 {
		return unescape(s)
	}
	return s, true
}

// Strings appends to dst the strings of value, a member's value that is an array
// of strings. ok is false if it is of another type, or if an element is.
func Strings(dst []string, value string) (list []string, ok bool) {
	if value == "" || value[0] != '[' {
		return nil, false
	}
	s := scanner{text: value, at: 1}
	for s.space(); !s.next(']'); s.space() {
		start := s.at
		if !s.next('"') {
			return nil, false
		}
		if _, ok := s.string(); !ok {
			return nil, false
		}
		element, _ := String(value[start:s.at])
		dst = append(dst, element)
		s.space()
		s.next(',')
	}
	return dst, true
}

// MaxEscape is how many bytes of JSON one byte of a string takes at most.
const MaxEscape = len(`\u0061`)

// shortEscapes are the characters that two-character escapes denote, by their second
// character; 0 for what is none (RFC 8259 §7).
var shortEscapes = [256]byte{
	'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t',
}

// hexDigits are the values of hex digits, and noHex for what is none.
var hexDigits = func() (table [256]byte) {
	for c := range table {
		table[c] = noHex
	}
	for value, c := range []byte("0123456789abcdef") {
		table[c] = byte(value)
	}
	for value, c := range []byte("ABCDEF") {
		table[c] = byte(10 + value)
	}
	return table
}()

const noHex = 0xff

// unicodeEscape returns the character that an escape by \u denotes at the beginning of
// text, and the length of the escape: 6, or 12 for a pair of surrogates. It is 0 if
// there is no valid one. A lone surrogate denotes no character (RFC 7493 §2.1).
func unicodeEscape(text string) (r rune, size int) {
	if len(text) < 6 || text[1] != 'u' {
		return 0, 0
	}
	r = hex4(text[2:6])
	if r < 0 {
		return 0, 0
	}
	if !utf16.IsSurrogate(r) {
		return r, 6
	}
	if len(text) < 12 || text[6] != '\\' || text[7] != 'u' {
		return 0, 0
	}
	if r = utf16.DecodeRune(r, hex4(text[8:12])); r == utf8.RuneError {
		return 0, 0
	}
	return r, 12
}

// hex4 returns the number that four hex digits denote, or -1.
func hex4(digits string) rune {
	a, b, c, d := hexDigits[digits[0]], hexDigits[digits[1]], hexDigits[digits[2]], hexDigits[digits[3]]
	if a|b|c|d == noHex {
		return -1
	}
	return rune(a)<<12 | rune(b)<<8 | rune(c)<<4 | rune(d)
}

// unescapeOne decodes the escape that text begins with into c, and returns how long
// it is and how many bytes it denotes; 0 if it is not valid.
func unescapeOne(c *[utf8.UTFMax]byte, text string) (size, written int) {
	if len(text) > 1 && shortEscapes[text[1]] != 0 {
		c[0] = shortEscapes[text[1]]
		return 2, 1
	}
	r, size := unicodeEscape(text)
	if size == 0 {
		return 0, 0
	}
	return size, utf8.EncodeRune(c[:], r)
}

// unescape decodes the inside of a string.
func unescape(s string) (_ string, ok bool) {
	var room [128]byte // a short string costs one allocation
	decoded := room[:]
	if len(s) > len(room) {
		decoded = make([]byte, len(s))
	}
	n, ok := decode(decoded, s)
	return string(decoded[:n]), ok
}

// decode writes to dst what the inside of a string denotes, and returns its length;
// ok is false if an escape denotes nothing. The length is
// no more than that of how it is written, and dst must be as long as that. It goes by
// tables: this text may be one that nobody has signed, and an escape for each
// character must cost little beside a signature check.
func decode(dst []byte, s string) (n int, ok bool) {
	for at := 0; at < len(s); {
		if s[at] != '\\' {
			dst[n] = s[at]
			at, n = at+1, n+1
			continue
		}
		if at+1 < len(s) && shortEscapes[s[at+1]] != 0 {
			dst[n] = shortEscapes[s[at+1]]
			at, n = at+2, n+1
			continue
		}
		r, size := unicodeEscape(s[at:])
		if size == 0 {
			return 0, false
		}
		at, n = at+size, n+utf8.EncodeRune(dst[n:], r)
	}
	return n, true
}

// names decodes one name after another into the same memory: an object may be made of
// nothing but escaped names.
type names struct {
	all     strings.Builder
	scratch []byte
}

func (n *names) decode(inside string) string {
	if len(n.scratch) < len(inside) {
		n.scratch = make([]byte, max(len(inside), 256))
	}
	start := n.all.Len()
	length, _ := decode(n.scratch, inside) // it has been found valid
	n.all.Write(n.scratch[:length])
	return n.all.String()[start:]
}
