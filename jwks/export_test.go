package jwks

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"time"
)

// OpenSnapshotBy puts another way to open the snapshot file in place, such as a disk that hangs.
func OpenSnapshotBy(r *Remote, open func(name string) (*os.File, error)) {
	r.flights.snapshot.open = open
}

// Trusting is a transport like that of every Remote, but for the authorities that it trusts, and that a connection may
// be idle for long: on a machine that is busy a test's may well be.
func Trusting(roots *x509.CertPool) http.RoundTripper {
	t := newTransport(&tls.Config{RootCAs: roots})
	t.http.IdleConnTimeout = time.Minute
	return t
}

// LookAgain is what a lookup does that did not find a key in the set of a moment ago.
func LookAgain(ctx context.Context, r *Remote, kid, alg string) ([]crypto.PublicKey, error) {
	return r.find(ctx, kid, alg)
}
