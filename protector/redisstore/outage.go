package redisstore

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// lateError is that the server has not answered in time.
type lateError time.Duration

func (e lateError) Error() string { return fmt.Sprintf("no answer within %v", time.Duration(e)) }

// Timeout says that it is one, as an error of package net does.
func (lateError) Timeout() bool { return true }

const longestText = 200

// errEnded is that the caller's code has ended its goroutine.
var errEnded = errors.New("the client's goroutine was ended")

// panicked repeats the words of the runtime alone: what else a panic says may be
// anything.
func panicked(p any) error {
	if err, ok := p.(runtime.Error); ok {
		return fmt.Errorf("the client panics: %w", err)
	}
	return fmt.Errorf("the client panics with a %T", p)
}

// outage says why it cannot be told whether a proof was used. Of what a server has
// answered it keeps the code alone: a server that does not know a command repeats
// its arguments, and those of AUTH and HELLO are the password.
func outage(err error) error {
	if answer, ok := errors.AsType[redis.Error](err); ok {
		return fmt.Errorf("redisstore: the server answers %s", codeOf(answer))
	}
	if text := err.Error(); len(text) > longestText {
		return fmt.Errorf("redisstore: %s…", text[:longestText]) // it quotes what the server sent
	}
	return fmt.Errorf("redisstore: %w", err)
}

// codeOf returns the word in capitals with which servers begin an error.
func codeOf(answer redis.Error) string {
	code, _, _ := strings.Cut(answer.Error(), " ")
	if code == "" || len(code) > 20 || strings.ContainsFunc(code, func(r rune) bool { return r < 'A' || r > 'Z' }) {
		return "an error without a code"
	}
	return code
}
