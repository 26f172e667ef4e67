package echoguard

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v5"

	"example.com/resourceserver/protector"
)

// ErrorHandler is for Config.ErrorHandler of a protector whose refusals are to be
// answered as echo answers: by c.JSON, or by the error that answer returns, which
// goes to the HTTPErrorHandler of the application.
//
//	guard, err := protector.New(protector.Config{
//		…
//		ErrorHandler: echoguard.ErrorHandler(func(_ *echo.Context, e *protector.Error) error { return e }),
//	})
//
// Every header field of the protocol is set when answer is called, and there is no
// current token. An error that is or wraps e has e.Status for echo. An answer that
// writes nothing and returns nil has that status too. The handlers behind the guard
// are not called, whatever it does. In front of handlers that are not echo's, and for
// one of echo's that calls WriteError, the same guard answers with the status, the
// fields and no body.
func ErrorHandler(
	answer func(c *echo.Context, e *protector.Error) error,
) func(http.ResponseWriter, *http.Request, *protector.Error) {
	if answer == nil {
		panic("echoguard: ErrorHandler was given a nil function: pass one, or leave Config.ErrorHandler out")
	}
	return func(w http.ResponseWriter, r *http.Request, e *protector.Error) {
		b := bridgeOf(w)
		if b == nil || b.passed { // what a handler returns is for echo, whatever it has called
			return
		}
		b.asked = true
		b.c.SetRequest(r)
		b.err = withStatus(answer(b.c, e))
	}
}

// refusal is an error that tells echo its status.
type refusal struct {
	error
	status int
}

func (e *refusal) StatusCode() int { return e.status }

func (e *refusal) Unwrap() error { return e.error }

func withStatus(err error) error {
	if echo.StatusCode(err) != 0 {
		return err
	}
	if e, ok := errors.AsType[*protector.Error](err); ok {
		return &refusal{err, e.Status}
	}
	return err
}
