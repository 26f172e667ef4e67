package jwks

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// transportError is what went wrong between here and a server, told without what a URL may hold
// beside scheme, host and path. Such errors are on the status page and in the log, and are made by
// code that knows nothing of that: net/http repeats the URL of the request, url.Parse the one that
// it could not read, a proxy's the password in front of its host, and a transport of the caller's
// whatever it asks for tokens.
//
// The cause is for errors.Is and is not handed out, because its text is what must not be read.
type transportError struct {
	text  string
	cause error
}

func (e *transportError) Error() string        { return e.text }
func (e *transportError) Is(target error) bool { return errors.Is(e.cause, target) }

// transportFault is err as it may be shown. Who reports it adds the place.
func transportFault(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no complete answer in time: %w", context.DeadlineExceeded)
	}
	shown := err
	if u, ok := err.(*url.Error); ok { // of http.Client, around everything else
		shown = u.Err
	}
	return &transportError{withoutSecrets(shown.Error()), err}
}

// Bounds on the text as it is read and as it is shown: a server may send a malformed header of any
// size, in which net/http repeats it.
const (
	maxCauseBytes = 8 << 10
	maxFaultBytes = 512
)

// A quotation mark that nothing answers quotes the rest. That keeps the search linear, where it
// would otherwise look for the end anew at each of them, and is the safe side where a text was cut.
// A query without quotation marks around it may hold some, and ends at white space.
var (
	quotedText  = `"(?s:[^"\\]|\\.)*(?:"|\\?\z)`
	quotedOrNot = regexp.MustCompile(quotedText + `|[^\s"?#]*[?#]\S*|[^\s"]+`)
	absoluteURL = regexp.MustCompile(`[A-Za-z][A-Za-z0-9+.-]*://\S*`)
)

// withoutSecrets cuts every URL in a text down to scheme, host and path. Quoted text, which is how
// net/http and net/url write a URL, is one piece, so that a space in a query does not end it.
func withoutSecrets(text string) string {
	text = text[:min(len(text), maxCauseBytes)]
	// What follows says which part of the URL is wrong, and quotes that part.
	if before, _, ok := strings.Cut(text, `parse "`); ok {
		text = before + "not a URL"
	}
	text = quotedOrNot.ReplaceAllStringFunc(text, func(piece string) string {
		inner := strings.TrimRight(piece, `"\:,.;)`)
		return withoutQuery(inner) + piece[len(inner):]
	})
	if len(text) > maxFaultBytes {
		text = strings.ToValidUTF8(text[:maxFaultBytes], "") + "…"
	}
	return text
}

// withoutQuery drops what may be a query, a fragment, or userinfo, from a piece of text that may
// hold a URL, absolute or not.
func withoutQuery(piece string) string {
	if i := strings.IndexAny(piece, "?#"); i >= 0 {
		piece = piece[:i]
	}
	if at := strings.LastIndexByte(piece, '@'); at >= 0 && !strings.Contains(piece, "://") {
		return piece[:quotes(piece)] + piece[at+1:] // user:password@host, as a proxy's address may be given
	}
	return absoluteURL.ReplaceAllStringFunc(piece, func(raw string) string {
		u, err := url.Parse(raw)
		if err == nil && strings.Count(raw, "://") == 1 { // a second URL in the path has secrets of its own
			return originOf(u) + u.EscapedPath()
		}
		return "(a URL)"
	})
}

// quotes counts the quotation marks at the start of a piece.
func quotes(piece string) int { return len(piece) - len(strings.TrimLeft(piece, `"`)) }
