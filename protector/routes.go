package protector

import (
	"fmt"
	"net/http"
	"slices"
)

// Routes is a mux on which every route says who may use it. What says nothing does
// not compile, and what has no route is closed: unknown paths, wrong methods and
// redirects are answered 401 to those without a good token, who learn nothing about
// which routes exist.
//
//	routes := guard.Routes()
//	routes.Handle("GET /articles", protector.Policy{Scopes: []string{"articles"}}, articles)
//	routes.Open("GET /healthz", healthz)
//	http.ListenAndServe(addr, routes)
//
// Patterns are those of [http.ServeMux]. What [Protector.Subtree] says of paths that
// can be read in several ways holds for routes that are open, optional or in shadow. Of other
// routes, a path that leads to one as it was sent and to another as it is decoded
// must meet the policies of both. CONNECT, whose path the mux takes as it comes, has
// no route by such a path at all.
//
// With Config.ScopeInChallenge, the 401 tells which routes ask for scopes, and so
// which exist.
//
// Routes are registered before the first request; after that, Routes is safe for
// concurrent use. Build it with [Protector.Routes].
type Routes struct {
	protector  *Protector
	mux        *http.ServeMux
	exceptions *exceptions
	byPattern  map[string]*route
	all        []Route
	closed     *Rule // for what has no route
}

// Route is a route as it was registered, for whoever lists them.
type Route struct {
	Pattern string
	// Open says that the route has no policy: it is reached without a token.
	Open   bool
	Policy Policy
}

type route struct {
	rule   *Rule // nil: open
	strict *Rule // the same, for those with a token only
}

// Routes returns a mux without routes, which is closed. It panics on a nil or zero
// Protector.
func (p *Protector) Routes() *Routes {
	p.mustBeBuilt("Routes")
	mux := http.NewServeMux()
	return &Routes{
		protector:  p,
		mux:        mux,
		exceptions: newExceptions("Routes", mux, nil),
		byPattern:  make(map[string]*route),
		closed:     p.mustCompile("Routes: no route", Policy{}),
	}
}

// Handle registers a handler for those who meet the policy. It panics if [Policy.Validate]
// finds fault with the policy, the handler is nil, or the pattern is malformed or
// conflicts with another.
func (routes *Routes) Handle(pattern string, policy Policy, handler http.Handler) {
	rule, err := routes.protector.announce(fmt.Sprintf("Routes: %q", pattern), policy)
	if err != nil {
		panic(err)
	}
	if isNil(handler) {
		panic(fmt.Sprintf("protector: Routes: %q has no handler: set one", pattern))
	}
	rule = routes.protector.narrowed(rule, handler)
	strict := *rule
	strict.optional, strict.shadow = false, nil
	routes.register(pattern, handler, &route{rule, &strict}, rule.lenient())
	routes.all = append(routes.all, Route{Pattern: pattern, Policy: rule.policy})
	routes.protector.state("Routes", pattern, policy)
}

// HandleFunc is [Routes.Handle] for a function.
func (routes *Routes) HandleFunc(pattern string, policy Policy, handler http.HandlerFunc) {
	routes.Handle(pattern, policy, handler)
}

// Open registers a handler that everybody reaches, token or not. It looks at no
// token, and panics as [Routes.Handle] does.
func (routes *Routes) Open(pattern string, handler http.Handler) {
	if _, ok := handler.(*typed); ok || isNil(handler) {
		panic(fmt.Sprintf("protector: Routes: the open route %q needs a handler that does without a token", pattern))
	}
	routes.register(pattern, handler, &route{strict: routes.closed}, true)
	routes.all = append(routes.all, Route{Pattern: pattern, Open: true})
	routes.protector.stated.add(RuleEntry{Pattern: pattern, By: "Routes", Open: true})
}

// All returns the routes in the order of their registration. The list is a copy, and
// so are the policies in it.
func (routes *Routes) All() []Route {
	all := slices.Clone(routes.all)
	for i := range all {
		all[i].Policy = all[i].Policy.clone()
	}
	return all
}

func (routes *Routes) register(pattern string, handler http.Handler, registered *route, exception bool) {
	routes.mux.Handle(pattern, handler)
	routes.byPattern[pattern] = registered
	if exception {
		routes.exceptions.add(pattern)
	}
}

// ServeHTTP serves the request by the route that it leads to.
//
// The policy is asked before the mux is, and not by the handlers in it: its own
// answers, such as redirects, then tell nobody about routes that are not for them.
func (routes *Routes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, pattern := routes.mux.Handler(r)
	if r.Method != http.MethodConnect { // for it mux may call the path a pattern
		r.Pattern = pattern // for Decision; mux is about to set the same
	} else if !hasOneReading(r.URL.Path) {
		// Mux cleans the path of any other method. A handler that cleans this one, as a
		// file server does, would serve what another route's policy is for.
		routes.serve(w, r, routes.closed, http.NotFoundHandler())
		return
	}
	routes.serve(w, r, routes.ruleFor(r, pattern), routes.alsoBy(r, pattern))
}

func (routes *Routes) serve(w http.ResponseWriter, r *http.Request, rule *Rule, next http.Handler) {
	if rule == nil {
		next.ServeHTTP(w, r)
		return
	}
	routes.protector.serve(w, r, rule, next)
}

// ruleFor returns the rule of the route that was picked, or nil if it is open.
func (routes *Routes) ruleFor(r *http.Request, pattern string) *Rule {
	picked := routes.byPattern[pattern]
	switch {
	case picked == nil:
		return routes.closed
	case picked.rule != nil && !picked.rule.lenient():
		return picked.rule
	case routes.exceptions.include(r, pattern):
		return picked.rule
	}
	return picked.strict
}

// alsoBy returns the mux, behind the rule of the route that the path leads to as it
// is decoded, if that is another one.
func (routes *Routes) alsoBy(r *http.Request, pattern string) http.Handler {
	if r.URL.RawPath == "" {
		return routes.mux
	}
	_, other := routes.mux.Handler(decoded(r))
	reading := routes.byPattern[other]
	if other == pattern || reading == nil || reading.rule == nil {
		return routes.mux
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		routes.protector.serve(w, r, reading.strict, routes.mux)
	})
}
