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
	form := url.Values{"grant_type": {"client_credentials"}}
	if scope != "" {
		form.Set("scope", scope)
	}
	if resource != "" {
		form.Set("resource", resource)
	}
	body, err := p.post(ctx, "/token", form)
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
	if _, err := p.post(ctx, "/token/revocation", url.Values{"token": {token}}); err != nil {
		return fmt.Errorf("revoke a token: %w", err)
	}
	return nil
}

// IntrospectionURL is where the provider answers about opaque tokens (RFC 7662).
func (p *Provider) IntrospectionURL() string { return p.Issuer + "/token/introspection" }

func (p *Provider) post(ctx context.Context, path string, form url.Values) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.Issuer+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(url.QueryEscape(p.ClientID), url.QueryEscape(p.ClientSecret)) // RFC 6749 §2.3.1
	response, err := client.Do(request)
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
