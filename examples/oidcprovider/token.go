package oidcprovider

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

var client = &http.Client{Timeout: 30 * time.Second}

// Token gets an access token for a resource by the client credentials grant
// (RFC 6749 §4.4). Scope is a list separated by spaces, or empty. An empty
// resource gives an opaque token without an audience.
func (p *Provider) Token(ctx context.Context, resource, scope string) (string, error) {
	return p.app(client).token(ctx, resource, scope)
}

// ProvedToken gets a token as Token does, by an HTTP client that adds a proof of
// possession to its requests (RFC 9449 §5). The token is bound to the proof's key. The
// provider demands a nonce in it, and gives that with the first answer.
func (p *Provider) ProvedToken(ctx context.Context, proving *http.Client, resource, scope string) (string, error) {
	return p.app(proving).token(ctx, resource, scope)
}

// CertifiedToken gets a token as Token does, by an HTTP client that trusts the
// provider and presents a certificate (RFC 8705 §3), and no proof. The token is bound
// to the certificate.
func (p *Provider) CertifiedToken(
	ctx context.Context, presenting *http.Client, resource, scope string,
) (string, error) {
	caller := caller{presenting, p.MutualTLS, p.CertifiedClientID, p.CertifiedClientSecret}
	return caller.token(ctx, resource, scope)
}

func (c caller) token(ctx context.Context, resource, scope string) (string, error) {
	form := url.Values{"grant_type": {"client_credentials"}}
	if scope != "" {
		form.Set("scope", scope)
	}
	if resource != "" {
		form.Set("resource", resource)
	}
	body, err := c.post(ctx, "/token", form)
	if err != nil {
		return "", fmt.Errorf("get a token: %w", err)
	}
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", fmt.Errorf("get a token: %w", err)
	}
	return answer.AccessToken, nil
}

// Revoke withdraws an opaque token (RFC 7009). A JWT cannot be withdrawn here.
func (p *Provider) Revoke(ctx context.Context, token string) error {
	if _, err := p.app(client).post(ctx, "/token/revocation", url.Values{"token": {token}}); err != nil {
		return fmt.Errorf("revoke a token: %w", err)
	}
	return nil
}

// IntrospectionURL is where the provider answers about opaque tokens (RFC 7662).
func (p *Provider) IntrospectionURL() string { return p.Issuer + "/token/introspection" }

// caller is a client of the provider, and how it gets there.
type caller struct {
	http       *http.Client
	origin     string
	id, secret string
}

func (p *Provider) app(client *http.Client) caller {
	return caller{client, p.Issuer, p.ClientID, p.ClientSecret}
}

func (c caller) post(ctx context.Context, path string, form url.Values) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.origin+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(url.QueryEscape(c.id), url.QueryEscape(c.secret)) // RFC 6749 §2.3.1
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", response.Status, body)
	}
	return body, nil
}
