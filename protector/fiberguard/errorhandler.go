package fiberguard

import (
	"errors"
	"net/http"

	"github.com/gofiber/fiber/v3"

	"example.com/resourceserver/protector"
)

// ErrorHandler is for Config.ErrorHandler of a protector whose refusals are to be
// answered as fiber answers: by c.JSON, or by the error that answer returns, which
// goes to the ErrorHandler of the application.
//
//	guard, err := protector.New(protector.Config{
//		…
//		ErrorHandler: fiberguard.ErrorHandler(func(_ fiber.Ctx, e *protector.Error) error { return e }),
//	})
//
// The status and every header field of the protocol are set when answer is called,
// and there is no current token. An error that is or wraps e is a *fiber.Error with
// e.Status too, and its text is e.Description, since fiber's own handler sends it to
// the client. The handlers behind the guard are not called, unless answer calls
// c.Next itself. In front of handlers that are not fiber's, the same guard answers
// with the status, the fields and no body.
func ErrorHandler(
	answer func(c fiber.Ctx, e *protector.Error) error,
) func(http.ResponseWriter, *http.Request, *protector.Error) {
	if answer == nil {
		panic("fiberguard: ErrorHandler was given a nil function: pass one, or leave Config.ErrorHandler out")
	}
	return func(w http.ResponseWriter, r *http.Request, e *protector.Error) {
		b := bridgeOf(w)
		if b == nil {
			return
		}
		b.begin(e.Status)
		b.c.SetContext(r.Context())
		b.err = withStatus(answer(b.c, e))
	}
}

// refusal is an error that tells fiber its status, and clients no more than they may
// know.
type refusal struct{ cause, status error }

func (e *refusal) Error() string { return e.status.Error() }

func (e *refusal) Unwrap() []error { return []error{e.status, e.cause} }

func withStatus(err error) error {
	if _, ok := errors.AsType[*fiber.Error](err); ok {
		return err
	}
	if e, ok := errors.AsType[*protector.Error](err); ok {
		return &refusal{err, fiber.NewError(e.Status, e.Description)}
	}
	return err
}
