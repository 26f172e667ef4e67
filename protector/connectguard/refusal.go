package connectguard

import (
	"errors"
	"net/http"

	"connectrpc.com/connect"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	"example.com/resourceserver/protector/internal/procedures"
)

// refuse answers in the protocol of the client. The challenges are fields of the
// header in every protocol, and not of the error: that of gRPC would have them in a
// trailer, where HTTP does not let them be (RFC 9110 §6.5.1).
func (m *Middleware) refuse(w http.ResponseWriter, r *http.Request, err error) {
	if !m.writer.IsSupported(r) {
		m.guard.WriteError(w, r, err)
		return
	}
	refusal := procedures.RefusalOf(m.guard, err)
	metadata, web := procedures.Split(refusal.Header)
	set(w.Header(), metadata)
	set(w.Header(), web)
	m.writer.Write(w, r, errorOf(refusal)) // fails if the client is gone
}

// errorOf is a refusal as connect has it.
func errorOf(r procedures.Refusal) *connect.Error {
	e := connect.NewError(connect.Code(r.Code), errors.New(r.Message))
	details := []proto.Message{&errdetails.ErrorInfo{Reason: r.Reason, Domain: procedures.Domain}}
	if r.RetryAfter > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(r.RetryAfter)})
	}
	for _, detail := range details {
		if d, err := connect.NewErrorDetail(detail); err == nil {
			e.AddDetail(d)
		}
	}
	return e
}
