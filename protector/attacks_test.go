package protector_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// An attack is a way to get past a validator that has been seen to work somewhere, and what ought to become of it here.
type attack struct {
	name   string
	weaker string // what a validator does that falls for it
	tokens func(a *arena) []string
	send   func(a *arena, token string) answer // default: as a bearer token
	want   verdict
}

// A verdict is an answer, with the reason that stands in the log and nowhere else.
type verdict struct {
	status int
	code   string // the error of the challenge; empty for none
	reason string
}

func invalidToken(reason jwt.Reason) verdict { return verdict{401, "invalid_token", string(reason)} }

var (
	badRequest    = verdict{400, "invalid_request", "malformed"}
	tooMany       = verdict{400, "invalid_request", "several_credentials"}
	tooLong       = verdict{401, "invalid_token", "too_large"}
	noCredentials = verdict{401, "", "no_credentials"}
	tooLittle     = verdict{403, "insufficient_scope", "insufficient_scope"}
	byServer      = verdict{400, "", ""} // net/http does not let the request in
)

// TestAttacks sends real requests to a real server whose handler must not run. Run it with -v for the table:
//
//	go test -run Attacks -v ./protector
func TestAttacks(t *testing.T) {
	t.Run("validator", func(t *testing.T) { attackAll(newArena(t, false)) })
	t.Run("cache", func(t *testing.T) { attackAll(newArena(t, true)) })
}

func attackAll(a *arena) {
	a.run(slices.Concat(
		algorithmAttacks, keyAttacks, signatureAttacks, formAttacks, claimAttacks, scopeAttacks, fieldAttacks, placeAttacks,
		sourceAttacks, certificateAttacks, proofAttacks, loginAttacks, hostAttacks,
	))
}

func of(tokens ...string) []string { return tokens }

func fixed(tokens ...string) func(*arena) []string { return func(*arena) []string { return tokens } }

func one(options ...jwttest.TokenOption) func(*arena) []string {
	return func(a *arena) []string { return of(a.token(options...)) }
}

func good(a *arena) []string { return of(a.token()) }

// each makes a token for each variant.
func each[T any](variants []T, token func(*arena, T) string) func(*arena) []string {
	return func(a *arena) (tokens []string) {
		for _, variant := range variants {
			tokens = append(tokens, token(a, variant))
		}
		return tokens
	}
}

// raws sends GET requests with these fields, and TOKEN replaced, over a connection of its own: net/http's client would
// not send most of them. All answers have to be those of the last.
func raws(fields ...string) func(*arena, string) answer { return rawsTo("/", fields...) }

func rawsTo(path string, fields ...string) func(*arena, string) answer {
	return func(a *arena, token string) (last answer) {
		statuses := map[int]bool{}
		for _, field := range fields {
			last = a.raw("GET " + path + " HTTP/1.1\r\nHost: a\r\n" + strings.ReplaceAll(field, "TOKEN", token) + "\r\n\r\n")
			statuses[last.status] = true
			require.Len(a.t, statuses, 1, field)
		}
		return last
	}
}

// raw1 sends one whole request.
func raw1(request string) func(*arena, string) answer {
	return func(a *arena, token string) answer { return a.raw(strings.ReplaceAll(request, "TOKEN", token)) }
}
