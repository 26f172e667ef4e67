package jwt

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"time"

	"example.com/resourceserver/jwt/internal/jws"
)

// decrypted returns the JWS inside a JWE (RFC 9068 §4).
func (v *Validator) decrypted(ctx context.Context, token string) (string, error) {
	if len(token) > v.maxTokenBytes {
		return "", refusal(jws.ErrTooLarge)
	}
	if !jws.IsEncrypted(token) {
		return "", invalid(ReasonNotEncrypted, "", "not a JWE, and Config.Decrypt is set")
	}
	text, err := v.decrypt(ctx, token)
	switch {
	case err == nil:
		return text, nil
	case ctx.Err() != nil || isOutage(err):
		return "", &undecidedError{"the token could not be decrypted", err}
	}
	return "", invalid(ReasonEncrypted, "", "decryption failed")
}

// isOutage reports whether an error of Config.Decrypt is about the way to a key, and
// not about the token.
//
// To take every error for an outage that does not say otherwise was rejected: the
// libraries that decrypt answer a token that is no good with plain errors, and with
// each of them anybody could make the service answer that it is out of order. So it
// is the outage that has to be recognized, by what the errors of the network, of
// HTTP clients and of key services have in common.
func isOutage(err error) bool {
	if stated, ok := errors.AsType[interface {
		error
		InvalidToken() bool
	}](err); ok {
		return !stated.InvalidToken()
	}
	return isCutOff(err) || isTransient(err) || hasStatusOfAnOutage(err)
}

// isCutOff finds the errors of a wait, a pipe or a file. A key file that cannot be
// opened says nothing about the token. io.ErrUnexpectedEOF is not among them: it is
// the end of an answer that was cut off, and also what parsers say of a token that
// ends too soon.
func isCutOff(err error) bool {
	for _, end := range []error{context.Canceled, context.DeadlineExceeded, io.ErrClosedPipe} {
		if errors.Is(err, end) {
			return true
		}
	}
	_, ok := errors.AsType[*fs.PathError](err)
	return ok
}

// isTransient finds the errors that are asked for that by their method: a net.Error
// and what wraps one, such as a *url.Error, whatever it answers, and the back-offs.
func isTransient(err error) bool {
	if _, ok := errors.AsType[interface {
		error
		Timeout() bool
		Temporary() bool
	}](err); ok {
		return true
	}
	if timed, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err); ok && timed.Timeout() {
		return true
	}
	_, ok := errors.AsType[interface {
		error
		RetryAfter() time.Duration
	}](err)
	return ok
}

// hasStatusOfAnOutage finds the HTTP status in an error of a key service. That it
// does not let this program in says as little about the token as that it is down.
func hasStatusOfAnOutage(err error) bool {
	code := 0
	if e, ok := errors.AsType[interface {
		error
		StatusCode() int
	}](err); ok {
		code = e.StatusCode()
	} else if e, ok := errors.AsType[interface {
		error
		HTTPStatusCode() int
	}](err); ok {
		code = e.HTTPStatusCode()
	} else if e, ok := errors.AsType[interface {
		error
		HTTPCode() int
	}](err); ok {
		code = e.HTTPCode()
	}
	switch code {
	case 401, 403, 407, 408, 425, 429:
		return true
	}
	return code >= 500
}
