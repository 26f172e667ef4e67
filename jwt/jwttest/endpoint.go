package jwttest

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// Endpoint is one of the documents that an issuer serves.
type Endpoint int

const (
	// OAuthMetadata is served at /.well-known/oauth-authorization-server,
	// inserted between host and path (RFC 8414 §3.1).
	OAuthMetadata Endpoint = iota
	// OpenIDMetadata is served at /.well-known/openid-configuration, appended
	// to the issuer (OpenID Connect Discovery §4) and, for an issuer with a
	// path, inserted before the path as well (RFC 8414 §5).
	OpenIDMetadata
	// KeySet is served at JWKSURL.
	KeySet
)

const (
	wellKnownOAuth  = "/.well-known/oauth-authorization-server"
	wellKnownOpenID = "/.well-known/openid-configuration"
	jwksPath        = "/jwks"
)

var allEndpoints = []Endpoint{OAuthMetadata, OpenIDMetadata, KeySet}

// Requests counts what clients asked of an issuer, whether it answered well,
// answered badly or refused.
type Requests struct {
	// Discovery counts requests for metadata of either kind.
	Discovery int
	// JWKS counts requests for the key set.
	JWKS int
	// NotModified counts those of them that a matching ETag answered with 304.
	NotModified int
}

// Requests returns the counters since the issuer was started.
func (iss *Issuer) Requests() Requests {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	return iss.requests
}

// Handler serves the issuer's endpoints, for a test that needs a server of its
// own around them (TLS, another listener). Tokens and metadata still name URL.
func (iss *Issuer) Handler() http.Handler { return http.HandlerFunc(iss.serve) }

// AlterMetadata changes the metadata documents from now on: edit gets their
// members and may set, replace or delete any of them. It runs for each request
// and must be safe for concurrent use; nil goes back to the real document.
//
//	issuer.AlterMetadata(func(m map[string]any) { m["issuer"] = "https://evil.example" })
func (iss *Issuer) AlterMetadata(edit func(metadata map[string]any)) {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	iss.metadata = edit
}

// SetHeader sets a header of all the issuer's answers from now on, failures
// included, such as Cache-Control or Retry-After. An empty value removes the
// header, also those that are there by default: Content-Type, and the ETag of
// the key set, which changes when the document does. No Cache-Control is sent
// by default.
func (iss *Issuer) SetHeader(name, value string) {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	iss.headers.Set(name, value)
}

func (iss *Issuer) serve(w http.ResponseWriter, r *http.Request) {
	endpoint, ok := iss.route(r.URL.Path)
	if !ok {
		http.NotFound(w, r)
		return
	}
	iss.count(endpoint)
	f, err := iss.awaitFault(r.Context(), endpoint)
	if err != nil || f.kind == faultRefuse {
		// The connection breaks without an answer; net/http logs nothing.
		panic(http.ErrAbortHandler)
	}
	switch {
	case f.kind == faultFail:
		iss.write(w, f.status, "text/plain", []byte(http.StatusText(f.status)+"\n"))
	case f.kind == faultGarbage:
		iss.write(w, http.StatusOK, f.contentType, f.body)
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		iss.write(w, http.StatusMethodNotAllowed, "text/plain", nil)
	case endpoint == KeySet:
		iss.serveKeys(w, r)
	default:
		iss.serveMetadata(w)
	}
}

func (iss *Issuer) route(path string) (Endpoint, bool) {
	switch path {
	case wellKnownOAuth + iss.path:
		return OAuthMetadata, true
	case iss.path + wellKnownOpenID, wellKnownOpenID + iss.path:
		return OpenIDMetadata, true
	case iss.path + jwksPath:
		return KeySet, true
	}
	return 0, false
}

func (iss *Issuer) count(endpoint Endpoint) {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	if endpoint == KeySet {
		iss.requests.JWKS++
		return
	}
	iss.requests.Discovery++
}

func (iss *Issuer) serveMetadata(w http.ResponseWriter) {
	document := map[string]any{
		"issuer":                                iss.url,
		"jwks_uri":                              iss.JWKSURL(),
		"authorization_endpoint":                iss.base() + "/authorize",
		"token_endpoint":                        iss.base() + "/token",
		"response_types_supported":              []string{"code"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
	}
	iss.mu.Lock()
	edit := iss.metadata
	iss.mu.Unlock()
	if edit != nil {
		edit(document)
	}
	body, err := json.Marshal(document)
	if err != nil {
		panic(fmt.Sprintf("jwttest: AlterMetadata left a value that is not JSON: %v", err))
	}
	iss.write(w, http.StatusOK, "application/json", body)
}

func (iss *Issuer) serveKeys(w http.ResponseWriter, r *http.Request) {
	body := iss.JWKS()
	w.Header().Set("ETag", fmt.Sprintf(`"%x"`, sha256.Sum256(body)))
	iss.applyHeaders(w.Header())
	if matches(r.Header.Get("If-None-Match"), w.Header().Get("ETag")) {
		iss.mu.Lock()
		iss.requests.NotModified++
		iss.mu.Unlock()
		w.WriteHeader(http.StatusNotModified)
		return
	}
	iss.write(w, http.StatusOK, "application/jwk-set+json", body)
}

// matches compares entity tags weakly, as If-None-Match does (RFC 9110 §13.1.2).
func matches(ifNoneMatch, etag string) bool {
	if etag == "" {
		return false
	}
	for candidate := range strings.SplitSeq(ifNoneMatch, ",") {
		candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
		if candidate == strings.TrimPrefix(etag, "W/") {
			return true
		}
	}
	return false
}

func (iss *Issuer) write(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	iss.applyHeaders(w.Header())
	w.WriteHeader(status)
	w.Write(body)
}

func (iss *Issuer) applyHeaders(header http.Header) {
	iss.mu.Lock()
	defer iss.mu.Unlock()
	for name, values := range iss.headers {
		if values[0] == "" {
			header[name] = nil // also keeps net/http from guessing a Content-Type
			continue
		}
		header[name] = slices.Clone(values)
	}
}
