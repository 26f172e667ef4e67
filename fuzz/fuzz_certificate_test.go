package fuzz_test

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"example.com/resourceserver/protector"
)

// A certificateWriter is how a proxy writes a certificate, as its documentation has it, and a reading of that which
// shares nothing with the one under test, and is more tolerant.
type certificateWriter struct {
	encoding protector.CertificateEncoding
	write    func(der []byte) string
	read     func(text string) (thumbprint string)
}

var certificateWriters = []certificateWriter{
	{protector.CertificateRFC9440, writeByteSequence, func(text string) string { return thumbprintIn(inside(text, ":")) }},
	{protector.CertificateXFCC, writeXFCC, readElement},
	{protector.CertificatePEM, writeEscaped, readBlock},
	{protector.CertificateTraefik, writeBase64, func(text string) string {
		unescaped, _ := url.PathUnescape(text)
		return thumbprintIn(strings.Split(unescaped, ",")[0])
	}},
	{protector.CertificateDER, writeBase64, thumbprintIn},
}

func writeBase64(der []byte) string { return base64.StdEncoding.EncodeToString(der) }

func writeByteSequence(der []byte) string { return ":" + writeBase64(der) + ":" }

func writeEscaped(der []byte) string {
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return strings.ReplaceAll(url.QueryEscape(string(block)), "+", "%20")
}

func writeXFCC(der []byte) string {
	sum := sha256.Sum256(der)
	return "By=spiffe://a/b;Hash=" + hex.EncodeToString(sum[:]) + `;Cert="` + writeEscaped(der) +
		`";Subject="CN=a\"b";DNS=c`
}

func thumbprintOf(der []byte) string {
	sum := sha256.Sum256(der)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func thumbprintIn(text string) string {
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return ""
	}
	return thumbprintOf(der)
}

func inside(text, mark string) string {
	inner, _ := strings.CutPrefix(text, mark)
	inner, _ = strings.CutSuffix(inner, mark)
	return inner
}

func readBlock(text string) string {
	unescaped, err := url.PathUnescape(text)
	if err != nil {
		return ""
	}
	block, rest := pem.Decode([]byte(unescaped))
	if block == nil || block.Type != "CERTIFICATE" || len(block.Headers) > 0 || len(rest) > 0 {
		return ""
	}
	return thumbprintOf(block.Bytes)
}

// pairs are those of an element that Envoy writes.
var pairs = regexp.MustCompile(`(?s)([^=;,]+)=("(?:[^"\\]|\\.)*"|[^";,]*)(;|,|\z)`)

// readElement returns what the first Hash or Cert says, if none that follows says anything else.
func readElement(text string) (thumbprint string) {
	for _, pair := range pairs.FindAllStringSubmatch(text, -1) {
		var found string
		switch strings.ToLower(pair[1]) {
		case "hash":
			sum, _ := hex.DecodeString(inside(pair[2], `"`))
			found = base64.RawURLEncoding.EncodeToString(sum)
		case "cert":
			found = readBlock(inside(pair[2], `"`))
		default:
			continue
		}
		if thumbprint != "" && found != thumbprint {
			return ""
		}
		thumbprint = found
	}
	return thumbprint
}

// forwarded sends fields from a proxy that is named, and one that is not, and returns what the proof makes of them.
type forwarded struct {
	proofs []protector.Proof
	field  string
}

func newForwarded() forwarded {
	f := forwarded{field: "X-Client-Cert"}
	for _, w := range certificateWriters {
		f.proofs = append(f.proofs, protector.MutualTLS(protector.MutualTLSConfig{
			Proxies: proxy, Encoding: w.encoding, Header: f.field,
		}))
	}
	return f
}

func (f forwarded) evidence(writer int, peer, text string) (string, error) {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = peer
	r.Header[f.field] = []string{text}
	return f.proofs[writer].Evidence(r)
}

// check fails the test unless what is made of the text is what others make of it, each time, and nothing where a
// stranger sends it.
func (f forwarded) check(t testing.TB, writer int, text string) (thumbprint string) {
	w := certificateWriters[writer]
	thumbprint, err := f.evidence(writer, "10.0.0.7:1", text)
	switch {
	case err != nil && thumbprint != "":
		t.Fatalf("%s: %q: %s beside %v", w.encoding, text, thumbprint, err)
	case err == nil && text != "" && thumbprint != w.read(text):
		t.Fatalf("%s: %q: %q, and others read %q", w.encoding, text, thumbprint, w.read(text))
	case err == nil && (thumbprint == "") != (text == ""):
		t.Fatalf("%s: %q is %q", w.encoding, text, thumbprint)
	}
	if again, _ := f.evidence(writer, "10.0.0.7:1", text); again != thumbprint {
		t.Fatalf("%s: %q: %s first, then %s", w.encoding, text, thumbprint, again)
	}
	if stranger, err := f.evidence(writer, "10.0.0.8:1", text); stranger != "" || err != nil {
		t.Fatalf("%s: %q: a stranger's counts: %s, %v", w.encoding, text, stranger, err)
	}
	return thumbprint
}

