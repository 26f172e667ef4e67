package jwt

import (
	"net/netip"
	"strings"
)

// maxIssuerBytes bounds an iss about which anybody is asked. The longest that an
// issuer is known to use has 100 or so.
const maxIssuerBytes = 1 << 10

// isSoundIssuer reports whether issuer is an https URL as RFC 8414 §2 wants an issuer
// identifier, without query and fragment, and without all that has two readings: a
// userinfo, a backslash, a character that is not ASCII, a dot segment, an encoded
// slash, backslash, dot or control character. Whatever else there is, such as letter
// case, a port, a dot at the end of the host, punycode or a slash at the end, is for
// whoever compares it: no byte is changed. The scheme is http only for a loopback
// address.
func isSoundIssuer(issuer string) bool {
	rest, secure := strings.CutPrefix(issuer, "https://")
	if !secure {
		var plain bool
		if rest, plain = strings.CutPrefix(issuer, "http://"); !plain {
			return false
		}
	}
	end := strings.IndexByte(rest, '/')
	if end < 0 {
		end = len(rest)
	}
	host, ok := hostOf(rest[:end])
	return ok && (secure || isLoopback(host)) && isSoundPath(rest[end:])
}

// hostOf returns the host of an authority without userinfo (RFC 3986 §3.2).
func hostOf(authority string) (host string, ok bool) {
	host, port := authority, ""
	if end := strings.LastIndexByte(authority, ':'); end >= 0 && !strings.HasSuffix(authority, "]") {
		if host, port = authority[:end], authority[end+1:]; !isPort(port) {
			return "", false
		}
	}
	if strings.HasPrefix(host, "[") {
		inside := strings.TrimSuffix(host[1:], "]")
		ip, err := netip.ParseAddr(inside)
		return inside, err == nil && ip.Is6() && ip.Zone() == "" && len(inside) == len(host)-2
	}
	for i := range len(host) {
		if c := host[i]; !isAlphanumeric(c) && c != '-' && c != '.' && c != '_' {
			return "", false
		}
	}
	return host, strings.Trim(host, ".") != ""
}

func isPort(port string) bool {
	return port != "" && len(port) <= len("65535") && strings.Trim(port, "0123456789") == ""
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// isSoundPath reports whether a path (RFC 3986 §3.3) has no dot segment, and no
// character in its encoded form that would be read as another thing once it is decoded.
func isSoundPath(path string) bool {
	for i := range len(path) {
		c := path[i]
		if !uriBytes[c] || strings.IndexByte("?#[]", c) >= 0 || c == '%' && !isSoundEscape(path[i:]) {
			return false
		}
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return false
		}
	}
	return true
}

// isSoundEscape reports whether text begins with the encoded form of a character that
// does not change what a path means, whoever decodes it.
func isSoundEscape(text string) bool {
	if !isPercentEncoded(text) {
		return false
	}
	c := hexValue(text[1])<<4 | hexValue(text[2])
	return c >= ' ' && c != 0x7f && strings.IndexByte(`/\.%`, c) < 0
}

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// isPrintable reports whether text is of printable ASCII characters, without space.
func isPrintable(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return false
		}
	}
	return text != ""
}
