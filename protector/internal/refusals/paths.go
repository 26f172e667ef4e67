package refusals

import (
	"net/http"
	"net/url"
	"testing"
)

// The paths of [Service.TryPaths].
const (
	GuardedPath = "/admin/secret" // behind a guard of Routes, served by Greet
	OpenPath    = "/public/"      // and everything below it: not guarded, and answered 200
)

// spellings are what some router, proxy or file system somewhere takes for
// GuardedPath.
var spellings = []string{
	"/admin/secret", "/admin/secret/", "/admin/secret//", "/admin//secret", "//admin/secret", "///admin/secret",
	"/ADMIN/SECRET", "/Admin/secret", "/admin/Secret/", "/admin/%73ecret", "/%61dmin/secret", "/admin%2Fsecret",
	"/admin%2fsecret", "/admin/secret%2F", "/admin/./secret", "/./admin/secret", "/admin/x/../secret",
	"/public/../admin/secret", "/public/%2e%2e/admin/secret", "/public/..%2fadmin/secret", "/public/..%2Fadmin%2Fsecret",
	"/public/%2e%2e%2fadmin%2fsecret", "/public/..;/admin/secret", "/public/..\\admin\\secret", "/public//../admin/secret",
	"/public/%252e%252e/admin/secret", "/admin/secret;a=b", "/admin;/secret", "/admin/secret%20", "/admin/secret%00",
	"/admin/secret%09", "/admin/secret.", "/admin/secret.json", "/admin/secret?a=b", "/admin/secret/?a=b",
	"/admin/secret?/public/", "http://api.example/admin/secret", "http://api.example//admin/secret",
	"/public/?/../admin/secret", "/admin/s\u017fecret", "/admin/\xc5\xbfecret",
}

// TryPaths asks a door for the guarded path without a token, in every spelling and
// by several methods, and follows where it is redirected to: the handler behind the
// guard must not run.
func (s *Service) TryPaths(t *testing.T, addr string) {
	before := s.ran.Load()
	token := bearer(s.Token())
	status, _, body := Send(t, addr, http.MethodGet, GuardedPath, token)
	expect(t, "status with a token", http.StatusOK, status)
	expect(t, "handlers that ran with a token", 1, s.ran.Load()-before)
	status, _, _ = Send(t, addr, http.MethodGet, OpenPath+"page")
	expect(t, "status of an open path", http.StatusOK, status)
	for _, target := range spellings {
		for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS", "get", "ADMIN"} {
			t.Run(method+" "+target, func(t *testing.T) {
				before := s.ran.Load()
				_, header, answer := Send(t, addr, method, target)
				if to, err := url.Parse(header.Get("Location")); err == nil && to.Path != "" {
					_, _, answer = Send(t, addr, method, to.EscapedPath())
				}
				expect(t, "handlers that ran", 0, s.ran.Load()-before)
				expect(t, "handler's text", false, answer == body)
			})
		}
	}
}
