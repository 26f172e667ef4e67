package strictjson

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// String returns the string that value, a member's value, denotes. ok is false
// if it is of another type.
func String(value string) (s string, ok bool) {
	if len(value) < 2 || value[0] != '"' {
		return "", false
	}
	s = value[1 : len(value)-1]
	if strings.IndexByte(s, '\\') >= 0 {
		s = unescape(s)
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

// escape returns the length of the escape sequence that text begins with, or 0
// if it is not a valid one. A surrogate counts only as half of a pair: a lone
// one denotes no character (RFC 7493 §2.1).
func escape(text string) int {
	if len(text) < 2 {
		return 0
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		return unicodeEscape(text)
	}
	return 0
}

func unicodeEscape(text string) int {
	r, ok := hex4(text)
	if !ok {
		return 0
	}
	if !utf16.IsSurrogate(r) {
		return 6
	}
	low, ok := hex4(text[6:])
	if !ok || utf16.DecodeRune(r, low) == utf8.RuneError {
		return 0
	}
	return 12
}

// hex4 returns the code unit that text begins with: \u and four hex digits.
func hex4(text string) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range []byte(text[2:6]) {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

var shortEscapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unescape decodes the inside of a string that has been found valid.
func unescape(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for {
		at := strings.IndexByte(s, '\\')
		if at < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:at])
		n := escape(s[at:])
		switch n {
		case 2:
			b.WriteByte(shortEscapes[s[at+1]])
		case 6:
			r, _ := hex4(s[at:])
			b.WriteRune(r)
		default:
			high, _ := hex4(s[at:])
			low, _ := hex4(s[at+6:])
			b.WriteRune(utf16.DecodeRune(high, low))
		}
		s = s[at+n:]
	}
}
