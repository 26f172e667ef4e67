package protector

import (
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strings"
	"unicode/utf8"
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
// protected. It holds for a path that leads to the same pattern as it was sent
// and as it is decoded, since a handler may go by either: "/public/secret%2Fplan"
// is not open where "/public/secret/" is protected, and "/public/plan/" is not
// where "/public/plan" is. A path that others read in other ways is never an
// exception, whatever it leads to: one that is not in canonical form (dot
// segments, doubled slashes, also percent-encoded), is still percent-encoded when
// it was decoded, is not UTF-8, or holds a backslash, a semicolon or a control
// character. (A file system that takes "SECRET" for "secret" is beyond
// what can be seen here: serve protected files from a tree of their own.)
//
// The document of [Protector.ResourceMetadata] is for everyone, and open.
//
// Handlers behind it may ask for more with [Protector.Require]; the token is
// authenticated once. Routes must be registered before the first request.
// Subtree panics on a nil mux, a fault of the policy, and an open pattern that
// is malformed or given twice; an open pattern that mux does not know opens
// nothing.
func (p *Protector) Subtree(mux *http.ServeMux, policy Policy, open ...string) http.Handler {
	rule := p.mustCompile("Subtree", policy)
	if mux == nil {
		panic("protector: Subtree: the mux is nil")
	}
	exceptions := newExceptions("Subtree", mux, open)
	protected := p.middleware(rule)(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handler, pattern := mux.Handler(r)
		if document, ok := handler.(*metadata); ok { // this very one, and nothing behind it
			document.ServeHTTP(w, r)
			return
		}
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
	caller   string
	patterns map[string]bool
	routes   *http.ServeMux // what is protected, and open
	open     *http.ServeMux // what is open
}

// opened is the handler of every route of exceptions.open.
type opened struct{}

func (opened) ServeHTTP(http.ResponseWriter, *http.Request) {}

func newExceptions(caller string, routes *http.ServeMux, open []string) *exceptions {
	e := &exceptions{caller, make(map[string]bool, len(open)), routes, http.NewServeMux()}
	for _, pattern := range open {
		e.add(pattern)
	}
	return e
}

func (e *exceptions) add(pattern string) {
	defer func() {
		if fault := recover(); fault != nil {
			panic(fmt.Sprintf("protector: %s: open pattern %q: %v", e.caller, pattern, fault))
		}
	}()
	e.patterns[pattern] = true
	e.open.Handle(pattern, opened{})
}

func (e *exceptions) include(r *http.Request, pattern string) bool {
	if !e.patterns[pattern] || !hasOneReading(r.URL.Path) || !e.leadTo(pattern, r) {
		return false
	}
	if r.URL.RawPath != "" {
		if r = decoded(r); !e.leadTo(pattern, r) {
			return false
		}
	}
	return e.opensWithoutSlash(pattern, r)
}

// opensWithoutSlash reports whether the path may be read without the slash at its
// end, as a handler does that cleans it or joins it to a directory: "/public/plan/"
// is not open where "/public/plan" is protected. A slash that is the pattern's own
// is left alone: who opens "/docs/" does not ask for "/docs".
func (e *exceptions) opensWithoutSlash(pattern string, r *http.Request) bool {
	shorter, ok := strings.CutSuffix(r.URL.Path, "/")
	if !ok || shorter == "" {
		return true
	}
	r = decoded(r)
	r.URL.Path = shorter
	if handler, picked := e.open.Handler(r); picked == pattern && handler != (opened{}) { // a redirect to the slash
		return true
	}
	_, picked := e.routes.Handler(r)
	return picked == "" || e.patterns[picked]
}

// leadTo reports whether both muxes pick the pattern for the request.
func (e *exceptions) leadTo(pattern string, r *http.Request) bool {
	if _, picked := e.routes.Handler(r); picked != pattern {
		return false
	}
	handler, picked := e.open.Handler(r)
	return handler == opened{} && picked == pattern
}

// decoded returns the request as if its path had been sent as handlers see it in
// r.URL.Path: every slash in it separates.
func decoded(r *http.Request) *http.Request {
	plain := *r
	plain.URL = new(url.URL)
	*plain.URL = *r.URL
	plain.URL.RawPath = ""
	return &plain
}

// hasOneReading reports whether everybody takes the decoded path for the same
// one. The mux cleans the path as it was sent, where "%2e%2e" is a name like any
// other, but a handler that looks at r.URL.Path sees "..". What a handler passes
// on is read by others still: some decode once more, some take a backslash for a
// slash, some cut ";x" off, so that "..;" is "..", and some read "\xc0\xae", which is
// no UTF-8, as ".".
func hasOneReading(p string) bool {
	if !strings.HasPrefix(p, "/") || strings.ContainsFunc(p, isAmbiguous) || hasEscape(p) || !utf8.ValidString(p) {
		return false
	}
	clean := path.Clean(p)
	if p != "/" && strings.HasSuffix(p, "/") && clean != "/" {
		clean += "/"
	}
	return clean == p
}

func isAmbiguous(c rune) bool { return c == '\\' || c == ';' || c < ' ' || c == 0x7f }

// hasEscape reports whether decoding p would change it.
func hasEscape(p string) bool {
	for {
		_, after, found := strings.Cut(p, "%")
		if !found {
			return false
		}
		if _, ok := hexByte(after); ok {
			return true
		}
		p = after
	}
}
