package protector

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"example.com/resourceserver/scopes"
)

// ResourceMetadata returns the document that tells clients how to get a token for
// this resource (RFC 9728), and the pattern under which a mux of net/http serves it:
//
//	mux.Handle(guard.ResourceMetadata())
//
// Config.Resource must be set; without it ResourceMetadata panics, as it does on a
// nil or zero Protector. The document says what is configured: Config.Resource and
// AuthorizationServers, the ways in which tokens are accepted, the scopes that the
// policies made so far name, and what Config.ResourceMetadata adds. It follows
// policies that are made later.
//
// The pattern is the path that RFC 9728 §3.1 makes of the identifier, for every host
// and method. Where several resources differ by their host alone, put the host in
// front of each pattern; beside a pattern that names a method and covers this one,
// such as "GET /", put "GET " and "OPTIONS " in front of it, and register both. A
// router of another kind takes the path as it takes others.
//
// The handler is for everyone, so no protector may stand before it: one that is
// registered in the mux of a [Protector.Subtree] is open there. It answers GET and
// HEAD, lets every origin read the document, and caches keep it for five minutes.
func (p *Protector) ResourceMetadata() (pattern string, handler http.Handler) {
	p.mustBeBuilt("ResourceMetadata")
	if p.metadata == nil {
		panic("protector: ResourceMetadata: there is no resource to tell of: set Config.Resource, " +
			"such as https://api.example")
	}
	return p.metadata.resource.pattern, p.metadata
}

// metadata is the document of a resource, and serves it.
type metadata struct {
	resource resource
	fixed    map[string]any // the members that are known from the start

	document atomic.Pointer[[]byte] // nil: to be written anew
	mu       sync.Mutex             // for what follows, and for writing the document
	scopes   map[string]bool
	size     int // of the scopes
}

// maxPublishedBytes bounds the scopes of the document. A program names as many
// as it has routes; one that makes rules of what comes with requests shall not have
// them published without end.
const maxPublishedBytes = 64 << 10

// publish adds the scopes of a policy that is good.
//
// It is not called for [Protector.Acquire], whose scopes may be made of a request:
// everybody could read then what a few have been asked for.
func (m *metadata) publish(alternatives []string) {
	if m == nil || len(alternatives) == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	before := m.size
	for _, alternative := range alternatives {
		for name := range scopes.Parse(alternative).All() {
			m.add(name)
		}
	}
	if m.size != before {
		m.document.Store(nil)
	}
}

// add leaves out offline_access, which asks for refresh tokens, and is no scope of a
// resource.
func (m *metadata) add(name string) {
	if name == offlineAccess || m.scopes[name] || m.size+len(name) > maxPublishedBytes {
		return
	}
	m.scopes[strings.Clone(name)] = true // the text may be a part of a longer one
	m.size += len(name)
}

const offlineAccess = "offline_access"

// text returns the document. It is the same, byte by byte, until a policy adds a
// scope.
func (m *metadata) text() []byte {
	if document := m.document.Load(); document != nil {
		return *document
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	members := maps.Clone(m.fixed)
	if len(m.scopes) > 0 {
		members["scopes_supported"] = slices.Sorted(maps.Keys(m.scopes))
	}
	document, _ := json.Marshal(members) // texts, lists of them, and booleans: cannot fail
	document = append(document, '\n')
	m.document.Store(&document)
	return document
}

// publicFor is how long caches keep the document. It is short, since whoever moves
// to another issuer waits for it.
const publicFor = "public, max-age=300"

const metadataMethods = "GET, HEAD, OPTIONS"

// ServeHTTP serves the document (RFC 9728 §3.2).
//
// A query that is a part of the identifier tells resources apart, and there is one
// here. Any other query says nothing: clients are known to copy that of the URL
// which they have called.
func (m *metadata) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	switch {
	case r.Method == http.MethodOptions:
		m.answerPreflight(w.Header())
		w.WriteHeader(http.StatusNoContent)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", metadataMethods)
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
	case m.resource.query != "" && r.URL.RawQuery != m.resource.query:
		http.NotFound(w, r)
	default:
		document := m.text()
		setContentType(w.Header())
		w.Header().Set("Cache-Control", publicFor)
		w.Header().Set("Content-Length", strconv.Itoa(len(document)))
		w.Write(document) // of which net/http sends nothing to HEAD
	}
}

// answerPreflight allows what a client in a browser sends (Fetch §4.8): fields that
// are none of CORS's own, such as the version of its protocol.
func (m *metadata) answerPreflight(h http.Header) {
	h.Set("Allow", metadataMethods)
	h.Set("Access-Control-Allow-Methods", "GET, HEAD")
	h.Set("Access-Control-Allow-Headers", "*")
	h.Set("Access-Control-Max-Age", "300")
}
