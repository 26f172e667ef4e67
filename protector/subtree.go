package protector

import (
	"fmt"
	"net/http"
	"path"
	"strings"
)

// Subtree protects everything that mux serves, but for the routes whose
// patterns are named as open. A pattern is named as it was registered:
//
//	mux.HandleFunc("GET /healthz", healthz)
//	http.ListenAndServe(addr, guard.Subtree(mux, protector.Policy{}, "GET /healthz"))
//
// Routes are protected unless named, so that one added later is. So is whatever
// has no route: unknown paths, wrong methods and redirects are answered 401 to
// those without a token, who learn nothing about which routes exist.
//
// An exception opens the one handler that mux picks by that pattern. It is not a
// prefix: "/public/" open leaves a separately registered "/public/admin"
// protected. A path that is not in canonical form (dot segments, doubled
// slashes, also percent-encoded) is never an exception, whatever it leads to.
//
// Handlers behind it may ask for more with [Protector.Require]; the token is
// authenticated once. Routes must be registered before the first request.
// Subtree panics on a nil mux, a fault of the policy, and an open pattern that
// is malformed or given twice; an open pattern that mux does not know opens
// nothing.
func (p *Protector) Subtree(mux *http.ServeMux, policy Policy, open ...string) http.Handler {
	if mux == nil {
		panic("protector: Subtree: the mux is nil")
	}
	exceptions := newExceptions(open)
	protected := p.middleware(p.mustCompile("Subtree", policy))(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, pattern := mux.Handler(r)
		if exceptions.include(r, pattern) {
			mux.ServeHTTP(w, r)
			return
		}
		if r.Method != http.MethodConnect { // for it mux may call the path a pattern
			r.Pattern = pattern // for Decision; mux is about to set the same
		}
		protected.ServeHTTP(w, r)
	})
}

// exceptions are the open patterns, in a mux of their own. Looking a request up
// there, beside comparing the pattern, tells a route from a redirect to it: the
// answer to the latter is no handler of ours. (net/http finds the bypass
// patterns of its CrossOriginProtection the same way.)
type exceptions struct {
	patterns map[string]bool
	mux      *http.ServeMux
}

// opened is the handler of every route of exceptions.mux.
type opened struct{}

func (opened) ServeHTTP(http.ResponseWriter, *http.Request) {}

func newExceptions(open []string) *exceptions {
	e := &exceptions{patterns: make(map[string]bool, len(open)), mux: http.NewServeMux()}
	for _, pattern := range open {
		e.patterns[pattern] = true
		e.register(pattern)
	}
	return e
}

func (e *exceptions) register(pattern string) {
	defer func() {
		if fault := recover(); fault != nil {
			panic(fmt.Sprintf("protector: Subtree: open pattern %q: %v", pattern, fault))
		}
	}()
	e.mux.Handle(pattern, opened{})
}

func (e *exceptions) include(r *http.Request, pattern string) bool {
	if !e.patterns[pattern] || !isCanonical(r.URL.Path) {
		return false
	}
	handler, same := e.mux.Handler(r)
	return handler == opened{} && same == pattern
}

// isCanonical reports whether the decoded path is its own shortest form. The
// mux cleans the path as it was sent, where "%2e%2e" is a name like any other,
// but a handler that looks at r.URL.Path sees "..".
func isCanonical(p string) bool {
	if !strings.HasPrefix(p, "/") || strings.Contains(p, `\`) {
		return false
	}
	clean := path.Clean(p)
	if p != "/" && strings.HasSuffix(p, "/") && clean != "/" {
		clean += "/"
	}
	return clean == p
}
