package jwks

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
)

// OpenSnapshotBy puts another way to open the snapshot file in place, such as a disk that hangs.
func OpenSnapshotBy(r *Remote, open func(name string) (*os.File, error)) {
	r.flights.snapshot.open = open
}

// Trusting is a transport like that of every Remote, but for the authorities that it trusts.
func Trusting(roots *x509.CertPool) http.RoundTripper {
	return newTransport(&tls.Config{RootCAs: roots})
}
