package jwks

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

var (
	errNotAbsolute = errors.New("is not an absolute https URL with a host: write https://host/path")
	errPlainHTTP   = errors.New("is http, which is for loopback addresses: use https, or name InsecureAllowPlainHTTP and its risk")
	errUserinfo    = errors.New("holds a user name or password: let HTTPClient authenticate")
	errFragment    = errors.New("has a fragment: remove it")
	errQuery       = errors.New("has a query, which no issuer identifier has (RFC 8414 §2): remove it")
)

// checkURL says whether keys may be fetched from a URL. The authenticity of
// the keys is that of the connection, hence https. A program of one's own on
// the same machine is the exception: no network lies between.
func checkURL(raw string, plainHTTP bool) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return errNotAbsolute
	case u.Scheme == "http" && !plainHTTP && !loopback(u.Hostname()):
		return errPlainHTTP
	case u.User != nil:
		return errUserinfo
	case strings.Contains(raw, "#"):
		return errFragment
	}
	return nil
}

// checkIssuer adds what RFC 8414 §2 asks of an issuer identifier.
func checkIssuer(raw string, plainHTTP bool) error {
	if err := checkURL(raw, plainHTTP); err != nil {
		return err
	}
	if strings.Contains(raw, "?") {
		return errQuery
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// isPlainHTTP reports a URL without TLS.
func isPlainHTTP(raw string) bool {
	u, err := url.Parse(raw)
	return err == nil && u.Scheme == "http"
}

// origin is scheme, host and port of a URL (RFC 6454 §4), "" if it has none.
func origin(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// place is a URL without its query, which may hold what does not belong into
// a log or a status page.
func place(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || raw == "" {
		return ""
	}
	return origin(raw) + u.EscapedPath()
}
