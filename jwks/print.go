package jwks

import (
	"cmp"
	"fmt"
)

// The query of a URL may hold a secret, and a Config or a Remote gets into logs as a
// field of something else: they print as their type and the place that the keys come
// from, whatever the verb.

// Format writes the issuer, or the URL without what it may hold beside scheme, host
// and path.
func (c Config) Format(s fmt.State, _ rune) { fmt.Fprintf(s, "jwks.Config(%s)", c.shownSource()) }

// MarshalText returns what Format writes, for whatever writes JSON, such as a handler
// of log/slog.
func (c Config) MarshalText() ([]byte, error) { return []byte(fmt.Sprint(c)), nil }

// shownSource is where the keys come from, as it may be shown. An issuer identifier
// is shown as it was given, unless it holds what none may.
func (c Config) shownSource() string {
	if checkIssuer(c.Issuer, true) == nil {
		return c.Issuer
	}
	if c.File != "" {
		return c.File
	}
	return place(cmp.Or(c.Issuer, c.URL))
}

// Format writes where the keys come from, without what a URL may hold beside scheme,
// host and path, whatever the verb.
func (r *Remote) Format(s fmt.State, _ rune) {
	from := "nil"
	if r != nil {
		from = r.from
	}
	fmt.Fprintf(s, "jwks.Remote(%s)", from)
}
