package jwttest

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Transport sends what base sends, with what the client can prove. A request gets a
// proof as its DPoP field, except if it carries a bearer token, or has that field
// already: a nil one keeps it from being sent. The proof is for the token that
// Authorization carries under the scheme DPoP, and without ath where there is none,
// as authorization servers expect it (RFC 9449 §5). The options apply to each proof.
//
// A nonce is remembered for the origin that gave it (RFC 9449 §8.2), whatever was
// asked. A request that got its proof here and was refused for want of a nonce is
// sent once more, if it has no body or a GetBody.
//
// If base is an *http.Transport, a copy of it is used, which presents Certificate to
// any server that asks for one. A nil base is a transport that uses no proxy. The
// transport that httptest.Server.Client has also sends there what is for
// https://example.com and the hosts below it: a service can so be given its public
// origin, such as https://api.example.com, before its server is started.
func (c *Client) Transport(base http.RoundTripper, opts ...TokenOption) http.RoundTripper {
	if base == nil {
		base = &http.Transport{ForceAttemptHTTP2: true}
	}
	if transport, ok := base.(*http.Transport); ok {
		base = c.presenting(transport.Clone())
	}
	return &provingTransport{client: c, base: base, opts: opts}
}

// presenting makes transport present the certificate, whichever authorities the
// server says that it trusts.
func (c *Client) presenting(transport *http.Transport) *http.Transport {
	if transport.TLSClientConfig == nil {
		transport.TLSClientConfig = &tls.Config{}
	}
	transport.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		return &c.certificate, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.transports = append(c.transports, transport)
	return transport
}

type provingTransport struct {
	client *Client
	base   http.RoundTripper
	opts   []TokenOption
}

// RoundTrip implements http.RoundTripper.
func (t *provingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	nonce := t.client.nonce(origin(r.URL))
	response, err := t.send(r, r.Body, nonce)
	if err != nil || !t.client.learn(r, response, nonce) || !wantsProof(r) || !repeatable(r) {
		return response, err
	}
	io.CopyN(io.Discard, response.Body, 64<<10) // the connection can be used again
	response.Body.Close()
	body := r.Body
	if r.GetBody != nil {
		if body, err = r.GetBody(); err != nil {
			return nil, err
		}
	}
	nonce = t.client.nonce(origin(r.URL))
	response, err = t.send(r, body, nonce)
	if err == nil {
		t.client.learn(r, response, nonce)
	}
	return response, err
}

// send sends a copy of r with a proof: a RoundTripper leaves its request alone.
func (t *provingTransport) send(r *http.Request, body io.ReadCloser, nonce string) (*http.Response, error) {
	if !wantsProof(r) {
		return t.base.RoundTrip(r)
	}
	proof, err := t.client.proof(r.Method, r.URL, credential(r, "DPoP"), nonce, t.opts)
	if err != nil {
		if body != nil {
			body.Close()
		}
		return nil, fmt.Errorf("jwttest: proof: %w", err)
	}
	r = r.Clone(r.Context())
	r.Body = body
	r.Header.Set("DPoP", proof)
	return t.base.RoundTrip(r)
}

func wantsProof(r *http.Request) bool {
	_, given := r.Header["Dpop"]
	return !given && credential(r, "Bearer") == ""
}

// credential returns what Authorization carries under the scheme, or "".
func credential(r *http.Request, scheme string) string {
	name, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(name, scheme) {
		return ""
	}
	return strings.TrimLeft(value, " ")
}

func repeatable(r *http.Request) bool {
	return r.Body == nil || r.Body == http.NoBody || r.GetBody != nil
}

// learn remembers the nonce of an answer, and reports whether the answer demands
// another than was used. An API says so in its challenge (RFC 9449 §9), an
// authorization server in the body of a 400 (RFC 9449 §8), which is left unread: the
// nonce tells enough. That of an API's 400 is the next one, and no demand: what the
// handler has refused must not come twice.
func (c *Client) learn(r *http.Request, response *http.Response, used string) bool {
	nonce := response.Header.Get("DPoP-Nonce")
	if nonce == "" {
		return false
	}
	c.mu.Lock()
	c.nonces[origin(r.URL)] = nonce
	c.mu.Unlock()
	switch response.StatusCode {
	case http.StatusBadRequest:
		return nonce != used && credential(r, "DPoP") == ""
	case http.StatusUnauthorized:
		challenges := strings.Join(response.Header.Values("WWW-Authenticate"), ", ")
		return nonce != used && strings.Contains(challenges, "use_dpop_nonce")
	}
	return false
}

func (c *Client) nonce(origin string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.nonces[origin]
}
