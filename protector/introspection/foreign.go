package introspection

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"runtime"
	"strings"
)

// maxForeignText bounds what an error repeats of the words of other people's code.
const maxForeignText = 300

// foreignError is an error of the caller's transport, token source or signer, or
// of the network: its words, as far as they may be logged. The cause can be asked
// for by errors.Is, and by errors.As where nothing had to be cut. There is no Unwrap,
// which would hand out the words as they were.
type foreignError struct {
	text  string
	cause error
}

func (e *foreignError) Error() string        { return e.text }
func (e *foreignError) Is(target error) bool { return errors.Is(e.cause, target) }
func (e *foreignError) As(target any) bool {
	return e.text == e.cause.Error() && errors.As(e.cause, target)
}

// foreign makes an error safe to log: of a URL it keeps scheme, host and path, and
// of the token nothing.
func foreign(err error, token string) error {
	if located, ok := errors.AsType[*url.Error](err); ok {
		err = located.Err // without the URL, which the operator knows
	}
	text := withoutToken(err.Error(), token)
	text = anyURL.ReplaceAllStringFunc(text, placeWithin)
	if len(text) > maxForeignText {
		text = strings.ToValidUTF8(text[:maxForeignText], "") + "..."
	}
	return &foreignError{text: text, cause: err}
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
