package tokencache

import (
	"errors"
	"sync"
)

// flight is a validation under way. value and err may be read once done is
// closed.
type flight[T Entry] struct {
	token string
	done  chan struct{}
	value T
	err   error
}

// decided reports whether the result says something about the token: it was found
// valid, or refused. The refusal is recognized by its method, so that no package
// whose error it may be has to be known here.
func (f *flight[T]) decided() bool {
	if f.err == nil {
		var none T
		return f.value != none
	}
	refusal, ok := errors.AsType[interface {
		error
		InvalidToken() bool
	}](f.err)
	return ok && refusal.InvalidToken()
}

// flights are the validations under way. They are kept by the hash of the token,
// which takes the same time however long a token a stranger sends, and not by its
// text.
type flights[T Entry] struct {
	mu     sync.Mutex
	byHash map[hash]*flight[T]
}

func newFlights[T Entry]() *flights[T] { return &flights[T]{byHash: make(map[hash]*flight[T])} }

// join returns the flight of token, and whether it began with this call. It
// returns nil where the flight of another token is in the way, which is a matter of
// bad luck: that one goes on alone.
func (fs *flights[T]) join(h hash, token string) (f *flight[T], first bool) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	switch f = fs.byHash[h]; {
	case f == nil:
		f = &flight[T]{token: token, done: make(chan struct{})}
		fs.byHash[h] = f
		return f, true
	case f.token != token:
		return nil, false
	}
	return f, false
}

// end lets those go who wait for f.
func (fs *flights[T]) end(h hash, f *flight[T]) {
	fs.mu.Lock()
	if fs.byHash[h] == f { // and not a later one, after detach
		delete(fs.byHash, h)
	}
	fs.mu.Unlock()
	close(f.done)
}

// detach makes sure that nobody joins a flight that is under way now.
func (fs *flights[T]) detach() {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.byHash = make(map[hash]*flight[T])
}
