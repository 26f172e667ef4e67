package introspection

import "strings"

// isB64Token says whether a string is made as bearer tokens are (RFC 6750
// §2.1): letters, digits and -._~+/, then any number of =. What is not, no
// server has issued, and is not sent to one.
func isB64Token(token string) bool {
	body := strings.TrimRight(token, "=")
	if body == "" {
		return false
	}
	for i := range len(body) {
		if !isB64TokenChar(body[i]) {
			return false
		}
	}
	return true
}

func isB64TokenChar(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("-._~+/", c) >= 0
}
