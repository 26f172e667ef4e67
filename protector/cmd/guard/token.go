package main

import (
	"context"
	"encoding/base64"
	"io"
	"os"
	"strings"

	"example.com/resourceserver/protector/cmd/guard/internal/terminal"
)

const refusedToken = "a token is not taken from the command line: the shell would keep it in its history, and " +
	"everybody on this machine could see it by ps. Give it on standard input, or paste it when asked"

// maxInput bounds what is read: as long as the longest token that jwt can be set to take, and a byte more, so that a
// longer one is refused for its length.
const maxInput = 1<<20 + 1

// holdsToken reports whether an argument, or the value of a flag in it, looks like a JWT.
func holdsToken(args []string) bool {
	for _, arg := range args {
		if _, value, ok := strings.Cut(arg, "="); ok && looksLikeToken(value) || looksLikeToken(arg) {
			return true
		}
	}
	return false
}

// looksLikeToken recognizes a JWT by its header, whole or cut short: base64url of what begins an object. An opaque
// token looks like any other word.
func looksLikeToken(text string) bool {
	header, _, _ := strings.Cut(withoutScheme(strings.TrimLeft(text, "- '\"")), ".")
	if len(header) < 16 {
		return false
	}
	begin, err := base64.RawURLEncoding.DecodeString(header[:16])
	return err == nil && strings.HasPrefix(strings.TrimSpace(string(begin)), `{"`)
}

// readToken reads a token from standard input, or asks for it where that is a terminal. A signal
// ends the wait.
func readToken(ctx context.Context, s streams) (string, error) {
	text, err := readInput(ctx, s)
	if err != nil {
		return "", err
	}
	if text = withoutScheme(strings.TrimSpace(text)); text == "" {
		return "", usageError("no token came on standard input")
	}
	return text, nil
}

func readInput(ctx context.Context, s streams) (string, error) {
	if file, ok := s.in.(*os.File); ok && terminal.Is(file) {
		return terminal.ReadHidden(ctx, file, s.err, "Paste the token, and press Enter (it is not shown): ", maxInput)
	}
	text, err := terminal.Await(ctx, func() ([]byte, error) { return io.ReadAll(io.LimitReader(s.in, maxInput)) })
	return string(text), err
}

// withoutScheme takes off what people copy along with a token.
func withoutScheme(text string) string {
	for _, prefix := range []string{"authorization:", "bearer ", "dpop "} {
		if len(text) > len(prefix) && strings.EqualFold(text[:len(prefix)], prefix) {
			text = strings.TrimSpace(text[len(prefix):])
		}
	}
	return text
}
