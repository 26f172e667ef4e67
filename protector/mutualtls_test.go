package protector_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/introspection"
)

// clientCertificate is one that its client has signed itself.
func clientCertificate(t testing.TB) (*tls.Certificate, []byte) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	require.NoError(t, err)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: private}, der
}

// serveTLS asks clients for certificates.
func serveTLS(t testing.TB, handler http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// tlsClient is a client with a certificate, or none, and with connections of its own.
func tlsClient(t testing.TB, server *httptest.Server, certificate *tls.Certificate) *http.Client {
	t.Helper()
	transport := server.Client().Transport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	if certificate != nil {
		// Whatever authorities the server names: a certificate that its client has signed itself has none of them.
		transport.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			return certificate, nil
		}
	}
	return &http.Client{Transport: transport}
}

func fetch(t testing.TB, client *http.Client, url string, headers ...string) answer {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	require.NoError(t, err)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Add(name, value)
	}
	response, err := client.Do(r)
	require.NoError(t, err)
	return read(t, response)
}

// byCertificate is a row that is bound to a certificate.
func byCertificate(thumbprint string) *bound {
	return &bound{token{user: "alice"}, map[string]string{"x5t#S256": thumbprint}}
}

// Certificates of real connections, which their clients have signed themselves; with
// a second binding, both have to hold. Rows of an own table carry them.
//
// checklist 148, 149, 150, 152, 153
func TestMutualTLS(t *testing.T) {
	mine, mineDER := clientCertificate(t)
	other, otherDER := clientCertificate(t)
	chain := &tls.Certificate{Certificate: [][]byte{otherDER, mineDER}, PrivateKey: other.PrivateKey}
	alice := newDPoPClient(t)
	certificate := thumbprint(mineDER)
	both := byCertificate(certificate)
	both.confirmation["jkt"] = alice.thumbprint
	rows := map[string]*bound{
		"certificate": byCertificate(certificate), "both": both, "empty": byCertificate(""),
		"nothing": byCertificate(thumbprint(nil)), "free": {token: token{user: "alice"}},
	}
	lookup := func(_ context.Context, s string) (*bound, error) { return rows[s], nil }
	var seen []protector.Decision
	proof := protector.MutualTLS(protector.MutualTLSConfig{})
	guard := newGuard(t, protector.Config{OnDecision: record(&seen), Validators: []protector.Validator{
		protector.Bearer(lookup).Proving(proof),
		protector.DPoP(lookup, newProofs(t, dpop.Config{})).Proving(proof),
	}})
	server := serveTLS(t, guard.Require()(says("in")))
	proved := func() []string { return []string{"Authorization: DPoP both", alice.proof("/", "both", "")} }
	for _, tt := range []struct {
		name        string
		certificate *tls.Certificate
		headers     []string
		status      int
		reason      string
	}{
		{"good", mine, []string{"Authorization: Bearer certificate"}, 200, ""},
		{"another", other, []string{"Authorization: Bearer certificate"}, 401, "certificate_binding"},
		{"behind another in the chain", chain, []string{"Authorization: Bearer certificate"}, 401,
			"certificate_binding"},
		{"none", nil, []string{"Authorization: Bearer certificate"}, 401, "certificate_missing"},
		{"none, bound to nothing", nil, []string{"Authorization: Bearer empty"}, 401, "certificate_missing"},
		{"none, bound to no bytes", nil, []string{"Authorization: Bearer nothing"}, 401, "certificate_missing"},
		{"a field of a stranger", nil, []string{"Authorization: Bearer certificate",
			"Client-Cert: " + asRFC9440(mineDER)}, 401, "certificate_missing"},
		{"not bound", nil, []string{"Authorization: Bearer free"}, 200, ""},
		{"not bound, with a certificate", mine, []string{"Authorization: Bearer free"}, 200, ""},
		{"both, one proved", mine, []string{"Authorization: Bearer both"}, 401, "confirmation"},
		{"both", mine, proved(), 200, ""},
		{"both, no certificate", nil, proved(), 401, "certificate_missing"},
		{"both, another certificate", other, proved(), 401, "certificate_binding"},
		{"both, another key", mine, []string{"Authorization: DPoP both", newDPoPClient(t).proof("/", "both", "")}, 401,
			"proof_binding"},
		{"both, no proof", mine, []string{"Authorization: DPoP both"}, 401, "proof_missing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client := tlsClient(t, server, tt.certificate)
			for range 2 { // the second time from memory, over the same connection
				seen = nil
				a := fetch(t, client, server.URL+"/", tt.headers...)
				require.Equal(t, tt.status, a.status)
				require.Equal(t, tt.reason, seen[0].Reason)
				if tt.status == 401 {
					require.NotContains(t, a.body, thumbprint(mineDER))
					_, params := parseChallenge(t, a.challenges()[0])
					require.Contains(t, []string{"invalid_token", ""}, params["error"])
				}
				if strings.Contains(tt.headers[0], "DPoP") {
					break // its proof counts once
				}
			}
		})
	}
}

