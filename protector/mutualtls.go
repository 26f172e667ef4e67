package protector

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	"net/http"
	"net/netip"
)

// mutualTLS confirms x5t#S256: that the request came over a connection whose client
// holds the key of the certificate that the token is bound to (RFC 8705 §3).
type mutualTLS struct {
	presented thumbprints // of certificates that clients of this server have presented
	proxies   []netip.Prefix
	header    string // in canonical form
	forwarded forwardedCertificates
}

// MutualTLS is a [Proof] for tokens that are bound to the client's certificate
// (RFC 8705 §3): the member x5t#S256 of their confirmation is its thumbprint.
//
//	protector.Bearer(tokens.Validate).Proving(protector.MutualTLS(protector.MutualTLSConfig{}))
//
// The certificate is the first one that the client has presented in its TLS
// handshake, where it has proved that it holds the key. No chain is built and no
// authority asked: the token names the very certificate, so one that its client
// has signed itself is as good as any. For the same reason its dates are not
// looked at: the token ends by its own.
//
// The server has to ask for certificates, and need not judge them: set
// [tls.Config].ClientAuth to [tls.RequestClientCert], or to something stricter. A
// resumed session has the certificate of the first one. What comes as early data,
// before the handshake is complete, proves nothing: such a request counts as one
// without certificate.
//
// Where a proxy ends TLS, it tells of the certificate in a header field: see
// [MutualTLSConfig].
//
// Tokens that are not bound to a certificate pass; without a certificate, or with
// another, a bound one is answered 401 invalid_token. So is any token that comes with a
// certificate of more than 16 KiB. A JWT validator lets bound
// tokens through if its Config.Confirmations has "x5t#S256". Behind [DPoP], a token
// with both bindings needs both proofs:
//
//	protector.DPoP(tokens.Validate, proofs).Proving(protector.MutualTLS(protector.MutualTLSConfig{}))
//
// Faults of the configuration are reported by [New]. Thumbprints are remembered with
// what they were read from, so that a connection's certificate is not hashed for each
// of its requests: at most 1,024 of connections and as many of proxies, of up to 4 KiB
// each. A proof may be shared by validators, and by protectors.
func MutualTLS(config MutualTLSConfig) Proof {
	m, faults := config.build()
	if len(faults) > 0 {
		return faultyProof(faults)
	}
	return m
}

func (*mutualTLS) Confirms() string { return "x5t#S256" }

func (*mutualTLS) Params() []Param { return nil }

// Evidence returns the thumbprint of the client's certificate. A request has one
// source of it and no other: that of a named proxy the header field, since the
// connection's certificate is the proxy's own, and that of anybody else the
// connection, since anybody can write a header field.
func (m *mutualTLS) Evidence(r *http.Request) (string, error) {
	if !m.isProxy(r.RemoteAddr) {
		return m.ofConnection(r.TLS)
	}
	switch fields := r.Header[m.header]; len(fields) {
	case 0:
		return "", nil
	case 1:
		return m.forwarded.thumbprint(fields[0])
	}
	return "", severalCertificates("the header field is there more than once")
}

// isProxy reports whether the peer is one of the named proxies. An address with a
// zone is in no prefix, see [netip.Prefix.Contains].
func (m *mutualTLS) isProxy(peer string) bool {
	if len(m.proxies) == 0 {
		return false
	}
	address, err := netip.ParseAddrPort(peer)
	if err != nil { // a Unix socket, for example
		return false
	}
	ip := address.Addr().Unmap() // a listener for both versions writes IPv4 as IPv6
	for _, proxy := range m.proxies {
		if proxy.Contains(ip) {
			return true
		}
	}
	return false
}

// maxCertificate bounds what is hashed. Crypto/tls takes certificates of a quarter of a
// megabyte, which anybody can make, and to hash one for each request, before its token
// is looked at, would take longer than ten signatures.
const maxCertificate = 16 << 10

// ofConnection returns the thumbprint of what the client has presented, or nothing.
// A certificate without its bytes is none: all of those have one thumbprint.
func (m *mutualTLS) ofConnection(state *tls.ConnectionState) (string, error) {
	if state == nil || !state.HandshakeComplete || len(state.PeerCertificates) == 0 {
		return "", nil
	}
	der := state.PeerCertificates[0].Raw
	switch {
	case len(der) == 0:
		return "", nil
	case len(der) > maxCertificate:
		return "", certificateError(reasonCertificateTooLarge, "the client certificate is longer than 16 KiB")
	}
	cell := m.presented.ofBytes(der)
	thumbprint := find(cell, der)
	if thumbprint == "" {
		thumbprint = thumbprintOf(der)
		remember(cell, der, thumbprint)
	}
	return thumbprint, nil
}

// Check compares the thumbprints. That of a certificate is no secret; the time that
// a comparison takes is none the less nobody's business (RFC 8705 §3.1).
func (*mutualTLS) Check(_ context.Context, p Possession) (Proved, error) {
	switch {
	case !p.Bound:
		return Proved{}, nil
	case p.Evidence == "":
		return Proved{}, certificateError(reasonCertificateMissing, "the request came without a client certificate")
	case subtle.ConstantTimeCompare([]byte(p.Evidence), []byte(p.Confirmation)) != 1:
		return Proved{}, certificateError(reasonCertificateBinding, "the token is bound to another client certificate")
	}
	return Proved{}, nil
}
