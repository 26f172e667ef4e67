package jwt

import (
	"net/url"
	"strings"
)

// isStringOrURI reports whether s is a StringOrURI (RFC 7519 §2): any string,
// but one that holds a ':' must be a URI.
func isStringOrURI(s string) bool {
	return strings.IndexByte(s, ':') < 0 || isURI(s)
}

// isURI reports whether s is a URI (RFC 3986 §3). net/url knows the structure
// and is lax about the characters: it lets through what is not ASCII, '%'
// without two digits behind it, brackets outside of an IP address and a second
// '#'.
func isURI(s string) bool {
	for i := range len(s) {
		if c := s[i]; !uriBytes[c] || c == '%' && !isPercentEncoded(s[i:]) {
			return false
		}
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme == "" || strings.Count(s, "#") > 1 {
		return false
	}
	brackets := 0
	if strings.HasPrefix(u.Host, "[") {
		brackets = 1
	}
	return strings.Count(s, "[") == brackets && strings.Count(s, "]") == brackets
}

// uriBytes marks the characters of a URI (RFC 3986 §2).
var uriBytes = func() (table [256]bool) {
	for c := '!'; c <= '~'; c++ {
		table[c] = !strings.ContainsRune("\"<>\\^`{|}", c)
	}
	return table
}()

func isPercentEncoded(s string) bool {
	return len(s) >= 3 && isHex(s[1]) && isHex(s[2])
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}
