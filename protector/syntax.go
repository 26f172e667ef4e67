package protector

// bearer is the scheme of RFC 6750, spelled as §3 writes it.
const bearer = "Bearer"

// Character classes, as tables: a token is a kilobyte, and is looked at byte by
// byte.
var (
	tokenChars   = alphabet("!#$%&'*+-.^_`|~") // RFC 9110 §5.6.2 tchar
	token68Chars = alphabet("-._~+/")          // RFC 6750 §2.1 b64token, without "="
)

// alphabet marks letters, digits and the characters beside them by 1: numbers can be
// combined without a branch for each, which booleans cannot.
func alphabet(beside string) (chars [256]uint8) {
	for c := '0'; c <= '9'; c++ {
		chars[c] = 1
	}
	for c := 'a'; c <= 'z'; c++ {
		chars[c], chars[c-'a'+'A'] = 1, 1
	}
	for _, c := range beside {
		chars[c] = 1
	}
	return chars
}

// isToken reports whether s is a token in HTTP's sense (RFC 9110 §5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		if tokenChars[s[i]] == 0 {
			return false
		}
	}
	return s != ""
}

// isToken68 reports whether s is 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" /
// "+" / "/" ) *"=" (RFC 6750 §2.1).
func isToken68(s string) bool {
	n := 0
	for len(s)-n >= 8 { // eight at a time: a token is a kilobyte, and this halves the time
		c := s[n : n+8]
		if token68Chars[c[0]]&token68Chars[c[1]]&token68Chars[c[2]]&token68Chars[c[3]]&
			token68Chars[c[4]]&token68Chars[c[5]]&token68Chars[c[6]]&token68Chars[c[7]] == 0 {
			break
		}
		n += 8
	}
	for n < len(s) && token68Chars[s[n]] != 0 {
		n++
	}
	if n == 0 {
		return false
	}
	for ; n < len(s); n++ {
		if s[n] != '=' {
			return false
		}
	}
	return true
}

// isQuotable reports whether s holds only what error and error_description may
// hold, %x20-21 / %x23-5B / %x5D-7E (RFC 6750 §3). Such a text needs no
// escaping inside quotes.
func isQuotable(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// isFieldValue reports whether s may stand in a header field (RFC 9110 §5.5).
func isFieldValue(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// equalFold compares without regard to the case of ASCII letters.
// strings.EqualFold also takes the Kelvin sign for a k.
func equalFold(a, b string) bool {
	if a == b || len(a) != len(b) {
		return a == b
	}
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
