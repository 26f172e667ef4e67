package strictjson

import (
	"strings"
	"unicode/utf8"
)

// Find returns the value of the first member called name of the JSON object that
// text begins with, and "" if there is none or it is null. It goes no further, and
// cares for nothing but where strings and values end: what it finds says something
// only once [Parse] has accepted the whole text. It is for what nobody has signed
// yet, and must cost little beside a signature check, whatever the text is.
func Find(text, name string) (value string, err error) {
	at := skipSpace(text, 0)
	if at == len(text) || text[at] != '{' {
		return "", errSyntax
	}
	for {
		if at = skipSpace(text, at+1); at < len(text) && text[at] == '}' {
			return "", nil
		}
		start := at
		if at = skipString(text, at); at < 0 {
			return "", errSyntax
		}
		found := isName(text[start:at], name)
		if at = skipSpace(text, at); at == len(text) || text[at] != ':' {
			return "", errSyntax
		}
		start = skipSpace(text, at+1)
		if at = skipValue(text, start); at < 0 {
			return "", errSyntax
		}
		if found {
			return unlessNull(text[start:at]), nil
		}
		if at = skipSpace(text, at); at == len(text) || text[at] != ',' && text[at] != '}' {
			return "", errSyntax
		}
		if text[at] == '}' {
			return "", nil
		}
	}
}

func unlessNull(value string) string {
	if value == "null" {
		return ""
	}
	return value
}

// isName reports whether quoted, a string in its quotation marks, denotes name. It
// decodes no more than it has to compare: the names may all be such as nearly are it.
func isName(quoted, name string) bool {
	inside := quoted[1 : len(quoted)-1]
	if len(inside) < len(name) {
		return false
	}
	for inside != "" && name != "" {
		size, written := 1, 1
		if inside[0] == '\\' {
			var c [utf8.UTFMax]byte
			if size, written = unescapeOne(&c, inside); size == 0 || !strings.HasPrefix(name, string(c[:written])) {
				return false
			}
		} else if inside[0] != name[0] {
			return false
		}
		inside, name = inside[size:], name[written:]
	}
	return inside == name // both at their end
}

// isSpace marks white space (RFC 8259 §2).
var isSpace = [256]bool{' ': true, '\t': true, '\n': true, '\r': true}

// skipSpace returns where white space ends that begins at at, if there is any.
func skipSpace(text string, at int) int {
	for at < len(text) && isSpace[text[at]] {
		at++
	}
	return at
}

// skipString returns where the string ends that begins at at, or -1.
func skipString(text string, at int) int {
	if at >= len(text) || text[at] != '"' {
		return -1
	}
	for at++; at < len(text); at++ {
		switch text[at] {
		case '"':
			return at + 1
		case '\\':
			at++
		}
	}
	return -1
}

// skipValue returns where the value, or something like one, ends that begins at at,
// or -1.
func skipValue(text string, at int) int {
	if at == len(text) {
		return -1
	}
	switch text[at] {
	case '"':
		return skipString(text, at)
	case '{', '[':
		return skipNested(text, at)
	}
	start := at
	for at < len(text) && !endsWord[text[at]] {
		at++
	}
	if at == start {
		return -1
	}
	return at
}

// endsWord marks what is behind a number or a literal.
var endsWord = func() (table [256]bool) {
	for _, c := range []byte(",:{}[]\" \t\r\n") {
		table[c] = true
	}
	return table
}()

// skipNested returns where the object or array ends that begins at at, or -1.
func skipNested(text string, at int) int {
	for depth := 0; at < len(text); {
		switch text[at] {
		case '"':
			if at = skipString(text, at); at < 0 {
				return -1
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return at + 1
			}
		}
		at++
	}
	return -1
}
