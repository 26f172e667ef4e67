package introspection

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// maxForeignText bounds what an error repeats of the words of other people's code.
const maxForeignText = 300

// foreignError is an error of the caller's transport, token source or signer, or
// of the network: its words, as far as they may be logged. The cause can be asked
// for by errors.Is, and by errors.As where nothing had to be cut, of its words or of
// those that it wraps. There is no Unwrap, which would hand out the words as they were.
type foreignError struct {
	text  string
	cause error
	whole bool // nothing had to be cut
}

func (e *foreignError) Error() string        { return e.text }
func (e *foreignError) Is(target error) bool { return errors.Is(e.cause, target) }
func (e *foreignError) As(target any) bool {
	return e.whole && errors.As(e.cause, target)
}

// foreign makes an error safe to log: of a URL it keeps scheme, host and path, and
// of the token nothing.
func foreign(err error, token string) error {
	if located, ok := errors.AsType[*url.Error](err); ok {
		err = located.Err // without the URL, which the operator knows
	}
	return &foreignError{text: loggable(err.Error(), token), cause: err, whole: isLoggable(err, token)}
}

func loggable(text, token string) string {
	text = anyURL.ReplaceAllStringFunc(withoutToken(text, token), placeWithin)
	if len(text) > maxForeignText {
		text = strings.ToValidUTF8(text[:maxForeignText], "") + "..."
	}
	return text
}

// isLoggable reports whether neither err nor anything that it wraps has words to cut.
// An outer error may be silent about what the inner one quotes.
func isLoggable(err error, token string) bool {
	if text := err.Error(); loggable(text, token) != text {
		return false
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		cause := e.Unwrap()
		return cause == nil || isLoggable(cause, token)
	case interface{ Unwrap() []error }:
		return !slices.ContainsFunc(e.Unwrap(), func(cause error) bool { return cause != nil && !isLoggable(cause, token) })
	}
	return true
}

// shortestSecret is the shortest token that is looked for. A shorter one is a word that
// any text may hold, and that a stranger may send to garble what is logged.
const shortestSecret = 8

// withoutToken replaces the token as it is, and as a form and a path have it.
func withoutToken(text, token string) string {
	if len(token) < shortestSecret {
		return text
	}
	for _, form := range []string{token, url.QueryEscape(token), url.PathEscape(token)} {
		text = strings.ReplaceAll(text, form, "[token]")
	}
	return text
}

var anyURL = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>` + "`" + `]*`)

// placeWithin is place of a URL in a sentence.
func placeWithin(found string) string {
	location := strings.TrimRight(found, ".,:;)")
	return place(location) + found[len(location):]
}

// errGoexit is what is left of a call whose goroutine was ended under it.
var errGoexit = errors.New("code of Config.HTTPClient or Config.Credentials ended its goroutine (runtime.Goexit)")

// panicked repeats the words of the runtime alone: a panic of someone else's
// code may say anything, a token included.
func panicked(p any) error {
	if err, ok := p.(runtime.Error); ok {
		return fmt.Errorf("panic: %w", err)
	}
	return fmt.Errorf("panic of type %T", p)
}
