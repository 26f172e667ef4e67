package dpop

import (
	"errors"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
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
	errAuthority = errors.New("holds a host or a port in another spelling than clients send: write the port without " +
		"zeros in front, and an IPv6 address in brackets without a zone")
	errMore = errors.New("holds a user name, a query or a fragment: remove it")
	errSign = errors.New("holds a character that no URI has: write the host as clients send it, such as xn--, " +
		"and escape the path")
	errDots = errors.New("holds a dot segment or a bad escape: write the path as clients send it")
)

// uri is the normal form of one, without query and fragment. Two are the same if they
// are equal.
type uri struct{ scheme, authority, path string }

// publicOrigin normalizes a configured origin: no slash is at its end.
func publicOrigin(raw string) (uri, error) {
	u, err := url.Parse(raw)
	switch {
	case strings.ContainsFunc(raw, func(c rune) bool { return c <= ' ' || c == '\\' || c >= 0x7f }):
		return uri{}, errSign
	case err != nil || u.Opaque != "" || u.Hostname() == "":
		return uri{}, errNotOrigin
	case u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())):
		return uri{}, errNotOrigin
	case u.User != nil || strings.ContainsAny(raw, "?#"):
		return uri{}, errMore
	}
	origin, ok := cutOrigin(raw)
	if !ok {
		return uri{}, errAuthority
	}
	if origin.path, ok = normalPath(origin.path); !ok {
		return uri{}, errDots
	}
	origin.path = strings.TrimSuffix(origin.path, "/")
	return origin, nil
}

// String writes the URI as it was normalized.
func (u uri) String() string { return u.scheme + "://" + u.authority + u.path }

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.IsLoopback()
}

// uriOf normalizes htu, whose query and fragment do not count (RFC 9449 §4.3).
func uriOf(htu string) (u uri, ok bool) {
	if end := strings.IndexAny(htu, "?#"); end >= 0 {
		htu = htu[:end]
	}
	if u, ok = cutOrigin(htu); !ok {
		return uri{}, false
	}
	u.path, ok = normalPath(u.path)
	return u, ok
}

// cutOrigin cuts a URI without query and normalizes all of it but the path.
func cutOrigin(text string) (u uri, ok bool) {
	u.scheme, u.authority, ok = strings.Cut(text, "://")
	if !ok {
		return uri{}, false
	}
	if end := strings.IndexByte(u.authority, '/'); end >= 0 {
		u.authority, u.path = u.authority[:end], u.authority[end:]
	}
	switch u.scheme = strings.ToLower(u.scheme); u.scheme {
	case "https":
		u.authority, ok = normalAuthority(u.authority, "443")
	case "http":
		u.authority, ok = normalAuthority(u.authority, "80")
	default:
		return uri{}, false
	}
	return u, ok
}

// normalAuthority writes an authority in its one spelling: in small letters, and
// without the scheme's own port or an empty one (RFC 3986 §3.2.2, §6.2.3). A port with
// a zero in front is refused, as is whatever else has a colon too many: who reads it in
// another way would find another host than this one.
func normalAuthority(authority, ownPort string) (string, bool) {
	host, port := strings.ToLower(authority), ""
	if end := strings.LastIndexByte(host, ':'); end > strings.LastIndexByte(host, ']') {
		host, port = host[:end], host[end+1:]
	}
	switch {
	case !isHost(host), !isPort(port):
		return "", false
	case port == "", port == ownPort:
		return host, true
	}
	return host + ":" + port, true
}

// isHost reports an IPv6 address in brackets, or a name or IPv4 address: whatever has
// neither a colon nor anything else that ends a host. An address has more spellings
// than one, of which clients send the shortest; it is compared as it is written.
func isHost(host string) bool {
	if inside, ok := strings.CutPrefix(host, "["); ok {
		inside, ok = strings.CutSuffix(inside, "]")
		addr, err := netip.ParseAddr(inside)
		return ok && err == nil && addr.Is6() && addr.Zone() == ""
	}
	return host != "" && !strings.ContainsAny(host, "@%\\ :[]")
}

// isPort reports what may follow the colon of a host: nothing, or a number up to 65535
// in its one spelling.
func isPort(port string) bool {
	if port == "" {
		return true
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0 && port[0] != '0'
}

// normalPath writes a path in its one spelling: hexadecimal digits in capitals, and
// what needs no escape without (RFC 3986 §6.2.2). The empty path is "/" (§6.2.3).
//
// Dot segments are not removed but refused. Clients remove them before they send
// anything, and a server that was sent one may serve something else by it than what
// the proof names.
func normalPath(path string) (string, bool) {
	if path == "" {
		return "/", true
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

// matches reports whether a proof for htu is one for the request target: a path,
// which is completed by one of the public origins, or a whole URI that begins with
// one of them (RFC 9112 §3.2). The other forms of a target, "*" and an authority,
// name no resource. No form has a fragment: net/http takes a '#' for a part of the
// path, and would serve another resource than the proof is for.
func (v *Verifier) matches(htu uri, target string) bool {
	target, _, _ = strings.Cut(target, "?")
	if strings.Contains(target, "#") {
		return false
	}
	if !strings.HasPrefix(target, "/") {
		whole, ok := uriOf(target)
		return ok && whole == htu && slices.ContainsFunc(v.origins, htu.isBelow)
	}
	path, ok := normalPath(target)
	return ok && slices.ContainsFunc(v.origins, func(origin uri) bool {
		rest, ok := strings.CutPrefix(htu.path, origin.path)
		return ok && rest == path && htu.scheme == origin.scheme && htu.authority == origin.authority
	})
}

// isBelow reports whether the path of u begins with that of origin.
func (u uri) isBelow(origin uri) bool {
	rest, ok := strings.CutPrefix(u.path, origin.path)
	return ok && strings.HasPrefix(rest, "/") && u.scheme == origin.scheme && u.authority == origin.authority
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
