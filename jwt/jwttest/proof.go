package jwttest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	neturl "net/url"
	"time"
)

// Proof returns a proof of possession (RFC 9449 §4.2), the content of one DPoP
// field, for a request with this method, URL and access token. Its header is
//
//	{"typ": "dpop+jwt", "alg": "ES256", "jwk": {…}}
//
// and its claims are jti (unique), htm, htu (the URL without query and fragment),
// iat (now), ath (of the token; absent if it is "") and, where the host of the URL
// gave Transport a nonce, nonce.
//
// Options change one thing about a proof as they do about a token. Unpublished
// signs with another key than the one in jwk; Key is misuse, for there is but one.
func (c *Client) Proof(method, url, token string, opts ...TokenOption) string {
	c.helper()
	target, err := neturl.Parse(url)
	if err != nil || target.Scheme == "" || target.Host == "" {
		c.fail("Proof: URL %q is not absolute, such as https://api.example/profile", url)
		return ""
	}
	proof, err := c.proof(method, target, token, c.nonce(origin(target)), opts)
	if err != nil {
		c.fail("Proof: %v", err)
	}
	return proof
}

func (c *Client) proof(method string, u *neturl.URL, token, nonce string, opts []TokenOption) (string, error) {
	t := c.newProof(method, u, token, nonce)
	for _, opt := range opts {
		opt(t)
	}
	return t.compact(c.choose)
}

func (c *Client) newProof(method string, u *neturl.URL, accessToken, nonce string) *token {
	t := &token{now: time.Now()}
	t.header.set("typ", json.RawMessage(`"dpop+jwt"`))
	t.header.set("alg", nil) // a placeholder that keeps the usual order
	t.header.set("jwk", t.encode("jwk", c.jwk))
	t.set("jti", rand.Text())
	t.set("htm", method)
	t.set("htu", targetURI(u))
	t.set("iat", t.now)
	if accessToken != "" {
		hash := sha256.Sum256([]byte(accessToken))
		t.set("ath", encodeBase64(hash[:]))
	}
	if nonce != "" {
		t.set("nonce", nonce)
	}
	return t
}

// targetURI is what htu says: the target without query and fragment (RFC 9449
// §4.2), nor what the request does not send.
func targetURI(u *neturl.URL) string {
	target := *u
	target.User = nil
	target.RawQuery, target.ForceQuery = "", false
	target.Fragment, target.RawFragment = "", ""
	if target.Path == "" {
		target.Path = "/" // as it is sent (RFC 9112 §3.2.1)
	}
	return target.String()
}
