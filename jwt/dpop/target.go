package dpop

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// The URI of a request is never taken from what routers work with: by then it is
// decoded, cleaned, and completed by the Host field, all of which the sender of the
// request can steer. Both sides of the comparison are texts as they were sent,
// normalized after RFC 3986 §6.2.2 (letter case, percent-encoding) and §6.2.3
// (scheme), as RFC 9449 §4.3 advises.

var (
	errNotOrigin = errors.New("is not an https URL with a host: write https://host, or https://host/path for what a " +
		"proxy removes")
	errMore = errors.New("holds a user name, a query or a fragment: remove it")
	errSign = errors.New("holds a character that no URI has: write the host as clients send it, such as xn--, " +
		"and escape the path")
	errDots = errors.New("holds a dot segment or a bad escape: write the path as clients send it")
)

// publicOrigin normalizes a configured origin: no slash is at its end.
func publicOrigin(raw string) (string, error) {
	u, err := url.Parse(raw)
	switch {
	case strings.ContainsFunc(raw, func(c rune) bool { return c <= ' ' || c == '\\' || c >= 0x7f }):
		return "", errSign
	case err != nil || u.Opaque != "" || u.Hostname() == "":
		return "", errNotOrigin
	case u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())):
		return "", errNotOrigin
	case u.User != nil || strings.ContainsAny(raw, "?#"):
		return "", errMore
	}
	origin, path, ok := cutOrigin(raw)
	if path, ok = normalPath(path, ok); !ok {
		return "", errDots
	}
	return origin + strings.TrimSuffix(path, "/"), nil
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.IsLoopback()
}

// uriOf normalizes htu, whose query and fragment do not count (RFC 9449 §4.3).
func uriOf(htu string) (string, bool) {
	if end := strings.IndexAny(htu, "?#"); end >= 0 {
		htu = htu[:end]
	}
	origin, path, ok := cutOrigin(htu)
	if path, ok = normalPath(path, ok); !ok {
		return "", false
	}
	return origin + path, true
}

// cutOrigin cuts a URI without query into its normalized origin and its path.
func cutOrigin(uri string) (origin, path string, ok bool) {
	scheme, rest, ok := strings.Cut(uri, "://")
	if !ok {
		return "", "", false
	}
	authority := rest
	if end := strings.IndexByte(rest, '/'); end >= 0 {
		authority, path = rest[:end], rest[end:]
	}
	scheme, authority = strings.ToLower(scheme), strings.ToLower(authority)
	switch scheme {
	case "https":
		authority = withoutPort(authority, ":443")
	case "http":
		authority = withoutPort(authority, ":80")
	default:
		return "", "", false
	}
	if authority == "" || strings.ContainsAny(authority, "@%\\ ") {
		return "", "", false
	}
	return scheme + "://" + authority, path, true
}

// withoutPort removes the scheme's own port, and an empty one.
func withoutPort(authority, port string) string {
	authority = strings.TrimSuffix(authority, port)
	return strings.TrimSuffix(authority, ":")
}

// normalPath writes a path in its one spelling: hexadecimal digits in capitals, and
// what needs no escape without (RFC 3986 §6.2.2). The empty path is "/" (§6.2.3).
//
// Dot segments are not removed but refused. Clients remove them before they send
// anything, and a server that was sent one may serve something else by it than what
// the proof names.
func normalPath(path string, ok bool) (string, bool) {
	if !ok || path == "" {
		return "/", ok
	}
	if !strings.Contains(path, "%") {
		return path, !hasDotSegment(path)
	}
	b := make([]byte, 0, len(path))
	for i := 0; i < len(path); i++ {
		c := path[i]
		if c != '%' {
			b = append(b, c)
			continue
		}
		if i+2 >= len(path) || !isHex(path[i+1]) || !isHex(path[i+2]) {
			return "", false
		}
		if decoded := unhex(path[i+1])<<4 | unhex(path[i+2]); isUnreserved(decoded) {
			b = append(b, decoded)
		} else {
			b = append(b, '%', upper(path[i+1]), upper(path[i+2]))
		}
		i += 2
	}
	return string(b), !hasDotSegment(string(b))
}

func hasDotSegment(path string) bool {
	if !strings.Contains(path, "/.") {
		return false
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// matches reports whether a proof for uri is one for the request target: a path,
// which is completed by one of the public origins, or a whole URI that begins with
// one of them (RFC 9112 §3.2). The other forms of a target, "*" and an authority,
// name no resource. No form has a fragment: net/http takes a '#' for a part of the
// path, and would serve another resource than the proof is for.
func (v *Verifier) matches(uri, target string) bool {
	target, _, _ = strings.Cut(target, "?")
	if strings.Contains(target, "#") {
		return false
	}
	if !strings.HasPrefix(target, "/") {
		whole, ok := uriOf(target)
		return ok && whole == uri && v.isPublic(uri)
	}
	path, ok := normalPath(target, true)
	if !ok {
		return false
	}
	for _, origin := range v.config.PublicOrigins {
		if len(uri) == len(origin)+len(path) && uri[:len(origin)] == origin && uri[len(origin):] == path {
			return true
		}
	}
	return false
}

func (v *Verifier) isPublic(uri string) bool {
	for _, origin := range v.config.PublicOrigins {
		if rest, ok := strings.CutPrefix(uri, origin); ok && strings.HasPrefix(rest, "/") {
			return true
		}
	}
	return false
}

// isUnreserved reports the characters that need no escape (RFC 3986 §2.3).
func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

func upper(c byte) byte {
	if 'a' <= c && c <= 'f' {
		return c - 'a' + 'A'
	}
	return c
}