// A session that is resumed has the certificate of the first one.
//
// checklist 148
func TestMutualTLSResumed(t *testing.T) {
	mine, der := clientCertificate(t)
	resumed := make(chan bool, 2)
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{
		returning(byCertificate(thumbprint(der))).Proving(protector.MutualTLS(protector.MutualTLSConfig{})),
	}})
	server := serveTLS(t, guard.Require()(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		resumed <- r.TLS.DidResume
	})))
	client := tlsClient(t, server, mine)
	transport := client.Transport.(*http.Transport)
	transport.TLSClientConfig.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	for _, want := range []bool{false, true} {
		require.Equal(t, 200, fetch(t, client, server.URL, "Authorization: Bearer x").status)
		require.Equal(t, want, <-resumed)
		transport.CloseIdleConnections()
	}
}

// What the states of connections that no test can easily bring about are worth.
//
// checklist 148, 150
func TestMutualTLSStates(t *testing.T) {
	const missing, tooLarge = "certificate_missing", "certificate_too_large"
	_, der := clientCertificate(t)
	certificates := []*x509.Certificate{{Raw: der}}
	longest := make([]byte, 16<<10)
	longer := make([]byte, 16<<10+1) // anybody makes one, and hashing it would cost more than all else
	presented := func(der []byte) *tls.ConnectionState {
		return &tls.ConnectionState{HandshakeComplete: true, PeerCertificates: []*x509.Certificate{{Raw: der}}}
	}
	for name, tt := range map[string]struct {
		state  *tls.ConnectionState
		bound  string
		reason string
	}{
		"complete":       {presented(der), thumbprint(der), ""},
		"early data":     {&tls.ConnectionState{PeerCertificates: certificates}, thumbprint(der), missing},
		"no TLS":         {nil, thumbprint(der), missing},
		"no certificate": {&tls.ConnectionState{HandshakeComplete: true}, thumbprint(der), missing},
		"verified only": {&tls.ConnectionState{HandshakeComplete: true,
			VerifiedChains: [][]*x509.Certificate{certificates}}, thumbprint(der), missing},
		"without its bytes": {presented(nil), thumbprint(nil), missing},
		"the longest":       {presented(longest), thumbprint(longest), ""},
		"longer":            {presented(longer), thumbprint(longer), tooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			guard := newGuard(t, protector.Config{Validators: []protector.Validator{
				returning(byCertificate(tt.bound)).Proving(protector.MutualTLS(protector.MutualTLSConfig{})),
			}})
			r := httptest.NewRequest(http.MethodGet, "https://api.example/", nil)
			r.Header.Set("Authorization", "Bearer x")
			r.TLS = tt.state
			_, err := guard.Acquire(r)
			if tt.reason == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "401 invalid_token ("+tt.reason+")")
		})
	}
}

