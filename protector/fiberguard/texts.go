package fiberguard

import (
	"net"
	"net/netip"
	"strings"
)

// texts are copies of what fasthttp will write over. Those that fit share one piece of
// memory. It is small, so that whoever keeps one of them, as caches keep tokens, keeps
// little else: a longer one has memory of its own.
type texts struct{ strings.Builder }

// sharedText is how many bytes are shared: an ordinary target, host and address, and
// short fields.
const sharedText = 128

func (t *texts) copy(b []byte) string {
	if len(b) > t.Cap()-t.Len() {
		return string(b)
	}
	start := t.Len()
	t.Write(b)
	return t.String()[start:]
}

// address returns what net/http's server has for RemoteAddr: addr.String().
func (t *texts) address(addr net.Addr) string {
	if tcp, ok := addr.(*net.TCPAddr); ok {
		// What String makes of a TCP address, without its three allocations.
		if at := tcp.AddrPort(); at.IsValid() {
			var room [64]byte
			return t.copy(netip.AddrPortFrom(at.Addr().Unmap(), at.Port()).AppendTo(room[:0]))
		}
	}
	return addr.String()
}
