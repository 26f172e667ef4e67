// Package doctor looks at an issuer as the library does, and says what is good and bad about it, what the tokens need,
// and which Go code protects a service with them.
package doctor

import (
	"context"
	"crypto/x509"
	"errors"
	"net/http"
	"slices"
	"strings"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/protector/cmd/guard/internal/wiring"
)

// Config says what to look at.
type Config struct {
	Keys      jwks.Config // without HTTPClient
	Audiences []string
	Token     string // "" for none
}

// examination is one issuer being looked at.
type examination struct {
	Report
	config Config
	keys   *jwks.Remote
	wire   *wire
	status jwks.Status
}

// ConfigError is a fault of the Config.
type ConfigError struct{ error }

// Unwrap returns the fault, in the words of jwks or jwt.
func (e ConfigError) Unwrap() error { return e.error }

// Examine looks at the issuer, and at the token if there is one. A fault of the config is a ConfigError.
//
// Metadata that names the issuer a little differently, at the same origin, is looked at once more under that name:
// whoever made the mistake wants to know the rest, too. One of another origin is named and not followed, for anybody's
// server can say that it is somebody else.
func Examine(ctx context.Context, config Config) (Report, error) {
	e, err := fetch(ctx, config)
	if err != nil {
		return Report{}, err
	}
	e.checkMetadata()
	if named, ok := e.corrected(); ok {
		config.Keys.Issuer = named
		again, err := fetch(ctx, config)
		if err == nil {
			again.Checks, e = e.Checks, again
		}
	}
	e.Issuer = config.Keys.Issuer
	e.checkKeys()
	e.checkCache()
	e.checkClock()
	e.checkTLS()
	service := wiring.Service{
		Issuer: config.Keys.Issuer, URL: config.Keys.URL, File: config.Keys.File,
		DiscoveryURL: config.Keys.DiscoveryURL, PlainHTTP: config.Keys.InsecureAllowPlainHTTP,
		Encoding: encodings[config.Keys.Encoding], Audiences: config.Audiences,
	}
	if config.Token == "" {
		e.guessProfile(&service)
	} else if err := e.checkToken(ctx, &service); err != nil {
		return Report{}, ConfigError{err}
	}
	e.conclude()
	if e.status.State.Usable() {
		e.Go, err = wiring.File(service)
	}
	return e.Report, err
}

// encodings are the names of the constants in Go.
var encodings = map[jwks.Encoding]string{
	jwks.EncodingPEM: "jwks.EncodingPEM", jwks.EncodingCertificates: "jwks.EncodingCertificates",
}

// fetch asks the issuer as a service would with its first token.
func fetch(ctx context.Context, config Config) (*examination, error) {
	e := &examination{config: config, wire: newWire()}
	config.Keys.HTTPClient = &http.Client{Transport: e.wire}
	keys, err := jwks.NewRemote(config.Keys)
	if err != nil {
		return nil, ConfigError{err}
	}
	_ = keys.Refresh(ctx) // the status has its error
	e.keys, e.status = keys, keys.Status()
	return e, nil
}

// answered reports whether any server said anything.
func (e *examination) answered() bool {
	for _, x := range e.wire.exchanges() {
		if x.status != 0 {
			return true
		}
	}
	return false
}

// certificateFault returns why a server's certificate was not believed, or nil.
func (e *examination) certificateFault() error {
	for _, x := range e.wire.exchanges() {
		var unknown x509.UnknownAuthorityError
		var invalid x509.CertificateInvalidError
		var other x509.HostnameError
		if errors.As(x.err, &unknown) || errors.As(x.err, &invalid) || errors.As(x.err, &other) {
			return x.err
		}
	}
	return nil
}

// speaksOldTLS reports whether a server has no version of TLS that is taken. Package tls has no type for either error.
func (e *examination) speaksOldTLS() bool {
	return slices.ContainsFunc(e.wire.exchanges(), func(x exchange) bool {
		return x.err != nil && (strings.Contains(x.err.Error(), "tls: protocol version not supported") ||
			strings.Contains(x.err.Error(), "tls: server selected unsupported protocol version"))
	})
}

// fault is why the fetch failed, in the words of the library.
func (e *examination) fault() string {
	if e.status.LastError == nil {
		return "no answer"
	}
	return e.status.LastError.Error()
}

// keySetAnswer returns the last exchange for the key set.
func (e *examination) keySetAnswer() (found exchange, ok bool) {
	for _, x := range e.wire.exchanges() {
		if x.url == e.status.JWKSURL && x.status != 0 {
			found, ok = x, true
		}
	}
	return found, ok
}