// A token that says nothing itself is bound by what the server says of it.
//
// checklist 149, 150
func TestMutualTLSOfIntrospectedTokens(t *testing.T) {
	mine, der := clientCertificate(t)
	other, _ := clientCertificate(t)
	endpoint := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"active":true,"aud":"https://api.example","cnf":{"x5t#S256":"` + thumbprint(der) + `"}}`))
	}))
	client, err := introspection.New(introspection.Config{
		Endpoint: endpoint.URL, Audiences: []string{"https://api.example"}, InsecureAllowPlainHTTP: true,
		Credentials:           introspection.ClientSecretBasic("api", "a secret of the api"),
		AllowMissingTokenType: true, Confirmations: []string{"x5t#S256"},
	})
	require.NoError(t, err)
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{
		protector.Bearer(client.Introspect).Proving(protector.MutualTLS(protector.MutualTLSConfig{})),
	}})
	server := serveTLS(t, guard.Require()(says("in")))
	for status, certificate := range map[int]*tls.Certificate{200: mine, 401: other} {
		a := fetch(t, tlsClient(t, server, certificate), server.URL, "Authorization: Bearer opaque")
		require.Equal(t, status, a.status, a.body)
	}
	require.Equal(t, 401, fetch(t, tlsClient(t, server, nil), server.URL, "Authorization: Bearer opaque").status)
}

// peers are addresses and whether they are one of some proxies.
//
// checklist 151
func TestProxies(t *testing.T) {
	_, der := clientCertificate(t)
	proxies := []netip.Prefix{
		netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("::ffff:192.0.2.0/120"),
		netip.MustParsePrefix("2001:db8:7::/48"), netip.MustParsePrefix("::1/128"),
	}
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{returning(byCertificate(thumbprint(der))).
		Proving(protector.MutualTLS(protector.MutualTLSConfig{Proxies: proxies}))}})
	proxies[0] = netip.MustParsePrefix("203.0.113.0/24") // nobody keeps what was handed over
	for peer, ok := range map[string]bool{
		"10.1.2.3:80": true, "[::ffff:10.1.2.3]:80": true, "10.2.0.1:80": false, "[::ffff:10.2.0.1]:80": false,
		"192.0.2.209:80": true,
		"192.0.2.9:80":   true, "[::ffff:192.0.2.9]:80": true, "192.0.3.9:80": false, "203.0.113.1:80": false,
		"[2001:db8:7::9]:80": true, "[2001:db8:8::9]:80": false, "[::1]:80": true, "[::1%eth0]:80": false,
		"[2001:db8:7::9%eth0]:80": false, "10.1.2.3": false, "10.1.2.3:": false, "": false, "@": false,
		"/run/api.sock": false, "localhost:80": false, "10.1.2.3:80:80": false, "[10.1.2.3]:80": false,
		"010.1.2.3:80": false, "10.1.2.3:80, 10.1.2.3:80": false,
	} {
		r := httptest.NewRequest(http.MethodGet, "https://api.example/", nil)
		r.RemoteAddr = peer
		r.Header.Set("Authorization", "Bearer x")
		r.Header.Set("X-Forwarded-For", "10.1.2.3")
		r.Header.Set("Client-Cert", asRFC9440(der))
		_, err := guard.Acquire(r)
		require.Equal(t, ok, err == nil, "%q: %v", peer, err)

		// And the other way round: what a proxy presents itself is not its client's.
		r.Header.Del("Client-Cert")
		r.TLS = &tls.ConnectionState{HandshakeComplete: true, PeerCertificates: []*x509.Certificate{{Raw: der}}}
		_, err = guard.Acquire(r)
		require.Equal(t, !ok, err == nil, "%q: %v", peer, err)
	}
}

func TestMutualTLSFaults(t *testing.T) {
	block := func(texts ...string) (blocks []netip.Prefix) {
		for _, text := range texts {
			blocks = append(blocks, netip.MustParsePrefix(text))
		}
		return blocks
	}
	one := block("10.0.0.7/32")
	for name, tt := range map[string]struct {
		config protector.MutualTLSConfig
		says   string // nothing: it is no fault
	}{
		"nothing": {protector.MutualTLSConfig{}, ""},
		"one":     {protector.MutualTLSConfig{Proxies: one}, ""},
		"as wide as may be": {protector.MutualTLSConfig{Proxies: block("10.0.0.0/8", "fc00::/7",
			"::ffff:10.0.0.0/104")}, ""},
		"everybody": {protector.MutualTLSConfig{Proxies: block("0.0.0.0/0")},
			"Proxies[0] is 0.0.0.0/0: name the prox"},
		"half of them":     {protector.MutualTLSConfig{Proxies: block("128.0.0.0/1")}, "Proxies[0] is 128.0.0.0/1"},
		"everybody's IPv6": {protector.MutualTLSConfig{Proxies: block("10.0.0.7/32", "::/0")}, "Proxies[1] is ::/0"},
		"2000::/3":         {protector.MutualTLSConfig{Proxies: block("2000::/3")}, "Proxies[0] is 2000::/3"},
		"everybody, mapped": {protector.MutualTLSConfig{Proxies: block("::ffff:0.0.0.0/96")},
			"Proxies[0] is ::ffff:0.0.0.0/96"},
		"more than that": {protector.MutualTLSConfig{Proxies: block("::ffff:0.0.0.0/80")},
			"Proxies[0] is ::ffff:0.0.0.0/80"},
		"no block": {protector.MutualTLSConfig{Proxies: []netip.Prefix{{}}},
			"Proxies[0] is invalid Prefix: build"},
		"not masked": {protector.MutualTLSConfig{Proxies: block("10.1.2.3/8")},
			"10.1.2.3/8: write 10.0.0.0/8 if you mean all of them, or 10.1.2.3/32"},
		"link-local": {protector.MutualTLSConfig{Proxies: block("fe80::/64")},
			"Proxies[0] is fe80::/64: every link"},
		"unknown encoding": {protector.MutualTLSConfig{Proxies: one, Encoding: "pem"}, `Encoding is "pem": use one`},
		"no header": {protector.MutualTLSConfig{Proxies: one, Encoding: protector.CertificatePEM},
			`Header is empty: name`},
		"no header, DER": {protector.MutualTLSConfig{Proxies: one, Encoding: protector.CertificateDER},
			`Header is empty: name`},
		"no field name": {protector.MutualTLSConfig{Proxies: one, Header: "Client Cert"},
			`Header is "Client Cert": use`},
		"encoding alone": {protector.MutualTLSConfig{Encoding: protector.CertificateXFCC},
			`Encoding is "XFCC" without Proxies`},
		"header alone": {protector.MutualTLSConfig{Header: "X"}, `Header is "X" without Proxies`},
	} {
		t.Run(name, func(t *testing.T) {
			proof := protector.MutualTLS(tt.config)
			require.Equal(t, "x5t#S256", proof.Confirms())
			require.Empty(t, proof.Params())
			_, err := protector.New(protector.Config{Validators: []protector.Validator{
				protector.Bearer(newTable().lookup).Proving(proof),
			}})
			if tt.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "protector: Config.Validators[0] is not usable: MutualTLSConfig.")
			require.ErrorContains(t, err, tt.says)
		})
	}
	t.Run("hidden from New", func(t *testing.T) { // it is no way in
		hidden := struct{ protector.Proof }{protector.MutualTLS(protector.MutualTLSConfig{Header: "X"})}
		guard := newGuard(t, protector.Config{Validators: []protector.Validator{
			protector.Bearer(newTable().lookup).Proving(hidden),
		}})
		require.Equal(t, 500, get(t, serve(t, guard.Require()(hello)), "/", "Authorization: Bearer alice").status)
		_, err := hidden.Check(t.Context(), protector.Possession{})
		require.Error(t, err)
	})
}

// Many connections and fields at once, of more certificates than are remembered
// apart: none is ever taken for another.
//
// checklist 149
func TestMutualTLSConcurrently(t *testing.T) {
	const certificates = 64
	proof := protector.MutualTLS(protector.MutualTLSConfig{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.7/32")}})
	ders := make([][]byte, certificates)
	for i := range ders {
		_, ders[i] = clientCertificate(t)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 40 * certificates {
				der := ders[i*7%certificates]
				r := httptest.NewRequest(http.MethodGet, "https://api.example/", nil)
				r.TLS.PeerCertificates = []*x509.Certificate{{Raw: der}}
				if i%2 == 0 {
					r.RemoteAddr = "10.0.0.7:80"
					r.Header.Set("Client-Cert", asRFC9440(der))
				}
				if found, err := proof.Evidence(r); found != thumbprint(der) || err != nil {
					t.Errorf("%s, %v", found, err)
				}
			}
		})
	}
	group.Wait()
}

// seenBefore calls check with a proof, and requests whose certificate it has seen.
func seenBefore(t testing.TB, check func(name string, once func())) {
	_, der := clientCertificate(t)
	proof := protector.MutualTLS(protector.MutualTLSConfig{Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.7/32")}})
	connection := httptest.NewRequest(http.MethodGet, "https://api.example/", nil)
	connection.TLS.PeerCertificates = []*x509.Certificate{{Raw: der}}
	forwarded := httptest.NewRequest(http.MethodGet, "/", nil)
	forwarded.RemoteAddr = "10.0.0.7:80"
	forwarded.Header.Set("Client-Cert", asRFC9440(der))
	want := thumbprint(der)
	for name, r := range map[string]*http.Request{"connection": connection, "forwarded": forwarded} {
		check(name, func() {
			evidence, err := proof.Evidence(r)
			if err != nil || evidence != want {
				t.Fatal(evidence, err)
			}
			_, err = proof.Check(r.Context(), protector.Possession{Bound: true, Evidence: evidence, Confirmation: want})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestMutualTLSAllocatesNothing(t *testing.T) {
	seenBefore(t, func(name string, once func()) {
		require.Zero(t, testing.AllocsPerRun(100, once), name)
	})
}

func BenchmarkMutualTLS(b *testing.B) {
	seenBefore(b, func(name string, once func()) {
		b.Run("from="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				once()
			}
		})
	})
}

// How long a comparison takes cannot be measured reliably, so this reads how it is
// made.
//
// checklist 154
func TestThumbprintsAreComparedInConstantTime(t *testing.T) {
	file, err := parser.ParseFile(gotoken.NewFileSet(), "mutualtls.go", nil, 0)
	require.NoError(t, err)
	var constant int
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "ConstantTimeCompare" {
				constant++
				return false
			}
		case *ast.BinaryExpr:
			require.NotContains(t, []string{selected(n.X), selected(n.Y)}, "Confirmation")
		}
		return true
	})
	require.Equal(t, 1, constant)
}

func selected(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok {
		return s.Sel.Name
	}
	return ""
}
