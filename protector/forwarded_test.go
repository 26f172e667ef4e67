package protector_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

// The encodings as the proxies are documented to write them.

func asRFC9440(der []byte) string { return ":" + asDER(der) + ":" }

func asDER(der []byte) string { return base64.StdEncoding.EncodeToString(der) }

func asBlock(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// asPEM escapes whatever is not unreserved, as nginx does.
func asPEM(der []byte) string { return strings.ReplaceAll(url.QueryEscape(asBlock(der)), "+", "%20") }

// asEnvoyPEM escapes five characters.
func asEnvoyPEM(der []byte) string {
	return strings.NewReplacer("\n", "%0A", " ", "%20", "+", "%2B", "/", "%2F", "=", "%3D").Replace(asBlock(der))
}

func asHash(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

func asXFCC(der []byte) string {
	return `By=spiffe://a/api;Hash=` + asHash(der) + `;Cert="` + asEnvoyPEM(der) +
		`";Subject="CN=a\"b\\,O=\,;C=D";URI=spiffe://a/client?x=y;DNS=;DNS=a.example`
}

func asTraefik(der []byte) string { return asDER(der) }

// forwarding are the encodings, with the field that each is in.
var forwarding = map[protector.CertificateEncoding]struct {
	header string
	write  func(der []byte) string
}{
	protector.CertificateRFC9440: {"Client-Cert", asRFC9440},
	protector.CertificateXFCC:    {"X-Forwarded-Client-Cert", asXFCC},
	protector.CertificatePEM:     {"X-Client-Cert", asPEM},
	protector.CertificateTraefik: {"X-Forwarded-Tls-Client-Cert", asTraefik},
	protector.CertificateDER:     {"X-Client-Cert", asDER},
}

// loopback is where the tests' clients connect from.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// forwardedTo is a protector behind proxies of one kind, at these addresses.
func forwardedTo(t testing.TB, row *bound, encoding protector.CertificateEncoding, header string,
	proxies []netip.Prefix, seen *[]protector.Decision,
) *protector.Protector {
	return newGuard(t, protector.Config{OnDecision: record(seen), Validators: []protector.Validator{
		returning(row).Proving(protector.MutualTLS(protector.MutualTLSConfig{
			Proxies: proxies, Encoding: encoding, Header: header,
		})),
	}})
}

// Each kind of proxy is understood, and each is a stranger elsewhere: by address, by
// encoding, and by the name of the field.
//
// checklist 149, 150, 151, 152
func TestForwardedCertificates(t *testing.T) {
	_, mine := clientCertificate(t)
	_, other := clientCertificate(t)
	elsewhere := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	for encoding, proxy := range forwarding {
		t.Run(string(encoding), func(t *testing.T) {
			var seen []protector.Decision
			guard := forwardedTo(t, byCertificate(thumbprint(mine)), encoding, strings.ToLower(proxy.header), loopback, &seen)
			server := serve(t, guard.Require()(says("in")))
			stranger := forwardedTo(t, byCertificate(thumbprint(mine)), encoding, proxy.header, elsewhere, &seen)
			direct := serve(t, stranger.Require()(says("in")))
			field := proxy.header + ": "
			for _, tt := range []struct {
				name   string
				fields []string
				reason string
			}{
				{"good", []string{field + proxy.write(mine)}, ""},
				{"again", []string{field + proxy.write(mine)}, ""},
				{"another", []string{field + proxy.write(other)}, "certificate_binding"},
				{"none", nil, "certificate_missing"},
				{"empty", []string{field}, "certificate_missing"},
				{"twice", []string{field + proxy.write(mine), field + proxy.write(mine)}, "certificate_several"},
				{"of a stranger, before", []string{field + proxy.write(mine), field + proxy.write(other)},
					"certificate_several"},
				{"of a stranger, before none", []string{field + proxy.write(mine), field}, "certificate_several"},
				{"joined", []string{field + proxy.write(mine) + ", " + proxy.write(other)}, "certificate_several"},
				{"cut off", []string{field + proxy.write(mine)[:len(proxy.write(mine))/2]}, "certificate_malformed"},
				{"DER cut off", []string{field + proxy.write(mine[:len(mine)-3])}, "certificate_malformed"},
				{"more DER", []string{field + proxy.write(append(mine[:len(mine):len(mine)], 0, 0, 0))},
					"certificate_malformed"},
				{"two in one", []string{field + proxy.write(append(mine[:len(mine):len(mine)], mine...))},
					"certificate_malformed"},
				{"no certificate", []string{field + proxy.write([]byte{0x02, 0x01, 0x07})}, "certificate_malformed"},
				{"nonsense", []string{field + "nonsense"}, "certificate_malformed"},
				{"too long", []string{field + strings.Repeat("A", 32<<10+1)}, "certificate_too_large"},
				{"in other fields", []string{"X-" + field + proxy.write(mine), "Proxy-" + field + proxy.write(mine),
					strings.ReplaceAll(proxy.header, "-", "_") + ": " + proxy.write(mine)}, "certificate_missing"},
			} {
				t.Run(tt.name, func(t *testing.T) {
					seen = nil
					a := get(t, server, "/", append([]string{"Authorization: Bearer x"}, tt.fields...)...)
					require.Equal(t, tt.reason, seen[0].Reason, "%v", seen[0].Err)
					if tt.reason == "" {
						require.Equal(t, 200, a.status)
					} else {
						_, params := parseChallenge(t, a.challenges()[0])
						require.Equal(t, "invalid_token", params["error"])
						require.Equal(t, 401, a.status)
						require.LessOrEqual(t, len(seen[0].Err.Error()), 300, "nothing of the field")
					}
					seen = nil
					a = get(t, direct, "/", append([]string{"Authorization: Bearer x"}, tt.fields...)...)
					require.Equal(t, "certificate_missing", seen[0].Reason, "from a stranger none of it counts")
					require.Equal(t, 401, a.status)
				})
			}
			for name, foreign := range forwarding {
				if name == encoding || name == protector.CertificateTraefik && encoding == protector.CertificateDER ||
					encoding == protector.CertificateTraefik && name == protector.CertificateDER { // which are alike
					continue
				}
				require.Equal(t, 401, get(t, server, "/", "Authorization: Bearer x", field+foreign.write(mine)).status, name)
			}
		})
	}
}

// Spellings of which it is not plain whether they should be taken.
//
// checklist 149, 151
func TestForwardedSpellings(t *testing.T) {
	_, mine := clientCertificate(t)
	_, other := clientCertificate(t)
	base64, hash, block := asDER(mine), asHash(mine), asEnvoyPEM(mine)
	const (
		good      = ""
		several   = "certificate_several"
		malformed = "certificate_malformed"
		binding   = "certificate_binding"

		rfc, xfcc, nginx = protector.CertificateRFC9440, protector.CertificateXFCC, protector.CertificatePEM
		traefik, der     = protector.CertificateTraefik, protector.CertificateDER
	)
	for _, tt := range []struct {
		name     string
		encoding protector.CertificateEncoding
		text     string
		reason   string
	}{
		{"parameters", rfc, ":" + base64 + ":;a=1", malformed},
		{"without colons", rfc, base64, malformed},
		{"one colon", rfc, ":", malformed},
		{"two colons", rfc, "::", malformed},
		{"an empty block", nginx, asPEM(nil), malformed},
		{"a string", rfc, `"` + base64 + `"`, malformed},
		{"an inner list", rfc, "(:" + base64 + ":)", malformed},
		{"base64url", rfc, ":" + strings.NewReplacer("+", "-", "/", "_").Replace(base64) + "-:", malformed},
		{"without padding", der, strings.TrimRight(asDER(append([]byte{0x30, 2}, 5, 0)), "="), malformed},
		{"bits behind the last", der, "MAIFAB==", malformed},
		{"good padding", der, "MAIFAA==", binding},
		{"a set", der, asDER([]byte{0x31, 0}), malformed},
		{"a sequence that is not constructed", der, asDER([]byte{0x10, 0}), malformed},
		{"a sequence of another class", der, asDER([]byte{0xb0, 0}), malformed},
		{"an indefinite length", der, asDER([]byte{0x30, 0x80, 0, 0}), malformed},
		{"a length in more bytes than needed", der, asDER([]byte{0x30, 0x81, 2, 5, 0}), malformed},

		{"Cert alone", xfcc, `Cert="` + block + `"`, good},
		{"without quotation marks", xfcc, `Cert=` + block, good},
		{"Hash alone", xfcc, `Hash=` + hash, good},
		{"Hash in quotation marks and capitals", xfcc, `hash="` + strings.ToUpper(hash) + `"`, good},
		{"nginx's escapes", xfcc, `Cert="` + asPEM(mine) + `"`, good},
		{"neither", xfcc, `By=a;URI=b`, malformed},
		{"only a chain", xfcc, `Chain="` + block + `"`, malformed},
		{"a chain too", xfcc, `Hash=` + hash + `;Chain="` + block + asEnvoyPEM(other) + `"`, good},
		{"that disagree", xfcc, `Hash=` + hash + `;Cert="` + asEnvoyPEM(other) + `"`, malformed},
		{"that disagree, turned round", xfcc, `Cert="` + block + `";Hash=` + asHash(other), malformed},
		{"a Hash behind a name of the client's", xfcc, `Hash=` + asHash(other) + `;URI=a;Hash=` + hash, several},
		{"a Cert behind a name of the client's", xfcc, `Hash=` + asHash(other) + `;URI=a;Cert="` + block + `"`,
			malformed},
		{"an element behind a name of the client's", xfcc, `Hash=` + asHash(other) + `;URI=a,Hash=` + hash, several},
		{"an element of the client's", xfcc, `Hash=` + hash + `,Hash=` + asHash(other), several},
		{"two of them", xfcc, `Cert="` + block + `";cert="` + block + `"`, several},
		{"an empty one first", xfcc, `Hash=;Hash=` + hash, malformed},
		{"an empty Cert", xfcc, `Hash=` + hash + `;Cert=""`, malformed},
		{"in a quoted name", xfcc, `Hash=` + asHash(other) + `;Subject="a;Hash=` + hash + `"`, binding},
		{"behind an escaped quotation mark", xfcc, `Hash=` + asHash(other) + `;Subject="a\";Hash=` + hash + `"`,
			binding},
		{"behind an escaped backslash", xfcc, `Hash=` + asHash(other) + `;Subject="a\\";Hash=` + hash, several},
		{"quotation mark in a bare value", xfcc, `Hash=` + hash + `;URI=a"b`, malformed},
		{"quotation mark not closed", xfcc, `Hash=` + hash + `;Subject="b`, malformed},
		{"something behind the quotation mark", xfcc, `Subject="b"c;Hash=` + hash, malformed},
		{"semicolon at the end", xfcc, `Hash=` + hash + `;`, malformed},
		{"comma at the end", xfcc, `Hash=` + hash + `,`, several},
		{"no pair", xfcc, hash, malformed},
		{"a key that is none", xfcc, `a%20b=c;Hash=` + hash, malformed},
		{"an empty key", xfcc, `=c;Hash=` + hash, malformed},
		{"a short Hash", xfcc, `Hash=` + hash[:62], malformed},
		{"a Hash of more", xfcc, `Hash=` + hash + "00", malformed},
		{"a Hash that is none", xfcc, `Hash=` + strings.Repeat("g", 64), malformed},

		{"without its last line break", nginx, strings.TrimSuffix(asPEM(mine), "%0A"), good},
		{"Windows line breaks", nginx, strings.ReplaceAll(asPEM(mine), "%0A", "%0D%0A"), malformed},
		{"escaped twice", nginx, strings.ReplaceAll(asPEM(mine), "%", "%25"), malformed},
		{"a broken escape", nginx, asPEM(mine) + "%", malformed},
		{"something before", nginx, "a%0A" + asPEM(mine), malformed},
		{"something behind", nginx, asPEM(mine) + "a", malformed},
		{"bits behind the last", nginx, strings.Replace(asPEM([]byte{0x30, 2, 5, 0}), "MAIFAA", "MAIFAB", 1), malformed},
		{"two blocks", nginx, asPEM(mine) + asPEM(mine), malformed},
		{"another kind of block", nginx, strings.ReplaceAll(asPEM(mine), "CERTIFICATE", "TRUSTED%20CERTIFICATE"),
			malformed},
		{"headers in the block", nginx, strings.Replace(asPEM(mine), "%0A", "%0AA%3A%20B%0A%0A", 1), malformed},
		{"spaces for line breaks", nginx, strings.ReplaceAll(asPEM(mine), "%0A", "%20"), malformed},

		{"a chain", traefik, base64 + "," + asDER(other), good},
		{"a chain of others", traefik, asDER(other) + "," + base64, binding},
		{"escaped, as of old", traefik, url.QueryEscape(base64), good},
		{"an escaped chain", traefik, url.QueryEscape(base64 + "," + asDER(other)), good},
		{"a chain of escaped ones", traefik, url.QueryEscape(base64) + "," + url.QueryEscape(asDER(other)), good},
		{"joined by another", traefik, base64 + ", " + asDER(other), several},
		{"line breaks", traefik, "MAIF%0AAA==", malformed},
		{"a comma first", traefik, "," + base64, malformed},
		{"with its lines", traefik, asPEM(mine), malformed},
	} {
		t.Run(string(tt.encoding)+"/"+tt.name, func(t *testing.T) {
			var seen []protector.Decision
			guard := forwardedTo(t, byCertificate(thumbprint(mine)), tt.encoding, "X-Client-Cert", loopback, &seen)
			a := get(t, serve(t, guard.Require()(says("in"))), "/", "Authorization: Bearer x", "X-Client-Cert: "+tt.text)
			require.Equal(t, tt.reason, seen[0].Reason, "%v", seen[0].Err)
			require.Equal(t, map[bool]int{true: 200, false: 401}[tt.reason == good], a.status)
		})
	}
}

// Fields that a proxy has spoiled are refused whatever the token: it is the proxy that
// needs mending, and the log says how.
func TestForwardedToTokensThatAreNotBound(t *testing.T) {
	var seen []protector.Decision
	guard := forwardedTo(t, &bound{token: token{user: "bob"}}, "", "", loopback, &seen)
	server := serve(t, guard.Require()(says("in")))
	require.Equal(t, 200, get(t, server, "/", "Authorization: Bearer x").status)
	require.Equal(t, http.StatusUnauthorized,
		get(t, server, "/", "Authorization: Bearer x", "Client-Cert: :MAA=:", "Client-Cert: :MAA=:").status)
	require.ErrorContains(t, seen[1].Err, "replace what the client has sent")
}

// What strangers send stays in memory up to a bound, however many certificates they
// make, and however long these are.
func TestRememberedCertificatesAreBounded(t *testing.T) {
	proof := protector.MutualTLS(protector.MutualTLSConfig{
		Proxies: loopback, Encoding: protector.CertificateDER, Header: "X-Client-Cert",
	})
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = "127.0.0.1:80"
	inUse := func() int64 {
		var stats runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&stats)
		return int64(stats.HeapAlloc)
	}
	before := inUse()
	for _, size := range []int{3_000, 20_000} { // as base64, 4,000 and 27,000
		der := append([]byte{0x30, 0x82, byte((size - 4) >> 8), byte(size - 4)}, make([]byte, size-4)...)
		for i := range 1_500 {
			binary.BigEndian.PutUint32(der[size-4:], uint32(i))
			r.Header.Set("X-Client-Cert", asDER(der))
			found, err := proof.Evidence(r)
			require.NoError(t, err)
			require.Equal(t, thumbprint(der), found)
		}
	}
	r.Header.Del("X-Client-Cert")
	require.Less(t, inUse()-before, int64(6<<20))
	runtime.KeepAlive(proof)
}
