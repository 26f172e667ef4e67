package terminal

import (
	"context"
	"errors"
)

// ErrInterrupted is what is returned at Ctrl-C, and where a signal ends a wait.
var ErrInterrupted = errors.New("interrupted")

// Await returns what read returns, or why ctx ended before: ErrInterrupted, or the error of ctx if that was its
// deadline. A read of a terminal or a pipe cannot be told to end. It is left behind, and the program is about to end.
func Await[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := read()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		if err := ctx.Err(); !errors.Is(err, context.Canceled) {
			return none, err
		}
		return none, ErrInterrupted
	}
}
