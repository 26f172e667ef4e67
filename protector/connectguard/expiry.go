package connectguard

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"time"

	"connectrpc.com/connect"

	"example.com/resourceserver/protector/internal/procedures"
)

// grace is how long a handler may take to end when its token has.
const grace = 5 * time.Second

// limit wakes a handler that waits for its client when the token ends, or when the
// client has left. Whoever gets the function that it returns calls it when the handler
// has returned.
//
// A connection of HTTP/1 that was woken so is of no use for a further call, and is
// closed. That is for streams only: unary calls read their message, and wait for
// nothing more.
func (m *Middleware) limit(w http.ResponseWriter, r *http.Request) (stop func()) {
	if r.ProtoMajor < 2 {
		if !streams(r) {
			return func() {}
		}
		w.Header().Set("Connection", "close")
	}
	connection, woken := http.NewResponseController(w), make(chan struct{})
	forget := context.AfterFunc(r.Context(), func() {
		defer close(woken)
		if connection.SetReadDeadline(time.Unix(1, 0)) != nil { // nobody knows how, so the body must do
			r.Body.Close()
		}
		connection.SetWriteDeadline(time.Now().Add(grace))
	})
	return func() {
		if !forget() {
			<-woken // w is not to be used once the handler has returned
		}
	}
}

// streams reports whether the call may be one of a stream: in the protocols of gRPC,
// all look alike.
func streams(r *http.Request) bool {
	contentType := strings.ToLower(r.Header.Get("Content-Type"))
	return strings.HasPrefix(contentType, "application/connect+") || strings.HasPrefix(contentType, "application/grpc")
}

// ended returns what to tell the client of a call whose token has ended, or nil if it
// has not.
func (m *Middleware) ended(ctx context.Context) *procedures.Refusal {
	cause := procedures.Ended(ctx)
	if cause == nil {
		return nil
	}
	refusal := procedures.RefusalOf(m.guard, cause)
	return &refusal
}

// told is what replaces the error of a handler whose call has ended: with the
// challenges, where the protocol has a place for them once the header has gone out.
// That of gRPC has a trailer, see refuse.
func told(ended *procedures.Refusal, protocol string) *connect.Error {
	e := errorOf(*ended)
	if protocol != connect.ProtocolGRPC {
		metadata, _ := procedures.Split(ended.Header)
		maps.Copy(e.Meta(), metadata)
	}
	return e
}

// Interceptor tells clients why a call with UntilExpiry has ended. Give it to the
// handlers by connect.WithInterceptors, as the first one. It decides nothing: without
// [Middleware.Wrap] it does nothing.
func (m *Middleware) Interceptor() connect.Interceptor { return interceptor{m} }

type interceptor struct{ *Middleware }

// WrapUnary leaves an answer that comes all the same alone.
func (i interceptor) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, r connect.AnyRequest) (connect.AnyResponse, error) {
		answer, err := next(ctx, r)
		if err != nil {
			if ended := i.ended(ctx); ended != nil {
				return nil, told(ended, r.Peer().Protocol)
			}
		}
		return answer, err
	}
}

func (i interceptor) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return next
}

func (i interceptor) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return func(ctx context.Context, conn connect.StreamingHandlerConn) error {
		err := next(ctx, &limitedConn{conn, ctx, i.Middleware})
		if ended := i.ended(ctx); ended != nil {
			return told(ended, conn.Peer().Protocol)
		}
		return err
	}
}

// limitedConn passes nothing on once the token has ended.
type limitedConn struct {
	connect.StreamingHandlerConn
	ctx        context.Context
	middleware *Middleware
}

func (l *limitedConn) Receive(message any) error {
	return l.unlessEnded(l.StreamingHandlerConn.Receive, message)
}
func (l *limitedConn) Send(message any) error {
	return l.unlessEnded(l.StreamingHandlerConn.Send, message)
}

// unlessEnded asks before and after, since the token may end meanwhile.
func (l *limitedConn) unlessEnded(do func(any) error, message any) error {
	if ended := l.middleware.ended(l.ctx); ended != nil {
		return errorOf(*ended)
	}
	err := do(message)
	if ended := l.middleware.ended(l.ctx); ended != nil {
		return errorOf(*ended)
	}
	return err
}
