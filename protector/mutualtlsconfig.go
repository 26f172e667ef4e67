package protector

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
)

// MutualTLSConfig is what [MutualTLS] is built from. The zero value is for a service
// that ends TLS itself. The other fields are for one behind proxies that do.
//
// Such a proxy must set the header field, or remove it, in every request: one that
// adds to what the client has sent, or passes that on where there is no certificate,
// lets everybody present everybody's certificate. The request must be seen with the
// proxy's address as its [http.Request].RemoteAddr: a middleware or a listener that
// writes the client's there, as by the PROXY protocol, has to be left out.
type MutualTLSConfig struct {
	_ [0]func() // no unkeyed literals, no comparison

	// Proxies are the addresses that the proxies connect from. Of their requests,
	// the header field tells of the certificate and the connection does not; of all
	// others, the connection does and the header field does not. Whoever can
	// connect from one of these addresses is believed, so name the proxies alone:
	// blocks wider than 10.0.0.0/8 and fc00::/7 are refused, and so are link-local
	// IPv6 addresses, which every link has. Default: none.
	Proxies []netip.Prefix

	// Encoding is how the proxies write a certificate in the field. Default:
	// [CertificateRFC9440].
	Encoding CertificateEncoding

	// Header is the name of the field, in any case. Default: the one that the
	// encoding has. [CertificatePEM] and [CertificateDER] have none.
	Header string
}

// CertificateEncoding is how a proxy writes the client's certificate in a header
// field. A field that is there and empty means in each of them that there is no
// certificate. One that cannot be read, that is longer than 32 KiB or that speaks of
// more than one client is answered 401 invalid_token.
type CertificateEncoding string

// The encodings. The configurations are those that were tried, or documented.
const (
	// CertificateRFC9440 is the standard one, in the field Client-Cert: base64
	// between colons. A proxy that only has CertificateDER is taught it by
	//
	//	http-request set-header Client-Cert :%[ssl_c_der,base64]: if { ssl_c_used }   # HAProxy
	//	http-request del-header Client-Cert if !{ ssl_c_used }
	CertificateRFC9440 CertificateEncoding = "RFC 9440"

	// CertificateXFCC is that of Envoy and of meshes that are made of it, in the field
	// X-Forwarded-Client-Cert. Of its one element, the keys Hash and Cert are used,
	// of which one must be there, each at most once; if both are, they must agree.
	// Envoy always writes Hash, which is the thumbprint in other letters. It puts it
	// before whatever it copies from the certificate, so nobody can plant another. It
	// copies URI and DNS names without escaping: a client whose names hold a comma, a
	// semicolon or a quotation mark is refused, unless Envoy is told to leave them out.
	//
	//	forward_client_cert_details: SANITIZE_SET   # Envoy; with APPEND_FORWARD, clients add elements of their own
	CertificateXFCC CertificateEncoding = "XFCC"

	// CertificatePEM is that of nginx: PEM, URL-encoded.
	//
	//	ssl_verify_client optional_no_ca;                          # nginx
	//	proxy_set_header X-Client-Cert $ssl_client_escaped_cert;
	CertificatePEM CertificateEncoding = "PEM"

	// CertificateTraefik is that of Traefik's PassTLSClientCert with pem: true, in the
	// field X-Forwarded-Tls-Client-Cert: PEM without its first and last line, the
	// client's certificate before the others of its chain; URL-encoded by older
	// versions. Traefik leaves the field as it came if there is no certificate, so
	// forwardedHeaders.insecure must be off, and forwardedHeaders.trustedIPs empty.
	CertificateTraefik CertificateEncoding = "Traefik"

	// CertificateDER is that of HAProxy: DER in base64.
	//
	//	http-request set-header X-Client-Cert %[ssl_c_der,base64]   # HAProxy
	CertificateDER CertificateEncoding = "DER"
)

