package introspection

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
)

// stage is how far a call has come.
type stage int32

const (
	stageCredentials stage = iota // our own are being got
	stageWaiting                  // for a connection, perhaps in the transport's queue
	stageConnecting               // one of its own is being made
	stageConnected                // from here on the token may have been sent
)

// progress follows one call. The transport reports from several goroutines, and
// perhaps after the call has ended.
type progress struct{ at atomic.Int32 }

func (p *progress) stage() stage    { return stage(p.at.Load()) }
func (p *progress) reached(s stage) { p.at.Store(int32(s)) }
func (p *progress) beganConnecting() {
	p.at.CompareAndSwap(int32(stageWaiting), int32(stageConnecting))
}

// beforeToken says whether the call is at a stage where no token can have had a
// part in what becomes of it. Waiting is none: other calls, and so other tokens,
// may hold the connections. A transport that does not report stays there.
func (p *progress) beforeToken() bool {
	s := p.stage()
	return s == stageCredentials || s == stageConnecting
}

// follow lets the transport report. alive is called when a new connection proves that
// the endpoint is there. That a kept connection is used again proves nothing until an
// answer comes over it.
func (p *progress) follow(ctx context.Context, alive func()) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn:           func(string) { p.reached(stageWaiting) }, // again, when the transport tries again
		DNSStart:          func(httptrace.DNSStartInfo) { p.beganConnecting() },
		ConnectStart:      func(string, string) { p.beganConnecting() },
		TLSHandshakeStart: p.beganConnecting,
		GotConn: func(info httptrace.GotConnInfo) {
			p.reached(stageConnected)
			if !info.Reused {
				alive()
			}
		},
	})
}
