package grpcguard

import (
	"context"

	"google.golang.org/grpc/metadata"
)

// answeredKey is for the metadata that interceptors further out have set.
type answeredKey struct{}

// answering returns what of the metadata of an answer nobody further out has set, and a
// context that says so further in. grpc adds to a header and replaces nothing there, and
// of a field such as dpop-nonce there must be one.
func answering(ctx context.Context, header metadata.MD) (context.Context, metadata.MD) {
	answered, _ := ctx.Value(answeredKey{}).(metadata.MD)
	for name := range answered {
		delete(header, name)
	}
	if len(header) == 0 {
		return ctx, nil
	}
	return context.WithValue(ctx, answeredKey{}, metadata.Join(answered, header)), header
}
