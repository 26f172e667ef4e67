package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/scopes"
)

// certificate has tokens that cost nothing to find, bound to a client's certificate
// of 2048 bits, or not bound. The certificate is that of the connection, or one that a
// proxy forwards as nginx does.
func certificate() []path {
	f := newFixture("RS256", 1)
	der := clientCertificate(f.issuer.PrivateKey(f.issuer.KeyID()))
	hash := sha256.Sum256(der)
	bound := &found{"alice", map[string]string{"x5t#S256": base64.RawURLEncoding.EncodeToString(hash[:])}}
	proof := protector.MutualTLS(protector.MutualTLSConfig{
		Proxies:  []netip.Prefix{netip.MustParsePrefix("10.0.0.7/32")},
		Encoding: protector.CertificatePEM, Header: "X-Client-Cert",
	})

	connection := must(http.NewRequest(http.MethodGet, "https://api.example/user", nil))
	connection.RequestURI, connection.RemoteAddr = "/user", "192.0.2.7:4711" // as a server has them
	connection.TLS = &tls.ConnectionState{HandshakeComplete: true, PeerCertificates: []*x509.Certificate{{Raw: der}}}
	forwarded := connection.Clone(context.Background())
	forwarded.RemoteAddr = "10.0.0.7:4711"
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	forwarded.Header.Set("X-Client-Cert", strings.ReplaceAll(url.QueryEscape(string(block)), "+", "%20"))
	return []path{
		{"path=floor", floor("RS256", f.key, f.token("small"))},
		{"path=bearer", (&found{user: "alice"}).answers(connection)},
		{"path=connection", bound.answers(connection, proof)},
		{"path=forwarded", bound.answers(forwarded, proof)},
	}
}

func clientCertificate(key crypto.Signer) []byte {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		Subject:  pkix.Name{Country: []string{"DE"}, Organization: []string{"Example Bank"}, CommonName: "payments"},
		DNSNames: []string{"payments.example", "payments.internal.example"},
	}
	return must(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
}

// found is a row of an own table.
type found struct {
	user         string
	confirmation map[string]string
}

func (*found) Scopes() scopes.Set                { return scopes.Set{} }
func (*found) ExpiresAt() time.Time              { return time.Time{} }
func (f *found) Confirmation() map[string]string { return f.confirmation }

// answers sends one request through the middleware, in front of an empty handler, and
// reports whether it came through.
func (f *found) answers(r *http.Request, proofs ...protector.Proof) func() bool {
	validator := protector.Bearer(func(context.Context, string) (*found, error) { return f, nil })
	guard := must(protector.New(protector.Config{Validators: []protector.Validator{validator.Proving(proofs...)}}))
	h := guard.Require()(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r.Header.Set("Authorization", "Bearer opaque")
	w := &discard{header: make(http.Header, 8)}
	return func() bool {
		clear(w.header)
		w.status = http.StatusOK
		h.ServeHTTP(w, r)
		return w.status == http.StatusOK
	}
}
