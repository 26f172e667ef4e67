package jwks

import (
	"errors"
	"net"
	"net/url"
	"strings"
)

var (
	errNotAbsolute = errors.New("is not an absolute https URL with a host: write https://host/path")
	errPlainHTTP   = errors.New("is http, which is for loopback addresses: " +
		"use https, or name InsecureAllowPlainHTTP and its risk")
	errBlank    = errors.New("begins or ends with white space, such as the end of a line: remove it")
	errUserinfo = errors.New("holds a user name or password: let HTTPClient authenticate")
	errFragment = errors.New("has a fragment: remove it")
	errQuery    = errors.New("has a query, which no issuer identifier has (RFC 8414 §2): remove it")
)

// checkURL says whether keys may be fetched from a URL. The authenticity of
// the keys is that of the connection, hence https. A program of one's own on
// the same machine is the exception: no network lies between.
func checkURL(raw string, plainHTTP bool) error {
	u, err := url.Parse(raw)
	switch {
	case strings.TrimSpace(raw) != raw:
		return errBlank
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

// checkName is for an issuer that is asked nothing, and may be any text but one that was pasted with
// the end of its line: no iss claim would be equal to that.
func checkName(issuer string) error {
	if strings.TrimSpace(issuer) != issuer {
		return errBlank
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

// origin is scheme, host and port of a URL in their one spelling, so that origins are the same
// if and only if these texts are (RFC 6454 §4, §5 and §6.2): in lower case, and without the port
// that the scheme implies. It is "" for what is no URL with a host.
//
// Of a host's letters only those of ASCII are folded. A host in another script and its IDNA form
// are two origins here, which is an error on the side of refusing.
func origin(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	return originOf(u)
}

func originOf(u *url.URL) string {
	if u.Hostname() == "" {
		return ""
	}
	host := strings.Map(lowerASCII, u.Hostname())
	if port := effectivePort(u); port != "" {
		return u.Scheme + "://" + net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return u.Scheme + "://" + host // url.Parse has lowered the scheme
}

func lowerASCII(r rune) rune {
	if 'A' <= r && r <= 'Z' {
		return r + 'a' - 'A'
	}
	return r
}

// effectivePort is the port of a URL, "" if it is the one that the scheme implies. Zeros in front
// are not a part of the number.
func effectivePort(u *url.URL) string {
	port := strings.TrimLeft(u.Port(), "0")
	switch {
	case u.Scheme == "https" && port == "443", u.Scheme == "http" && port == "80":
		return ""
	case port == "" && u.Port() != "":
		return "0"
	}
	return port
}

// place is a URL without userinfo, query and fragment, which may hold what has no place in a log
// or on a status page. Its origin is in its one spelling.
func place(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || raw == "" {
		return ""
	}
	return originOf(u) + u.EscapedPath()
}
