package jwks

import (
	"context"
	"io"
	"sync"
)

// maxRequests bounds the requests under way to one host. A thousand tenants of one
// issuer may ask for their keys at the same moment, and the host that they share
// should see a busy client and not an attack. It is what RFC 9113 §6.5.2 wants any
// connection of HTTP/2 to take at least, so that none turns a request away.
const maxRequests = 100

// hostQueues hold requests back until there is room at their host. Each host has a
// queue of its own: one that hangs is full, and takes nothing from the others. A host
// that is not asked anything costs nothing.
type hostQueues struct {
	mu     sync.Mutex
	byHost map[string]*hostQueue
}

// hostQueue is the queue in front of one host.
type hostQueue struct {
	underway chan struct{} // as many as there are
	users    int           // requests under way or waiting, guarded by hostQueues.mu
}

func newHostQueues() *hostQueues { return &hostQueues{byHost: make(map[string]*hostQueue)} }

// enter waits for room at the host until ctx ends, in the order of arrival. Who
// entered must leave, and may do so twice.
func (q *hostQueues) enter(ctx context.Context, host string) (leave func(), err error) {
	h := q.join(host)
	select {
	case h.underway <- struct{}{}:
		return sync.OnceFunc(func() {
			<-h.underway
			q.part(host, h)
		}), nil
	case <-ctx.Done():
		q.part(host, h)
		return nil, ctx.Err()
	}
}

func (q *hostQueues) join(host string) *hostQueue {
	q.mu.Lock()
	defer q.mu.Unlock()
	h := q.byHost[host]
	if h == nil {
		h = &hostQueue{underway: make(chan struct{}, maxRequests)}
		q.byHost[host] = h
	}
	h.users++
	return h
}

func (q *hostQueues) part(host string, h *hostQueue) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if h.users--; h.users == 0 {
		delete(q.byHost, host)
	}
}

// leavingBody leaves the queue when the answer was read.
type leavingBody struct {
	io.ReadCloser
	leave func()
}

func (b *leavingBody) Close() error {
	defer b.leave()
	return b.ReadCloser.Close()
}
