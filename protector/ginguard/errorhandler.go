package ginguard

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"example.com/resourceserver/protector"
)

// ErrorHandler is for Config.ErrorHandler of a protector whose refusals are to be
// answered as gin answers: by c.JSON, or by c.Error and a middleware further out.
//
//	guard, err := protector.New(protector.Config{
//		…
//		ErrorHandler: ginguard.ErrorHandler(func(c *gin.Context, e *protector.Error) {
//			c.JSON(e.Status, problem{e.Status, e.Description})
//		}),
//	})
//
// The status and every header field of the protocol are set when answer is called,
// and there is no current token. The handlers behind the guard are not called,
// whatever it does, nor those behind a handler that calls WriteError. In front of
// handlers that are not gin's, the same guard answers with the status, the fields
// and no body.
func ErrorHandler(
	answer func(c *gin.Context, e *protector.Error),
) func(http.ResponseWriter, *http.Request, *protector.Error) {
	if answer == nil {
		panic("ginguard: ErrorHandler was given a nil function: pass one, or leave Config.ErrorHandler out")
	}
	return func(w http.ResponseWriter, r *http.Request, e *protector.Error) {
		b := bridgeOf(w)
		if b == nil {
			return
		}
		b.WriteHeader(e.Status)
		b.asked = true
		b.c.Request, b.c.Writer = r, b.ResponseWriter
		b.c.Abort() // before answer, which may call c.Next as middleware does
		answer(b.c, e)
	}
}