// build returns the proof, or what is wrong with the configuration.
func (c MutualTLSConfig) build() (*mutualTLS, []error) {
	m := &mutualTLS{presented: newThumbprints()}
	if len(c.Proxies) == 0 {
		return m, c.withoutProxies()
	}
	proxies, faults := c.proxies()
	header, read, err := c.field()
	if err != nil {
		faults = append(faults, err)
	}
	m.proxies, m.header = proxies, http.CanonicalHeaderKey(header)
	m.forwarded = forwardedCertificates{newThumbprints(), read}
	return m, faults
}

// withoutProxies finds settings that nobody would ask for: a program that believes
// in them waits for certificates in vain.
func (c MutualTLSConfig) withoutProxies() (faults []error) {
	if c.Encoding != "" {
		faults = append(faults, fmt.Errorf("MutualTLSConfig.Encoding is %q without Proxies: name them, or leave it out",
			c.Encoding))
	}
	if c.Header != "" {
		faults = append(faults, fmt.Errorf("MutualTLSConfig.Header is %q without Proxies: name them, or leave it out",
			c.Header))
	}
	return faults
}

func (c MutualTLSConfig) proxies() (proxies []netip.Prefix, faults []error) {
	for i, prefix := range c.Proxies {
		plain := unmapped(prefix)
		if remedy := proxyFault(plain); remedy != "" {
			faults = append(faults, fmt.Errorf("MutualTLSConfig.Proxies[%d] is %v: %s", i, prefix, remedy))
		}
		proxies = append(proxies, plain)
	}
	return proxies, faults
}

// unmapped writes a block of IPv4 addresses as such. One that is mapped and wider
// than all of IPv4 stays as it is, and is too wide.
func unmapped(prefix netip.Prefix) netip.Prefix {
	if !prefix.Addr().Is4In6() || prefix.Bits() < 96 {
		return prefix
	}
	return netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
}

// proxyFault returns how to mend a block of addresses, or nothing.
func proxyFault(prefix netip.Prefix) (remedy string) {
	widest := 7
	if prefix.Addr().Is4() {
		widest = 8
	}
	switch {
	case !prefix.IsValid():
		return "build it with netip.ParsePrefix, and check its error"
	case prefix.Bits() < widest || prefix.Addr().Is4In6(): // 0.0.0.0/0, and its halves one by one
		return "name the proxies alone, in blocks no wider than 10.0.0.0/8 or fc00::/7"
	case prefix.Addr().Is6() && prefix.Addr().IsLinkLocalUnicast():
		return "every link has these addresses, so name the proxy by another one"
	case prefix != prefix.Masked():
		one := netip.PrefixFrom(prefix.Addr(), prefix.Addr().BitLen())
		return fmt.Sprintf("write %v if you mean all of them, or %v for the one", prefix.Masked(), one)
	}
	return ""
}

// field returns the name of the header field, and who reads it.
func (c MutualTLSConfig) field() (name string, read certificateReader, _ error) {
	i := slices.IndexFunc(certificateEncodings, func(e certificateEncoding) bool { return e.is(c.Encoding) })
	if i < 0 {
		return "", nil, fmt.Errorf("MutualTLSConfig.Encoding is %q: use one of the Certificate constants", c.Encoding)
	}
	name = c.Header
	if name == "" {
		name = certificateEncodings[i].header
	}
	switch {
	case name == "":
		return "", nil, fmt.Errorf("MutualTLSConfig.Header is empty: name the field that the proxies set, "+
			"since the encoding %q has no usual one", c.Encoding)
	case !isToken(name):
		return "", nil, fmt.Errorf("MutualTLSConfig.Header is %q: use letters, digits and hyphens", name)
	}
	return name, certificateEncodings[i].read, nil
}

// faultyProof is what a configuration with faults makes: New refuses it, and whoever
// hides it from New has a proof that nobody passes.
type faultyProof []error

func (faultyProof) Confirms() string { return "x5t#S256" }

func (faultyProof) Params() []Param { return nil }

func (f faultyProof) Evidence(*http.Request) (string, error) {
	return "", errProgram(reasonBadProof, errors.Join(f...))
}

func (f faultyProof) Check(context.Context, Possession) (Proved, error) {
	return Proved{}, errProgram(reasonBadProof, errors.Join(f...))
}
