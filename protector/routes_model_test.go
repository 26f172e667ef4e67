package protector_test

import (
	"bufio"
	mathrand "math/rand/v2"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

// At random: whichever way a path is written, no handler runs for it whose token does not also meet the policy of the
// route that the path leads to once it is decoded and cleaned, as a file server or a backend may read it.
//
// checklist 199, 224
func TestRoutesAgainstAModel(t *testing.T) {
	const anyone, guest, holder, nobody = "open", "optional", "any token", "a scope that no token has"
	policies := map[string]string{
		"/f/{n...}": holder, "/f/s/{n...}": nobody, "/f/s/o/{n...}": anyone, "/f/o/{n...}": anyone, "/f/o/s": nobody,
		"/o/{n...}": anyone, "h/o/s/": nobody, "GET /f/g": nobody, "/p/{x}/q": holder, "/p/s/q": nobody, "/p/{x}/": guest,
		"/z/{$}": nobody, "/z/": holder,
	}
	routes, model := newGuard(t, protector.Config{}).Routes(), http.NewServeMux()
	var ran, served string
	for pattern, policy := range policies {
		handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { ran, served = pattern, r.URL.Path })
		model.Handle(pattern, handler)
		switch policy {
		case anyone:
			routes.Open(pattern, handler)
		case guest:
			routes.Handle(pattern, protector.Policy{Optional: true}, handler)
		case holder:
			routes.Handle(pattern, protector.Policy{}, handler)
		case nobody:
			routes.Handle(pattern, needs("nobody"), handler)
		}
	}
	mayRun := func(pattern, token string) bool {
		policy := policies[pattern] // "" where there is no route
		return policy != nobody && (policy != holder || token != "")
	}
	segments := strings.Fields("f s o g p q x z .. . / %2e%2e %2E %73 s%2f %2f x%2f..%2fs ..%2fs s%2fx ; s;x ..; %5c " +
		"%00 %25 %252e %6f o%2f..%2fs %c0%ae")
	random := mathrand.New(mathrand.NewPCG(1, 2))
	oneOf := func(list ...string) string { return list[random.IntN(len(list))] }
	var ranFor int
	for range 15_000 {
		var target strings.Builder
		for range 1 + random.IntN(6) {
			target.WriteString("/" + oneOf(segments...))
		}
		method, host, token := oneOf("GET", "POST", "CONNECT"), oneOf("h", "H", "h:80"), oneOf("", "alice")
		text := method + " " + target.String() + oneOf("", "", "/") + " HTTP/1.1\r\nHost: " + host + "\r\n"
		if token != "" {
			text += "Authorization: Bearer " + token + "\r\n"
		}
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text + "\r\n")))
		if err != nil { // a target that no server takes
			continue
		}
		ran = ""
		routes.ServeHTTP(newRecorder(), r)
		if ran == "" {
			continue
		}
		ranFor++
		clean := path.Clean(served)
		if strings.HasSuffix(served, "/") && clean != "/" {
			clean += "/"
		}
		_, read := model.Handler(&http.Request{Method: method, Host: host, URL: &url.URL{Path: clean}})
		require.True(t, mayRun(ran, token) && mayRun(read, token), "%q ran %q, and may be read as %q", text, ran, read)
	}
	require.Greater(t, ranFor, 500)
}
