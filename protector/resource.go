package protector

import (
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// wellKnown is where metadata is, between the host and the path of the identifier
// (RFC 9728 §3).
const wellKnown = "/.well-known/oauth-protected-resource"

// resource is a protected resource, as its metadata names it. All of it comes from
// the configuration: the Host field of a request is what its sender wants it to be.
type resource struct {
	identifier string
	metadata   string // the URL of the document
	pattern    string // the same, as net/http's mux is told of it
	query      string
}

var (
	errNotHTTPS = errors.New("is not an https URL with a host: write https://host, or http for a loopback host")
	errNotURI   = errors.New("holds a character that no URI has, or a bad escape: escape it, and write the host " +
		"as clients send it, such as xn--")
	errUserName = errors.New("holds a user name: remove it")
	errFragment = errors.New("holds a fragment, or nothing behind a question mark: remove it")
	errSpelling = errors.New("is compared letter by letter: write scheme and host in lower case, " +
		"and the port as clients do, without zeros in front, or not at all if it is the scheme's own")
	errUnserved = errors.New("has a path that net/http's mux never serves: remove dot segments and doubled slashes")
)

// newResource judges an identifier (RFC 9728 §1.2).
func newResource(identifier string) (resource, error) {
	u, err := publicURL(identifier)
	switch {
	case err != nil:
		return resource{}, err
	case strings.Contains(identifier, "#"), strings.HasSuffix(identifier, "?"):
		return resource{}, errFragment
	case !isPlainOrigin(u, identifier):
		return resource{}, errSpelling
	}
	// A slash that ends the identifier's host is removed (RFC 9728 §3.1). One that
	// ends a longer path is a part of it.
	path, query, _ := strings.Cut(identifier[len(u.Scheme+"://"+u.Host):], "?")
	if path == "/" {
		path = ""
	}
	r := resource{identifier: identifier, pattern: wellKnown + path, query: query}
	r.metadata = u.Scheme + "://" + u.Host + r.pattern
	if query != "" {
		r.metadata += "?" + query
	}
	if strings.HasSuffix(path, "/") {
		r.pattern += "{$}" // or it would stand for all that is below
	}
	if hasDotSegment(u.Path) || !r.isServed() {
		return resource{}, errUnserved
	}
	return r, nil
}

// isPlainOrigin reports whether the identifier has the one spelling that clients
// make of an origin: they are to compare it, letter by letter, with what they have
// called (RFC 9728 §3.3).
func isPlainOrigin(u *url.URL, identifier string) bool {
	standard := map[string]string{"https": "443", "http": "80"}[u.Scheme]
	return strings.HasPrefix(identifier, u.Scheme+"://"+u.Host) && u.Host == strings.ToLower(u.Host) &&
		u.Port() != standard && !strings.HasSuffix(u.Host, ":") && isPort(u.Port())
}

// isPort reports whether a port is none, or one that there can be, in its one spelling.
func isPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0 && port[0] != '0'
}

func hasDotSegment(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// isServed asks a mux whether it takes the pattern, and finds it by the URL.
func (r resource) isServed() (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	u, err := url.Parse(r.metadata)
	if err != nil {
		return false
	}
	mux := http.NewServeMux()
	mux.Handle(r.pattern, http.NotFoundHandler())
	_, pattern := mux.Handler(&http.Request{Method: http.MethodGet, Host: u.Host, URL: u})
	return pattern == r.pattern
}

// publicURL judges a URL that clients are to go to: https, or http on this machine.
func publicURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case !isURI(text):
		return nil, errNotURI
	case err != nil || u.Opaque != "" || u.Hostname() == "":
		return nil, errNotHTTPS
	case u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())):
		return nil, errNotHTTPS
	case u.User != nil:
		return nil, errUserName
	case strings.Contains(u.Host, "%"):
		return nil, errNotURI
	}
	return u, nil
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return equalFold(host, "localhost") || err == nil && addr.IsLoopback()
}

// isURI reports whether text has none but the characters of RFC 3986 §2, and whole
// escapes.
func isURI(text string) bool {
	for i := range len(text) {
		if c := text[i]; c == '%' {
			if _, ok := hexByte(text[i+1:]); !ok {
				return false
			}
		} else if tokenChars[c] == 0 && !strings.ContainsRune(":/?#[]@(),;=", rune(c)) || strings.IndexByte("^`|", c) >= 0 {
			return false
		}
	}
	return true
}
