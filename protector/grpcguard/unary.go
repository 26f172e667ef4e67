package grpcguard

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"example.com/resourceserver/protector/internal/procedures"
)

// Unary is a [grpc.UnaryServerInterceptor]. The handler of a call that is refused is
// not called.
func (i *Interceptors) Unary(
	ctx context.Context, message any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
) (any, error) {
	entry := i.table.For(info.FullMethod)
	if entry.Rule == nil {
		return handler(ctx, message)
	}
	if entry.Limited {
		var end context.CancelFunc
		ctx, end = ending(ctx)
		defer end()
	}
	admitted, header, err := i.admit(ctx, entry, info.FullMethod)
	if err != nil {
		refused := i.refusal(err)
		grpc.SetTrailer(ctx, refused.trailer)
		return nil, refused.Err()
	}
	if len(header) > 0 {
		grpc.SetHeader(ctx, header) // fails if somebody further out has sent it: too late for anybody
	}
	answer, err := handler(admitted, message)
	if err != nil && entry.Limited {
		if ended := i.ended(admitted); ended != nil {
			grpc.SetTrailer(ctx, ended.trailer)
			return nil, ended.Err()
		}
	}
	return answer, err
}

// admit returns the context for the handler, with the token in it, and metadata for
// the header of the answer.
func (i *Interceptors) admit(
	ctx context.Context, entry *procedures.Entry, method string,
) (context.Context, metadata.MD, error) {
	r, err := i.guard.Check(requestOf(ctx, entry.Pattern, method), entry.Rule)
	if err != nil {
		return nil, nil, err
	}
	admitted, header := answering(r.Context(), metadataOf(entry.Rule.AnswerHeader(r)))
	return admitted, header, nil
}

// ended returns what to tell the client of a call whose token has ended, or nil if it
// has not.
func (i *Interceptors) ended(ctx context.Context) *refusal {
	if cause := procedures.Ended(ctx); cause != nil {
		return i.refusal(cause)
	}
	return nil
}
