package protector_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

// causeOf returns the error that an authenticate function's error has become.
func causeOf(t *testing.T, token string, err error) error {
	t.Helper()
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(fails(err))}})
	_, refusal := guard.Acquire(newRequest(token))
	require.Error(t, refusal)
	return refusal
}

// lowered percent-encodes everything, with small letters, as some clients do.
func lowered(s string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, "%%%02x", s[i])
	}
	return b.String()
}

// checklist 27
func TestTokenIsFoundInEveryEscaping(t *testing.T) {
	const token = "canary/7f3a.91+c/d0~x-y_z=="
	quoted, err := json.Marshal(token)
	require.NoError(t, err)
	for name, text := range map[string]string{
		"as it is":            token,
		"query":               url.QueryEscape(token),
		"path":                url.PathEscape(token),
		"path, twice":         url.PathEscape(url.PathEscape(token)),
		"every byte":          lowered(token),
		"small letters":       strings.ToLower(url.QueryEscape(token)),
		"JSON":                string(quoted),
		"JSON, slashes":       strings.ReplaceAll(token, "/", `\/`),
		"JSON, code points":   strings.NewReplacer("+", `\u002b`, "/", `\u002F`, "=", `\u003d`).Replace(token),
		"HTML":                template.HTMLEscapeString(template.HTMLEscapeString(token)),
		"HTML, references":    strings.NewReplacer("+", "&#43;", "/", "&#x2F;").Replace(token),
		"in a URL":            "https://as.example/introspect/" + url.PathEscape(token) + "?x=y",
		"as a parameter":      "token=" + token + "&x=y",
		"in brackets":         "[" + token + "]",
		"behind an escape":    "%20" + token + "%2",
		"twice":               token + " " + url.PathEscape(token),
		"glued":               "a" + token + "b" + token,
		"cut off":             "SELECT '" + token[:20] + "…",
		"cut off in front":    "…" + token[8:] + "'",
		"cut off, escaped":    "url: " + url.PathEscape(token)[:26],
		"cut off, with dots":  token[:22] + "...",
		"cut off in an error": "/introspect/" + token + "/" + token[:20],
		"without its padding": strings.TrimRight(token, "="),
	} {
		t.Run(name, func(t *testing.T) {
			for _, err := range []error{
				errors.New("lookup: " + text + ": connection lost"),
				fmt.Errorf("lookup %s: %w", text, invalid{"signature"}),
				&protector.Error{Status: 401, Description: text, Scope: text, Err: errors.New(text),
					Params: []protector.Param{{"a", text}}},
			} {
				refusal := causeOf(t, token, err)
				printed := fmt.Sprintf("%v %+v %#v", refusal, refusal, *refusal.(*protector.Error))
				require.Contains(t, printed, "[token]")
				for _, part := range []string{"canary", "7f3a", "91+c", "63%61%6e", "d0~x-y_z"} {
					require.NotContains(t, strings.ToLower(printed), part)
				}
			}
		})
	}
}

// What is no token stays readable: a stranger who sends a word would garble what
// is logged of him.
//
// checklist 27
func TestRedactionLeavesTheRestReadable(t *testing.T) {
	for _, tt := range []struct{ token, text, want string }{
		{"a", "a database at 10.0.0.1 is away", "a database at 10.0.0.1 is away"},
		{"connect", "connection refused by connect", "connection refused by connect"},
		{"refused1", "refused1 connection", "[token] connection"},
		{"connection", "disconnection", "disconnection"},
		{"connection=", "connection refused", "[token] refused"},
		{"abcdefgh-ijklmnop", "x abcdefgh-ijklmnop, y", "x [token], y"},
		{"abcdefgh-ijklmnop", "xabcdefgh-ijklmnopy", "x[token]y"},
		{"abcdefgh-ijklmnop", "abcdefgh-ijklmno", "[token]"},
		{"abcdefgh-ijklmnop", "abcdefgh-ijklmn", "abcdefgh-ijklmn"},
		{"abcdefgh-ijklmnop", "100% of %zz & \\ &#; &#x; &#999999; %", "100% of %zz & \\ &#; &#x; &#999999; %"},
		{"abcdefgh-ijklmnop", "%41%42 abcdefgh%2Dijklmnop%41", "%41%42 [token]%41"},
	} {
		require.ErrorContains(t, causeOf(t, tt.token, errors.New(tt.text)), "temporarily_unavailable (unavailable): "+tt.want)
	}
}

// quoting is a driver's error, with what a caller would look for in it.
type quoting struct{ Query string }

func (e *quoting) Error() string { return "query failed: " + e.Query }

// reticent says nothing of what it wraps.
type reticent struct{ error }

func (reticent) Error() string   { return "lookup failed" }
func (r reticent) Unwrap() error { return r.error }

var errPool = errors.New("pool exhausted")

