package oidcprovider

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"time"
)

// Transport returns a transport that trusts the provider's certificate. It is the
// caller's own, to add a client certificate to.
func (p *Provider) Transport() *http.Transport {
	roots := x509.NewCertPool()
	roots.AddCert(p.certificate)
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
}

// newCertificate makes the provider's certificate, and the environment that hands
// it over: Node makes keys, but no certificates.
func newCertificate() (certificate *x509.Certificate, environment []string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	certificate, err = x509.ParseCertificate(der)
	return certificate, []string{
		"TLS_CERTIFICATE=" + string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		"TLS_KEY=" + string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
	}, err
}
