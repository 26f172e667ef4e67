package protector

import (
	"net/http"
	"net/url"
	"strings"
)

// identity tells the grants and rules of one protector from those of others,
// without leading back to it. What another protector accepted proves nothing to
// this one, which may have another issuer, another audience or another table.
type identity struct{ _ byte } // not of size zero: two of those may be at one address

// grant is the outcome of a successful decision. It is written before anybody
// else sees it, and then only read.
//
// A grant belongs to one request. It is found through the context, and contexts
// are passed on: to the parts of a batch, to requests that are built later. So it
// holds what it was given for, and counts where all of that is the same.
type grant struct {
	by         *identity
	token      Token // nil: anonymous
	credential credential
	target     target
	possession *possession // nil: no proof was asked for
	outer      *grant
	carrier    carrier   // the context that the grant is in
	withheld   *withheld // nil: the handler may see all of the request
}

// nobody is the state outside every protector, and of a request that was turned
// away.
var nobody = &grant{}

// from returns what the protector granted here or further out, or nil.
func (g *grant) from(by *identity) *grant {
	for ; g != nil; g = g.outer {
		if g.by == by {
			return g
		}
	}
	return nil
}

// inside returns the same grant for a place further in. What it withholds has been
// withheld, and by others since, perhaps, other things.
func (g *grant) inside(outer *grant) *grant {
	inner := *g
	inner.outer, inner.carrier, inner.withheld = outer, carrier{}, nil
	return &inner
}

// withholding has the grant say what of the request the handler is not to see.
func (g *grant) withholding(r *http.Request) *grant {
	if g != nil && g.credential.source != nil && g.credential.source.withhold != nil {
		g.withheld = g.credential.source.withhold(r)
	}
	return g
}

// holdsFor reports whether the grant was given for this very request. In doubt
// it was not: to judge a request anew is slower and never wrong.
func (g *grant) holdsFor(r *http.Request, c credential) bool {
	return c == g.credential && g.target.covers(targetOf(r)) && g.possession.isShownBy(r)
}

// target is what a request asks for. The texts are copies, since requests are
// changed in place.
type target struct {
	method, host string
	path, query  string   // as they are now
	sent         string   // the request target, as it was sent
	unsent       *url.URL // of a request that no server has read
}

func targetOf(r *http.Request) target {
	t := target{method: r.Method, host: r.Host, path: r.URL.Path, query: r.URL.RawQuery, sent: r.RequestURI}
	if t.sent == "" {
		t.unsent = r.URL
	}
	return t
}

// covers reports whether the other target is this one, seen further in.
//
// Handlers shorten the path of a request on its way, as [http.StripPrefix] does,
// and leave everything else as it is. A path that differs otherwise, or another
// method, is what a batch endpoint makes, or a middleware that rewrites: that
// request is judged anew. So is a request that no server has read, unless it has
// the very URL: nothing else tells that it is still the same.
func (t target) covers(inner target) bool {
	path := t.path
	t.path = inner.path
	return t == inner && (path == inner.path || endsInPath(path, inner.path))
}

// endsInPath reports whether path ends in these whole segments.
func endsInPath(path, end string) bool {
	head, ok := strings.CutSuffix(path, end)
	return ok && (head == "" || end == "" || end[0] == '/' || head[len(head)-1] == '/')
}
