package introspection

import (
	"net"
	"net/url"
	"strings"
)

func endpointFault(endpoint string, plainHTTP bool) error {
	if endpoint == "" {
		return fault("Endpoint", "is empty: set the URL of the introspection endpoint")
	}
	if strings.TrimSpace(endpoint) != endpoint {
		return fault("Endpoint", "begins or ends with white space, such as the end of a line: remove it")
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		// The parser's own words would repeat a password in the URL.
		return fault("Endpoint", "does not parse as a URL: write https://host/path")
	}
	switch {
	case u.Hostname() == "":
		return fault("Endpoint", "is not an absolute URL with a host: write https://host/path")
	case u.User != nil:
		return fault("Endpoint", "holds a user name or password: set Credentials instead")
	case strings.Contains(endpoint, "#"):
		return fault("Endpoint", "has a fragment: remove it")
	case u.Scheme == "https", u.Scheme == "http" && (plainHTTP || isLoopback(u.Hostname())):
		return nil
	}
	return fault("Endpoint", "is not https: use https, or name InsecureAllowPlainHTTP and its risk")
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// place is a URL as logs and errors may have it: scheme, host and path. A query
// may hold a key, and a user name comes with a password.
func place(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme == "" || u.Host == "" {
		return "..."
	}
	return u.Scheme + "://" + u.Host + u.EscapedPath()
}
