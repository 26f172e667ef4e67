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

// metadataOf returns the fields of an answer that mean something without HTTP.
func metadataOf(header http.Header) metadata.MD {
	fields, _ := procedures.Split(header)
	if len(fields) == 0 {
		return nil
	}
	md := make(metadata.MD, len(fields))
	for name, values := range fields {
		md[strings.ToLower(name)] = values
	}
	return md
}
