package introspection

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// flight is one call and all who wait for it. It has its own time limit and
// belongs to none of them: whoever began it may leave.
//
// singleflight.Group does nearly this. It ends the process where the code of the
// caller panics, though, and lets everyone wait for ever where that code ends its
// goroutine.
type flight struct {
	key      cacheKey
	token    string
	asked    time.Time
	progress progress

	connections uint64 // guarded by the breaker

	began time.Time
	took  time.Duration // to be read after done

	once    sync.Once
	done    chan struct{} // closed at the end
	verdict verdict       // to be read after done
	err     *UnavailableError
}

// flights are the calls under way, and the bounds on them.
type flights struct {
	limit    int // calls under way
	reserved int // of these, for tokens that were active before

	mu         sync.Mutex
	byKey      map[cacheKey]*flight
	goroutines int // of calls under way, or given up and stuck: twice the limit at most
}

func newFlights(config Config) *flights {
	f := &flights{limit: config.MaxConcurrentCalls, byKey: make(map[cacheKey]*flight)}
	if config.PositiveTTL > 0 {
		f.reserved = f.limit / 4
	}
	return f
}

// share asks about a token, together with everyone else who is asking about it
// just now.
func (c *Client) share(ctx context.Context, key cacheKey, token string) (verdict, error) {
	if err := ctx.Err(); err != nil {
		return verdict{}, &UnavailableError{Failure: FailureAbandoned, err: err}
	}
	defer c.journal.write()
	f, err := c.join(key, token, c.config.Now())
	if err != nil {
		return verdict{}, err
	}
	select {
	case <-ctx.Done():
		return verdict{}, &UnavailableError{Failure: FailureAbandoned, err: ctx.Err()}
	case <-f.done:
	}
	if f.err != nil {
		failure := *f.err // shared: the caller gets one of its own
		return verdict{}, &failure
	}
	return f.verdict, nil
}

// join returns the flight about a token that is under way, or begins one if there
// is room and leave for it.
func (c *Client) join(key cacheKey, token string, asked time.Time) (*flight, error) {
	c.flights.mu.Lock()
	defer c.flights.mu.Unlock()
	if f := c.flights.byKey[key]; f != nil {
		return f, nil
	}
	f := &flight{key: key, token: token, asked: asked, began: time.Now(), done: make(chan struct{})}
	if v, ok := c.remembered(key, asked); ok { // by a flight that ended just before
		f.verdict = v
		close(f.done)
		return f, nil
	}
	if err := c.flights.room(c.active.holds(key)); err != nil {
		return nil, err
	}
	if wait, ok := c.breaker.admit(f, time.Now()); !ok {
		return nil, &UnavailableError{Failure: FailureSuspended, retryAfter: wait}
	}
	c.flights.byKey[key] = f
	c.flights.goroutines++
	c.begin(f)
	return f, nil
}

// room says whether one more call may begin. What nobody can tell from a good token
// can be invented, by the thousand, and each may be slow to be answered; what was
// good before cannot. So a part of the room is for those.
func (f *flights) room(known bool) error {
	limit := f.limit
	if !known {
		limit -= f.reserved
	}
	if len(f.byKey) < limit && f.goroutines < f.limit+limit {
		return nil
	}
	return &UnavailableError{Failure: FailureBusy}
}

// begin makes the call on a goroutine of its own, and gives it up at its time
// limit, whatever the code of the caller does there. The context is not derived
// from a requester's: no one's leaving may end the call for the others, nor may the
// values of one request (its trace, its user) be carried into what is done for all.
func (c *Client) begin(f *flight) {
	ctx, cancel := context.WithTimeout(context.Background(), c.config.Timeout)
	stop := context.AfterFunc(ctx, func() { c.finish(f, verdict{}, late(&f.progress)) })
	go func() {
		defer c.flights.leave()
		defer c.observe(f)
		defer cancel()
		defer stop()
		c.run(ctx, f)
	}()
}

// observe tells who watches, once everybody has the answer.
func (c *Client) observe(f *flight) {
	if c.config.OnCall == nil {
		return
	}
	defer func() { _ = recover() }() // a panic would end the process
	var failure Failure
	if f.err != nil {
		failure = f.err.Failure
	}
	c.config.OnCall(f.took, string(failure))
}

func (f *flights) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.goroutines--
}

// run makes the call and judges the answer. A panic of the caller's transport,
// token source, signer or clock would end the process from here, where in a handler
// it ends one request.
func (c *Client) run(ctx context.Context, f *flight) {
	var v verdict
	err := errGoexit // unless what follows returns, or panics
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
		}
		c.finish(f, v, err)
	}()
	v, err = c.ask(ctx, f)
}

func (c *Client) ask(ctx context.Context, f *flight) (verdict, error) {
	body, err := c.exchange(ctx, f)
	if err != nil {
		return verdict{}, err
	}
	return c.judge(body, c.config.Now())
}

// finish ends a flight, once: by its answer, by its failure or by its time limit.
func (c *Client) finish(f *flight, v verdict, err error) {
	f.once.Do(func() {
		f.took = time.Since(f.began)
		if err == nil {
			f.verdict = v
			c.remember(f.key, v, f.asked) // before the flight is gone: whoever misses it finds this
			c.learn(f)
		} else {
			f.err = unavailable(&f.progress, err)
			c.fail(f)
		}
		c.flights.mu.Lock()
		defer c.flights.mu.Unlock()
		delete(c.flights.byKey, f.key)
		close(f.done)
	})
}

// alive is told by the transport, before the flight ends, that the endpoint is there.
func (c *Client) alive() {
	if c.breaker.connected() {
		c.journal.noteRarely(slog.LevelInfo, "introspection: calls resumed")
	}
}

func (c *Client) fail(f *flight) {
	cause := slog.Any("error", f.err)
	switch {
	case f.err.Failure == FailureCredentialsRefused:
		c.journal.noteRarely(slog.LevelError, "introspection: the endpoint refuses our credentials; "+
			"what it refuses them for is answered with 503 until this is corrected", cause)
	case f.err.Status == 401 || f.err.Status == 403:
		c.journal.noteRarely(slog.LevelWarn, "introspection: the endpoint, or what stands in front of it, "+
			"refused a question and did not say that our credentials are the reason", cause)
	}
	if f.progress.beforeToken() && c.breaker.failed(f, time.Now()) {
		// Again each minute while it lasts. Where kept connections are answered and no
		// new ones can be made, suspensions come and go many times a second.
		c.journal.noteRarely(slog.LevelWarn, "introspection: calls suspended", cause)
	}
}
