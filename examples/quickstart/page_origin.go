package main

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// pageHeaders are those of every answer. Scripts and styles are files of the page,
// nothing is inline, and no text becomes markup: browsers that know trusted types
// refuse innerHTML and its like.
var pageHeaders = map[string]string{
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
		"img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; " +
		"trusted-types 'none'",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Cache-Control":                "no-store",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Cross-Origin-Opener-Policy":   "same-origin",
}

// ServeHTTP answers requests that are for this page and come from it. Whatever another
// site makes a browser send is refused: by the Host if a name of that site was made to
// lead here (DNS rebinding), and by the origin otherwise.
func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for name, value := range pageHeaders {
		w.Header().Set(name, value)
	}
	switch {
	case !slices.Contains(p.hosts, r.Host):
		http.Error(w, "this page has another name", http.StatusMisdirectedRequest)
	case !isNavigation(r) && fromElsewhere(r):
		http.Error(w, "this page answers itself only", http.StatusForbidden)
	default:
		p.routes.ServeHTTP(w, r)
	}
}

// hostsOf returns what a Host of the page can be.
func hostsOf(addr *net.TCPAddr) []string {
	hosts := []string{addr.String(), net.JoinHostPort("localhost", strconv.Itoa(addr.Port))}
	if addr.Port == 80 {
		hosts = append(hosts, strings.TrimSuffix(addr.String(), ":80"), "localhost")
	}
	return hosts
}

// isNavigation lets people follow a link to the page. It shows them the page, and does
// nothing else.
func isNavigation(r *http.Request) bool {
	return r.Method == http.MethodGet && r.URL.Path == "/" &&
		r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// fromElsewhere asks [http.CrossOriginProtection], which takes GET for harmless, as of a
// POST: to open a stream is not harmless, as there are few.
func fromElsewhere(r *http.Request) bool {
	posted := r.WithContext(r.Context())
	posted.Method = http.MethodPost
	return http.NewCrossOriginProtection().Check(posted) != nil
}