// FuzzForwardedCertificate lets the fuzzer write what proxies forward. Whatever is taken is what encoding/pem and
// net/url read there, and nothing else; and whatever crypto/x509 takes for a certificate is taken from every proxy.
func FuzzForwardedCertificate(f *testing.F) {
	// checklist 149, 151
	proxies := newForwarded()
	f.Fuzz(func(t *testing.T, encoding byte, text string) {
		writer := int(encoding) % len(certificateWriters)
		proxies.check(t, writer, text)
		for _, der := range [][]byte{[]byte(text), decoded(text)} {
			certificate, err := x509.ParseCertificate(der)
			if err != nil || len(der) > 8<<10 {
				continue
			}
			for i, w := range certificateWriters {
				if got := proxies.check(t, i, w.write(der)); got != thumbprintOf(certificate.Raw) {
					t.Fatalf("%s: a certificate is not taken: %q", w.encoding, w.write(der))
				}
			}
		}
	})
}

// decoded returns the bytes of the longest run of base64, or none.
func decoded(text string) (der []byte) {
	for _, run := range base64Runs.FindAllString(text, -1) {
		if found, err := base64.StdEncoding.DecodeString(run); err == nil && len(found) > len(der) {
			der = found
		}
	}
	return der
}

var base64Runs = regexp.MustCompile(`[A-Za-z0-9+/]+=*`)

// aCertificate is one that its client has signed itself with Ed25519; the other differs in its key.
var (
	aCertificate = decoded("" +
		"MIGrMF+gAwIBAgIBATAFBgMrZXAwADAeFw03MDAxMDEwMDAwMDBaFw00OTAxMDEwMDAwMDBaMAAwKjAFBgMrZXADIQAI0TuB4+ZX" +
		"ctXdp6vMU0W6Ql+cqJDovxoJ5vaEyDLmPjAFBgMrZXADQQAFDWU9gvJQcP62e8UAqrdS3aW9eWvMAasECBDfp0HDvPtQ7xw+VgqB" +
		"Tih4LFYfVupPK/ouSUsaay1/lWX8GdcG")
	otherCertificate = decoded("" +
		"MIGrMF+gAwIBAgIBATAFBgMrZXAwADAeFw03MDAxMDEwMDAwMDBaFw00OTAxMDEwMDAwMDBaMAAwKjAFBgMrZXADIQCmPXDCZrHm" +
		"bQvB5SQJ3mwz6xk+7aQ3CTDYVGx2DMThQjAFBgMrZXADQQDqkP6ix0Lbe0x4RlG1LLJRUdTFqrAJ443PPb+qAx6+NN8w3+cMSI4v" +
		"hr+ZmgHlE0FrX/cVR/VEOccUfa9Fc7YI")
)

func certificateSeeds() (seeds []seed) {
	add := func(name string, writer int, text string) {
		seeds = append(seeds, seed{name, []any{byte(writer), text}})
	}
	for i, w := range certificateWriters {
		good, other := w.write(aCertificate), w.write(otherCertificate)
		add(string(w.encoding)+" good", i, good)
		add(string(w.encoding)+" joined", i, good+","+other)
		add(string(w.encoding)+" joined with a space", i, good+", "+other)
		add(string(w.encoding)+" empty", i, "")
		add(string(w.encoding)+" cut off", i, good[:len(good)/2])
		add(string(w.encoding)+" more DER", i, w.write(append(aCertificate[:len(aCertificate):len(aCertificate)], 0, 0)))
		add(string(w.encoding)+" no DER", i, w.write([]byte("certificate")))
	}
	for _, s := range []shape{
		{"Hash alone", "Hash=468ed33be74eee6556d90c0149c1309e9ba61d6425303443c0748a02dd8de688"},
		{"two Hash", "Hash=468ed33be74eee6556d90c0149c1309e9ba61d6425303443c0748a02dd8de688;Hash=00"},
		{"Cert alone", `Cert="` + writeEscaped(aCertificate) + `"`},
		{"Cert of another", writeXFCC(aCertificate) + `;Cert="` + writeEscaped(otherCertificate) + `"`},
		{"quotes", `Subject="a\\";Cert="b\"";URI=c"d`},
		{"keys alone", ";;=;=,="},
	} {
		add("XFCC "+s.name, 1, s.text)
	}
	add("PEM two blocks", 2, writeEscaped(aCertificate)+writeEscaped(otherCertificate))
	add("PEM headers", 2, strings.Replace(writeEscaped(aCertificate), "%0A", "%0AA%3A%20B%0A%0A", 1))
	add("Traefik escaped", 3, url.QueryEscape(writeBase64(aCertificate)))
	return numbered(seeds)
}
