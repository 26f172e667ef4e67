package introspection

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// Credentials is how this resource server authenticates to the introspection
// endpoint (RFC 7662 §2.1). The secrets live in a closure, so that printing a
// Config shows none of them. The zero value is no credentials, which New
// refuses.
type Credentials struct {
	authenticate func(ctx context.Context, header http.Header, form url.Values) error
	err          error
}

func (c Credentials) fault() error {
	switch {
	case c.err != nil:
		return fault("Credentials", c.err.Error())
	case c.authenticate == nil:
		return fault("Credentials", "is not set: use ClientSecretBasic, ClientSecretPost, BearerToken or PrivateKeyJWT")
	}
	return nil
}

// ClientSecretBasic authenticates with a client id and secret in the
// Authorization header, each form-urlencoded first as RFC 6749 §2.3.1 asks.
// Servers must support it, and it is the one to choose where in doubt.
func ClientSecretBasic(clientID, secret string) Credentials {
	if err := secretFault(clientID, secret); err != nil {
		return Credentials{err: err}
	}
	return Credentials{authenticate: func(_ context.Context, header http.Header, _ url.Values) error {
		request := http.Request{Header: header}
		request.SetBasicAuth(url.QueryEscape(clientID), url.QueryEscape(secret))
		return nil
	}}
}

// ClientSecretPost authenticates with a client id and secret in the form (RFC
// 6749 §2.3.1), for servers that do not take them in the header.
func ClientSecretPost(clientID, secret string) Credentials {
	if err := secretFault(clientID, secret); err != nil {
		return Credentials{err: err}
	}
	return Credentials{authenticate: func(_ context.Context, _ http.Header, form url.Values) error {
		form.Set("client_id", clientID)
		form.Set("client_secret", secret)
		return nil
	}}
}

func secretFault(clientID, secret string) error {
	if clientID == "" || secret == "" {
		return errors.New("has an empty client id or secret: set both")
	}
	return nil
}

// BearerToken authenticates with an access token of this resource server's own
// (RFC 7662 §2.1). The source is asked before each call, from several
// goroutines at a time, and does its own caching; its context ends with the
// call's time limit. Its error makes the endpoint unavailable.
func BearerToken(source func(context.Context) (string, error)) Credentials {
	if source == nil {
		return Credentials{err: errors.New("has a nil token source: give BearerToken a function")}
	}
	return Credentials{authenticate: func(ctx context.Context, header http.Header, _ url.Values) error {
		token, err := source(ctx)
		if err != nil {
			return err
		}
		if !isB64Token(token) {
			return errors.New("the source's token is not a bearer token")
		}
		header.Set("Authorization", "Bearer "+token)
		return nil
	}}
}