// The original is not handed out by way of the chain. What gives nothing away is
// still found.
//
// checklist 27
func TestRedactedErrorsHandNothingOut(t *testing.T) {
	const token = "canary-canary-canary"
	quote := &quoting{"token = '" + token + "'"}
	for name, err := range map[string]error{
		"outermost": quote,
		"wrapped":   fmt.Errorf("store: %w", quote),
		"hidden":    reticent{quote},
		"joined":    errors.Join(errPool, quote),
		"both":      fmt.Errorf("store: %w, %w", reticent{quote}, errPool),
	} {
		t.Run(name, func(t *testing.T) {
			cause := causeOf(t, token, err)
			_, handedOut := errors.AsType[*quoting](cause)
			require.False(t, handedOut)
			require.ErrorIs(t, cause, quote, "comparing gives nothing away")
			if errors.Is(err, errPool) {
				require.ErrorIs(t, cause, errPool)
			}
			for e := cause; e != nil; e = errors.Unwrap(e) {
				for _, verb := range verbs {
					require.NotContains(t, fmt.Sprintf(verb, e), "canary")
				}
			}
		})
	}
	t.Run("found further in", func(t *testing.T) {
		cause := causeOf(t, token, fmt.Errorf("token %s: %w", token, away{}))
		_, ok := errors.AsType[away](cause)
		require.True(t, ok)
	})
	t.Run("unharmed", func(t *testing.T) {
		harmless := &quoting{"SELECT 1"}
		found, ok := errors.AsType[*quoting](causeOf(t, token, fmt.Errorf("store: %w", harmless)))
		require.True(t, ok)
		require.Same(t, harmless, found)
	})
	t.Run("when to try again", func(t *testing.T) {
		cause := causeOf(t, token, fmt.Errorf("token %s: %w", token, away{90e9}))
		refusal, _ := errors.AsType[*protector.Error](cause)
		require.EqualValues(t, 90e9, refusal.RetryAfter)
	})
}

// An author may return one error for every request: what is cut out of it is cut
// out of a copy.
func TestTheAuthorsErrorIsLeftAlone(t *testing.T) {
	const token = "canary-canary-canary"
	refusal := &protector.Error{
		Status: 401, Scope: token, Header: http.Header{"X-Token": {token}, "X-Other": {"y"}},
		Params: []protector.Param{{"a", token}, {"b", "c"}},
	}
	cause, _ := errors.AsType[*protector.Error](causeOf(t, token, refusal))
	require.Equal(t, http.Header{"X-Other": {"y"}}, cause.Header)
	require.Equal(t, []protector.Param{{"b", "c"}}, cause.Params)
	require.Equal(t, token, refusal.Scope)
	require.Len(t, refusal.Header, 2)
	require.Equal(t, []protector.Param{{"a", token}, {"b", "c"}}, refusal.Params)
}

// An error of somebody else does not fill the log.
func TestLoggedErrorIsShortened(t *testing.T) {
	var log strings.Builder
	guard := newGuard(t, protector.Config{
		Logger:     slog.New(slog.NewTextHandler(&log, nil)),
		Validators: []protector.Validator{protector.Bearer(fails(errors.New(strings.Repeat("é", 100_000))))},
	})
	guard.Require()(hello).ServeHTTP(newRecorder(), newRequest("alice"))
	require.Less(t, log.Len(), 2000)
	require.Contains(t, log.String(), "é…")
}

// Some log the request's context, or the request with it, or what the protector
// was built from.
//
// checklist 27
func TestNothingPrintsTheToken(t *testing.T) {
	const secret = "canary-canary-canary"
	validator := protector.Bearer(func(context.Context, string) (*token, error) { return &token{user: "alice"}, nil }).
		Proving(secretive{secret})
	config := protector.Config{Validators: []protector.Validator{validator}}
	guard := newGuard(t, config)
	rule := newRule(t, guard, protector.Policy{})
	server := serve(t, guard.Require()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		r.Header = nil
		for _, verb := range verbs {
			for _, value := range []any{r.Context(), ctx, r, *r, validator, &validator, config, &config, guard, rule} {
				require.NotContains(t, fmt.Sprintf(verb, value), "canary", "%s of a %T", verb, value)
				require.NotContains(t, fmt.Sprintf(verb, []any{value}), "canary", "%s of a %T", verb, value)
				require.NotContains(t, fmt.Sprintf(verb, struct{ V any }{value}), "canary", "%s of a %T", verb, value)
			}
		}
		hello(w, r)
	})))
	require.Equal(t, 200, get(t, server, "/", "Authorization: Bearer "+secret).status)
}

// secretive is a proof with a key in it.
type secretive struct{ key string }

func (secretive) Confirms() string                       { return "jkt" }
func (secretive) Params() []protector.Param              { return nil }
func (secretive) Evidence(*http.Request) (string, error) { return "", nil }
func (secretive) Check(context.Context, protector.Possession) (protector.Proved, error) {
	return protector.Proved{}, nil
}

// A part of the token is found inside a longer word too: behind the rest of a
// path, or before the dots that stand for what was cut off.
//
// checklist 27
func TestPartsOfATokenInLongerWords(t *testing.T) {
	const token = "canary-0123456789-abcdefghij-klmnopqrst-uvwxyz"
	for text, want := range map[string]string{
		token[:40] + "...":                            ": [token]...",
		"..." + token[6:]:                             ": ...[token]",
		"/introspect/" + token[:40]:                   ": /introspect/[token]",
		token[:20] + "%2F.../" + token[:35]:           ": [token]%2F.../[token]",
		"a-long-word-and-nothing-of-the-token-at-all": ": a-long-word-and-nothing-of-the-token-at-all",
	} {
		require.ErrorContains(t, causeOf(t, token, errors.New(text)), want)
	}
}

// A text of any length costs little, and its end is not handed out unread.
func TestRedactionIsBounded(t *testing.T) {
	const token = "canary-0123456789-abcdefghij-klmnopqrst-uvwxyz"
	refusal := causeOf(t, token, errors.New(strings.Repeat("no connection ", 1<<16)+token))
	require.Less(t, len(refusal.Error()), 20<<10)
	require.NotContains(t, fmt.Sprintf("%#v", *refusal.(*protector.Error)), token)
	require.NotErrorIs(t, refusal, errPool)
}

// gaps is an error that wraps nothing, as a list with holes. errors.Is passes over
// them.
type gaps struct{}

func (gaps) Error() string   { return "gaps" }
func (gaps) Unwrap() []error { return []error{nil, errPool, nil} }

func TestErrorsWithGaps(t *testing.T) {
	require.ErrorIs(t, causeOf(t, "canary-canary-canary", gaps{}), errPool)
}
