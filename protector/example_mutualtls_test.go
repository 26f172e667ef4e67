package protector_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"

	"example.com/resourceserver/protector"
)

// boundToken is a token that is good with one certificate only.
type boundToken struct {
	accessToken
	Certificate []byte // SHA-256
}

func (t *boundToken) Confirmation() map[string]string {
	return map[string]string{"x5t#S256": base64.RawURLEncoding.EncodeToString(t.Certificate)}
}

// A token that is bound to a certificate, and clients with it and without. The server
// asks for certificates, and leaves it to the token which is the right one.
func ExampleMutualTLS() {
	token := &boundToken{accessToken: accessToken{User: "alice"}}
	validator := protector.Bearer(func(context.Context, string) (*boundToken, error) { return token, nil })
	guard, err := protector.New(protector.Config{Validators: []protector.Validator{
		validator.Proving(protector.MutualTLS(protector.MutualTLSConfig{})),
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewUnstartedServer(guard.Require()(http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") })))
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	defer server.Close()

	certificate := server.TLS.Certificates[0] // any will do: the client here has the same
	hash := sha256.Sum256(certificate.Certificate[0])
	token.Certificate = hash[:]
	for _, certificates := range [][]tls.Certificate{{certificate}, nil} {
		transport := server.Client().Transport.(*http.Transport).Clone()
		transport.TLSClientConfig.Certificates = certificates
		r, _ := http.NewRequest(http.MethodGet, server.URL, nil)
		r.Header.Set("Authorization", "Bearer alice-token")
		answer, err := transport.RoundTrip(r)
		if err != nil {
			fmt.Println(err)
			return
		}
		answer.Body.Close()
		transport.CloseIdleConnections()
		fmt.Println(answer.StatusCode)
	}
	// Output:
	// 200
	// 401
}

// Behind nginx, which is configured with
//
//	ssl_verify_client optional_no_ca;
//	proxy_set_header X-Client-Cert $ssl_client_escaped_cert;
func ExampleMutualTLSConfig() {
	proof := protector.MutualTLS(protector.MutualTLSConfig{
		Proxies:  []netip.Prefix{netip.MustParsePrefix("10.0.0.7/32")},
		Encoding: protector.CertificatePEM,
		Header:   "X-Client-Cert",
	})
	_, err := protector.New(protector.Config{Validators: []protector.Validator{
		protector.Bearer(lookup).Proving(proof),
	}})
	fmt.Println(err)

	// A field of unnamed proxies would be anybody's.
	_, err = protector.New(protector.Config{Validators: []protector.Validator{
		protector.Bearer(lookup).Proving(protector.MutualTLS(protector.MutualTLSConfig{Header: "X-Client-Cert"})),
	}})
	fmt.Println(err != nil)
	// Output:
	// <nil>
	// true
}
