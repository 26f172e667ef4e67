package grpcguard

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// Stream is a [grpc.StreamServerInterceptor]. It decides before the first message
// is read; the handler of a call that is refused is not called.
func (i *Interceptors) Stream(
	service any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler,
) error {
	entry := i.table.For(info.FullMethod)
	if entry.Rule == nil {
		return handler(service, ss)
	}
	ctx := ss.Context()
	if entry.Limited {
		var end context.CancelFunc
		ctx, end = ending(ctx)
		defer end()
	}
	admitted, header, err := i.admit(ctx, entry, info.FullMethod)
	if err != nil {
		refused := i.refusal(err)
		ss.SetTrailer(refused.trailer)
		return refused.Err()
	}
	if len(header) > 0 {
		ss.SetHeader(header) // fails if somebody further out has sent it: too late for anybody
	}
	if entry.Limited {
		return i.serveLimited(service, ss, admitted, handler)
	}
	return handler(service, &stream{ss, admitted})
}

// stream is a stream whose context has the token.
type stream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *stream) Context() context.Context { return s.ctx }

// serveLimited serves a stream that ends with its token, whatever the handler does.
func (i *Interceptors) serveLimited(
	service any, ss grpc.ServerStream, ctx context.Context, handler grpc.StreamHandler,
) error {
	s := &limitedStream{stream{ss, ctx}, i, transportOf(ctx)}
	stop := context.AfterFunc(ctx, s.end)
	defer stop()
	err := handler(service, s)
	if ended := i.ended(ctx); ended != nil {
		ss.SetTrailer(ended.trailer)
		return ended.Err()
	}
	return err
}

// limitedStream is a stream that may end before its handler does.
type limitedStream struct {
	stream
	interceptors *Interceptors
	transport    transport // nil: of an unknown make
}

// transport is what grpc's own servers have below a stream. A handler that waits for
// a message waits for the transport, and only that can wake it: by the status, after
// which everything else that is asked of the stream fails. The method is not part of
// what grpc promises. It is used because the alternative, [limitedStream.waitFor],
// is a goroutine for each stream.
type transport interface {
	SetTrailer(metadata.MD) error
	WriteStatus(*status.Status) error
}

// ending returns a context that ends with the call. That of grpc's own servers does.
func ending(ctx context.Context) (context.Context, context.CancelFunc) {
	if transportOf(ctx) != nil {
		return ctx, func() {}
	}
	return context.WithCancel(ctx)
}

func transportOf(ctx context.Context) transport {
	t, _ := grpc.ServerTransportStreamFromContext(ctx).(transport)
	return t
}

// end tells the client, and wakes the handler.
func (s *limitedStream) end() {
	ended := s.interceptors.ended(s.ctx)
	if ended == nil || s.transport == nil {
		return
	}
	s.transport.SetTrailer(ended.trailer)
	s.transport.WriteStatus(ended.Status)
}

// SendMsg sends nothing once the token has ended.
func (s *limitedStream) SendMsg(m any) error {
	return s.unlessEnded(s.ServerStream.SendMsg, m)
}

// RecvMsg returns nothing once the token has ended.
func (s *limitedStream) RecvMsg(m any) error {
	if s.transport == nil {
		return s.unlessEnded(s.waitFor, m)
	}
	return s.unlessEnded(s.ServerStream.RecvMsg, m)
}

// unlessEnded asks before and after, since the token may end meanwhile. What the
// transport says then is what it says of any stream that is over.
func (s *limitedStream) unlessEnded(do func(any) error, m any) error {
	if ended := s.interceptors.ended(s.ctx); ended != nil {
		return ended.Err()
	}
	err := do(m)
	if ended := s.interceptors.ended(s.ctx); ended != nil {
		return ended.Err()
	}
	return err
}

// waitFor waits for a message no longer than the token lasts. A message that comes
// later is written where nobody reads it any more.
func (s *limitedStream) waitFor(m any) error {
	received := make(chan error, 1)
	go func() { received <- s.ServerStream.RecvMsg(m) }()
	select {
	case err := <-received:
		return err
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}
