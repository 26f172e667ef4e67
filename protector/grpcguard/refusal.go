package grpcguard

import (
	"net/http"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"example.com/resourceserver/protector/internal/procedures"
)

// refusal is what the client is told.
type refusal struct {
	*status.Status
	trailer metadata.MD
}

func (i *Interceptors) refusal(err error) *refusal {
	r := procedures.RefusalOf(i.guard, err)
	s := status.New(codes.Code(r.Code), r.Message)
	if detailed, err := s.WithDetails(detailsOf(r)...); err == nil {
		s = detailed
	}
	return &refusal{s, metadataOf(r.Header)}
}

func detailsOf(r procedures.Refusal) []protoadapt.MessageV1 {
	details := []protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: r.Reason, Domain: procedures.Domain}}
	if r.RetryAfter > 0 {
		details = append(details, &errdetails.RetryInfo{RetryDelay: durationpb.New(r.RetryAfter)})
	}
	return details
}

// metadataOf returns the fields of an answer that mean something without HTTP: not
// what describes a body, speaks to caches or browsers, or is said by RetryInfo.
func metadataOf(header http.Header) metadata.MD {
	if len(header) == 0 {
		return nil
	}
	fields := make(metadata.MD)
	for name, values := range header {
		switch name {
		case "Content-Type", "X-Content-Type-Options", "Cache-Control", "Vary", "Access-Control-Expose-Headers",
			"Retry-After":
		default:
			fields[strings.ToLower(name)] = values
		}
	}
	return fields
}
