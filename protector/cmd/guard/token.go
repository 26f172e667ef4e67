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

// holdsToken reports whether an argument has something in it that looks like a JWT.
func holdsToken(args []string) bool {
	for _, arg := range args {
		for word := range strings.FieldsFuncSeq(arg, func(r rune) bool { return !strings.ContainsRune(base64URL, r) }) {
			if looksLikeHeader(strings.TrimLeft(word, "-")) {
				return true
			}
		}
	}
	return false
}

const base64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// shortestHeader is how much there has to be of a header to tell it from another word.
const shortestHeader = 16

// looksLikeHeader recognizes a JWT by its header, whole or cut short: base64url of what begins an object of JSON, which
// may have blanks between its brace and its first name. An opaque token looks like any other word.
func looksLikeHeader(word string) bool {
	if len(word) < shortestHeader {
		return false
	}
	text, err := base64.RawURLEncoding.DecodeString(word[:len(word)/4*4])
	if err != nil {
		return false
	}
	const blanks = " \t\r\n" // of JSON
	members, isObject := strings.CutPrefix(strings.TrimLeft(string(text), blanks), "{")
	members = strings.TrimLeft(members, blanks)
	return isObject && (members == "" || members[0] == '"')
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
