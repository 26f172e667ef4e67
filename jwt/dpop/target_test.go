package dpop_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/dpop"
)

// checklist 128, 129, 130
func TestTargets(t *testing.T) {
	c := newClient(t, "ES256")
	for _, test := range []struct {
		origins     []string
		htu, target string
		good        bool
	}{
		{nil, origin, "/", true}, // the empty path is "/"
		{nil, origin + "/", "/", true},
		{nil, origin + "/user", "/user?id=7&x=%zz", true}, // a query is nobody's concern
		{nil, origin + "/user", "/user?id=7#top", true},
		{nil, origin + "/user#top", "/user", true},  // nor is the fragment of htu
		{nil, origin + "/user", "/user#top", false}, // a target has none: this is another path
		{nil, origin + "/user", "/user#/../x", false},
		{nil, origin + "/user", origin + "/user#top", false},
		{nil, origin + "/user", origin + "/user?id=7", true}, // the absolute form of a target
		{nil, origin + "/user", "https://API.example:443/user", true},
		{nil, origin + "/user", "https://evil.example/user", false},
		{nil, "https://evil.example/user", "https://evil.example/user", false},
		{nil, origin + ".evil.example/user", origin + ".evil.example/user", false},
		{nil, origin + "/user", "api.example:443", false}, // CONNECT
		{nil, origin + "/*", "*", false},
		{nil, origin, "*", false},
		{nil, origin, "", false},
		{nil, origin + "/a%2fb", "/a%2Fb", true}, // hexadecimal digits in either case
		{nil, origin + "/a/b", "/a%2Fb", false},  // an encoded slash is none
		{nil, origin + "/~a", "/%7ea", true},     // what needs no escape
		{nil, origin + "/a b", "/a%20b", false},
		{nil, origin + "/a", "//a", false},
		{nil, origin + "/a/", "/a", false},
		{nil, origin + "/A", "/a", false},
		{nil, origin + "/b", "/a/../b", false}, // dot segments have no business in a request
		{nil, origin + "/b", "/a/%2e%2E/b", false},
		{nil, origin + "/b", "/./b", false},
		{nil, origin + "/a/../b", "/a/../b", false},
		{nil, origin + "/..b/.c", "/..b/.c", true},
		{nil, origin + "/%", "/%", false},
		{nil, origin + "/%4", "/%4", false},
		{nil, "https:///user", "/user", false},
		{nil, "ftp://api.example/user", "/user", false},
		{nil, "//api.example/user", "/user", false},
		{[]string{"https://a.example/v1", "https://b.example:8443"}, "https://a.example/v1/user", "/user", true},
		{[]string{"https://a.example/v1", "https://b.example:8443"}, "https://b.example:8443/user", "/user", true},
		{[]string{"https://a.example/v1", "https://b.example:8443"}, "https://a.example/user", "/user", false},
		{[]string{"https://a.example/v1"}, "https://a.example/v1/user", "https://a.example/v1/user", true},
		{[]string{"https://a.example/v1"}, "https://a.example/v10", "https://a.example/v10", false},
		{[]string{"HTTPS://A.example:443/%76"}, "https://a.example/v/user", "/user", true},
		{[]string{"http://127.0.0.1:8080/"}, "http://127.0.0.1:8080/user", "/user", true},
		{[]string{"http://[::1]:80"}, "http://[::1]/user", "/user", true},
	} {
		r := c.get()
		r.Target = test.target
		err := spent(verifier(t, dpop.Config{PublicOrigins: test.origins}), c.proof(nil, members{"htu": test.htu}), r)
		if test.good {
			require.NoError(t, err, test)
		} else {
			requireReason(t, dpop.ReasonTarget, err, test)
		}
	}
}

// A host and a port have one spelling, or two readers would find two servers in it.
//
// checklist 128, 129
func TestAuthorities(t *testing.T) {
	c := newClient(t, "EdDSA")
	for _, test := range []struct {
		origin, authority string
		good              bool
	}{
		{"https://api.example", "api.example", true},
		{"https://api.example", "api.example:", true}, // RFC 3986 §6.2.3
		{"https://api.example", "api.example:443", true},
		{"https://api.example", "api.example::443", false},
		{"https://api.example", "api.example:443:", false},
		{"https://api.example", "api.example:443:443", false},
		{"https://api.example", "api.example::", false},
		{"https://api.example", "api.example:0443", false},
		{"https://api.example", "api.example:4433", false},
		{"https://api.example", "api.example:80", false},
		{"https://api.example", "api.example:443 ", false},
		{"https://api.example", "api.example:+443", false},
		{"https://api.example", "api.example:https", false},
		{"https://api.example", "api.example:65979", false}, // 443 in 16 bits
		{"https://api.example", "api.example.", false},      // a name of its own, to who compares texts
		{"https://api.example", "api.example%3A443", false},
		{"https://api.example", "[api.example]", false},
		{"https://api.example", ":443", false},
		{"https://api.example", "x@api.example", false},
		{"https://api.example:", "api.example", true},
		{"https://api.example:443", "api.example", true},
		{"https://api.example:8443", "api.example:8443", true},
		{"https://api.example:8443", "api.example:08443", false},
		{"https://api.example:8443", "api.example:8443:", false},
		{"https://api.example:8443", "api.example", false},
		{"http://127.0.0.1", "127.0.0.1:80", true},
		{"http://127.0.0.1", "127.0.0.1:443", false},
		{"http://[::1]", "[::1]", true},
		{"http://[::1]", "[::1]:80", true},
		{"http://[::1]", "[::1]:", true},
		{"http://[::1]:8080", "[::1]:8080", true},
		{"http://[::1]", "[::1]:080", false},
		{"http://[::1]", "[::1]::80", false},
		{"http://[::1]", "[::1]80", false},
		{"http://[::1]", "[::1", false},
		{"http://[::1]", "::1", false},
		{"http://[::1]", "::1:80", false},
		{"http://[::1]", "[[::1]]", false},
		{"http://[::1]", "[::1%25lo]", false},
		{"https://[2001:DB8::443]", "[2001:db8::443]", true}, // no port
		{"https://[2001:db8::443]", "[2001:db8:]", false},
	} {
		scheme, _, _ := strings.Cut(test.origin, ":")
		uri := scheme + "://" + test.authority + "/user"
		v := verifier(t, dpop.Config{PublicOrigins: []string{test.origin}})
		for _, target := range []string{"/user", uri} {
			r := c.get()
			r.Target = target
			err := spent(v, c.proof(nil, members{"htu": uri}), r)
			if test.good {
				require.NoError(t, err, test)
			} else {
				requireReason(t, dpop.ReasonTarget, err, test)
			}
		}
	}
}
