package introspection

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// Credentials is how this resource server authenticates to the introspection
// endpoint (RFC 7662 §2.1). The secrets live in closures, so that printing a
// Config shows none of them. The zero value is no credentials, which New
// refuses.
type Credentials struct {
	// Each may be nil, but not both. header is asked once for each call. form is
	// asked again when a question is sent again, as an assertion is good once.
	header func(ctx context.Context, header http.Header) error
	form   func(form url.Values) error

	remedy string // what may help if the endpoint refuses them, "" if nothing is known
	err    error
}

func (c Credentials) fault() error {
	switch {
	case c.err != nil:
		return fault("Credentials", c.err.Error())
	case c.header == nil && c.form == nil:
		return fault("Credentials", "is not set: use ClientSecretBasic, ClientSecretPost, BearerToken or PrivateKeyJWT")
	}
	return nil
}

// ClientSecretBasic authenticates with a client id and secret in the
// Authorization header, each form-urlencoded first as RFC 6749 §2.3.1 asks.
// Servers must support it, and it is the one to choose where in doubt.
func ClientSecretBasic(clientID, secret string) Credentials {
	id, password := url.QueryEscape(clientID), url.QueryEscape(secret)
	c := basic(id, password, secretFault(clientID, secret))
	if id != clientID || password != secret {
		c.remedy = "the client id or the secret holds characters that ClientSecretBasic encodes (RFC 6749 §2.3.1), " +
			"and some servers do not decode them: try ClientSecretBasicUnencoded"
	}
	return c
}

// ClientSecretBasicUnencoded authenticates as ClientSecretBasic does, with the
// client id and the secret as they are. It is for servers that do not decode what
// RFC 6749 §2.3.1 has clients encode; the two differ where the id or the secret
// holds other characters than letters, digits and "-._~". The id must not hold a
// colon, nor either of them a control character (RFC 7617 §2).
func ClientSecretBasicUnencoded(clientID, secret string) Credentials {
	err := secretFault(clientID, secret)
	if err == nil && (strings.Contains(clientID, ":") || hasControl(clientID) || hasControl(secret)) {
		err = errors.New("has a client id with a colon, or a control character, " +
			"which cannot be sent unencoded (RFC 7617 §2): use ClientSecretBasic")
	}
	c := basic(clientID, secret, err)
	if url.QueryEscape(clientID) != clientID || url.QueryEscape(secret) != secret {
		c.remedy = "the client id or the secret holds characters that RFC 6749 §2.3.1 has clients encode: " +
			"try ClientSecretBasic"
	}
	return c
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func basic(user, password string, err error) Credentials {
	if err != nil {
		return Credentials{err: err}
	}
	return Credentials{header: func(_ context.Context, header http.Header) error {
		request := http.Request{Header: header}
		request.SetBasicAuth(user, password)
		return nil
	}}
}

// ClientSecretPost authenticates with a client id and secret in the form (RFC
// 6749 §2.3.1), for servers that do not take them in the header.
func ClientSecretPost(clientID, secret string) Credentials {
	if err := secretFault(clientID, secret); err != nil {
		return Credentials{err: err}
	}
	return Credentials{form: func(form url.Values) error {
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
// call's time limit, and the call is given up then, whatever the source does.
// Its error makes the endpoint unavailable.
func BearerToken(source func(context.Context) (string, error)) Credentials {
	if source == nil {
		return Credentials{err: errors.New("has a nil token source: give BearerToken a function")}
	}
	return Credentials{header: func(ctx context.Context, header http.Header) error {
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
