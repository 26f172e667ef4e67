package jwks

import (
	"mime"
	"net/http"
	"slices"
	"strings"
)

// media says which content types a document may come with.
type media struct {
	name   string // for errors
	accept string // the field Accept of the request
	takes  func(mediaType string) bool
}

// The end of Accept keeps a server that negotiates from answering 406: what it would send of its
// own accord is judged when it comes.
const (
	acceptJSON = "application/jwk-set+json, application/json, */*;q=0.1"
	acceptPEM  = "application/x-pem-file, text/plain, */*;q=0.1"
)

var (
	keySetMedia   = media{"JSON", acceptJSON, isKeySet}
	metadataMedia = media{"JSON", acceptJSON, isJSON}
	pemMedia      = media{"PEM", acceptPEM, isPEM}
)

// isKeySet accepts what issuers send with a JWK Set: JSON by any name. HTML is an error page,
// whatever is in it.
func isKeySet(t string) bool { return isUnnamed(t) || t == "text/json" || isJSON(t) }

// isJSON accepts JSON only (RFC 8414 §3.2).
func isJSON(t string) bool {
	return t == "application/json" || strings.HasPrefix(t, "application/") && strings.HasSuffix(t, "+json")
}

// isPEM accepts the names that servers give a key or a certificate, none of which is registered
// for a public key.
func isPEM(t string) bool {
	switch t {
	case "application/x-pem-file", "application/pem-certificate-chain", "application/pkix-cert",
		"application/x-x509-ca-cert", "application/x-x509-user-cert":
		return true
	}
	return isUnnamed(t)
}

// isUnnamed accepts what file servers and object stores say of a file that they do not know, which
// is binary/octet-stream at S3. The body decides then.
func isUnnamed(t string) bool {
	switch t {
	case "", "text/plain", "application/octet-stream", "binary/octet-stream":
		return true
	}
	return false
}

// mediaTypes lists what Content-Type names, in lower case and without parameters: one in a sound
// answer. Object stores and proxies repeat the field or its value, and then each of them counts:
// what is HTML at second sight is HTML.
func mediaTypes(h http.Header) []string {
	var types []string
	for _, field := range h.Values("Content-Type") {
		if t, _, err := mime.ParseMediaType(field); err == nil {
			types = append(types, t)
			continue
		}
		for value := range strings.SplitSeq(field, ",") {
			t, _, _ := strings.Cut(value, ";")
			if t = strings.ToLower(strings.TrimSpace(t)); t != "" {
				types = append(types, t)
			}
		}
	}
	if types == nil {
		return []string{""}
	}
	return types
}

func every(types []string, will func(string) bool) bool {
	return !slices.ContainsFunc(types, func(t string) bool { return !will(t) })
}
