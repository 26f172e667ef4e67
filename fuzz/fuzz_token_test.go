package fuzz_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"

	"example.com/resourceserver/jwt"
)

// FuzzToken gives arbitrary bytes to two validators, one with an issuer's keys and one with a shared secret. Whatever
// one of them accepts has to hold up against everything in [judge.accepted].
//
// The usual execution ends in a refusal after a few microseconds, so nothing here may cost more than that: what is
// slow is done for what was accepted, and for one refusal in eight.
func FuzzToken(f *testing.F) {
	// checklist 27, 32, 34, 48, 52, 65, 66, 67, 79, 221
	judges := []*judge{newJudge(jwt.Profile{}, rfc9068, false), newJudge(jwt.Profile{}, rfc9068, true)}
	ctx := context.Background()
	f.Fuzz(func(t *testing.T, input []byte) {
		token := string(input)
		for _, j := range judges {
			if len(input)%8 == 0 {
				j.check(t, token, len(input)/2, 1)
				continue
			}
			if _, err := j.validator.Validate(ctx, token); err != nil {
				checkRefusal(t, err)
				continue
			}
			j.check(t, token, len(input)/3, 4)
		}
	})
}

// FuzzTokenStructure begins with a valid token and lets the fuzzer change its header, its claims, its algorithm, and
// the way the segments are written, and then signs the result properly or leaves the old signature.
func FuzzTokenStructure(f *testing.F) {
	// checklist 28, 31, 37, 38, 67, 68, 69, 75, 99, 100, 101, 105
	keys, secret := newJudge(jwt.Profile{}, rfc9068, false), newJudge(jwt.Profile{}, rfc9068, true)
	f.Fuzz(func(t *testing.T, header, claims string, alg, encoding uint8, sign bool, at uint16, flip uint8) {
		name := fuzzAlgorithms[int(alg)%len(fuzzAlgorithms)]
		token := assemble(header, claims, name, encoding, sign, int(at))
		keys.check(t, token, int(at), flip)
		secret.check(t, token, int(at), flip)
		if again := assemble(header, claims, name, encoding, false, int(at)); again != token {
			keys.checkRefused(t, again)
			secret.checkRefused(t, again)
		}
	})
}

var fuzzAlgorithms = []string{"HS256", "EdDSA", "ES256", "RS256", "HS384", "HS512"}

// check compares the validator, with and without its cache, with the oracle, and looks hard at what was accepted.
func (j *judge) check(t *testing.T, token string, at int, flip uint8) {
	got, err := j.validator.Validate(context.Background(), token)
	explainsAs(t, token, j.validator.Explain(context.Background(), token), err)
	claims, why := j.oracle.judge(token)
	if (err == nil) != (why == nil) {
		t.Fatalf("validator: %v\noracle: %v\n%s", err, why, token)
	}
	cached, cachedErr := j.cache.Validate(context.Background(), token)
	if err != nil {
		checkRefusal(t, err)
		checkCanary(t, err)
		if cached != nil || cachedErr == nil || cachedErr.Error() != err.Error() {
			t.Fatalf("through the cache: %v, without: %v", cachedErr, err)
		}
		return
	}
	if cachedErr != nil || summary(cached) != summary(got) {
		t.Fatalf("through the cache: %v %v, without: %v", cached, cachedErr, got)
	}
	j.accepted(t, token, got, claims)
	j.checkRefused(t, flipped(token, at, flip))
	j.now = got.ExpiresAt().Add(fuzzLeeway)
	j.checkRefused(t, token) // also by the cache, which remembers it
	j.now = fuzzNow
	for i, other := range j.elsewhere {
		if _, named := claims["iss"]; !named && i < byIssuer {
			continue
		}
		if _, err := other.Validate(context.Background(), token); err == nil {
			t.Fatalf("accepted elsewhere: %s", token)
		} else {
			checkRefusal(t, err)
		}
	}
}

func (j *judge) checkRefused(t *testing.T, token string) {
	_, err := j.validator.Validate(context.Background(), token)
	_, cached := j.cache.Validate(context.Background(), token)
	if err == nil || cached == nil {
		t.Fatalf("accepted: %v, %v: %s", err, cached, token)
	}
	checkRefusal(t, err)
}

// accepted holds a token that was accepted against what the issue of a token means.
func (j *judge) accepted(t *testing.T, token string, got *jwt.Token, claims map[string]any) {
	issuer := claims["iss"]
	if issuer == nil { // where the oracle allows it
		issuer = fuzzIssuer
	}
	want := fmt.Sprintf("%v %v %v", issuer, orEmpty(claims["sub"]),
		orEmpty(claims[oracleFirst(claims, j.oracle.profile.client)]))
	if have := fmt.Sprintf("%v %v %v", got.Issuer(), got.Subject(), got.ClientID()); have != want {
		t.Fatalf("claims %q, token %q", want, have)
	}
	cnf, _ := claims["cnf"].(map[string]any)
	maps.DeleteFunc(cnf, func(name string, _ any) bool { return !slices.Contains(j.oracle.confirmations, name) })
	if fmt.Sprint(cnf) != fmt.Sprint(got.Confirmation()) {
		t.Fatalf("cnf %v became %v", cnf, got.Confirmation())
	}
	j.checkScopes(t, got, claims)
	parts := strings.Split(token, ".")
	for _, part := range parts {
		if b, err := base64.RawURLEncoding.DecodeString(part); err != nil || base64.RawURLEncoding.EncodeToString(b) != part {
			t.Fatalf("another spelling of %s exists", part)
		}
	}
	if !got.ValidAt(fuzzNow) || got.ExpiresAt().IsZero() ||
		!slices.ContainsFunc(got.Audience(), func(a string) bool { return a == fuzzAudience }) {
		t.Fatalf("accepted out of its time or for somebody else: %s", token)
	}
	if !j.signedAccordingToJWX(t, token, parts) {
		t.Fatalf("jwx does not verify %s", token)
	}
	j.sameFromTwo(t, token, summary(got))
}

func (j *judge) checkScopes(t *testing.T, got *jwt.Token, claims map[string]any) {
	want := make(map[string]bool)
	switch scope := claims[oracleFirst(claims, j.oracle.profile.scope)].(type) {
	case string:
		for name := range strings.SplitSeq(scope, " ") {
			want[name] = true
		}
	case []any:
		for _, name := range scope {
			want[name.(string)] = true
		}
	}
	delete(want, "")
	if got.Scopes().Len() != len(want) {
		t.Fatalf("scopes %q, want %v", got.Scopes(), want)
	}
	for name := range want {
		if !got.Scopes().Has(name) {
			t.Fatalf("scopes %q, want %v", got.Scopes(), want)
		}
	}
}

// signedAccordingToJWX asks the library whether the signature is over these very bytes, and what was signed. The
// latter only if it can read the header: it refuses some for parameters that nobody uses, such as a jwk that is none,
// and it drops the white space around a header before it computes what was signed.
func (j *judge) signedAccordingToJWX(t *testing.T, token string, parts []string) bool {
	header, err := oracleObject(must(base64.RawURLEncoding.DecodeString(parts[0])))
	if err != nil {
		t.Fatal(err)
	}
	alg, _ := header["alg"].(string)
	kid, _ := header["kid"].(string)
	candidates := []any{j.oracle.secret}
	for _, key := range j.oracle.keys {
		if key.alg == alg && (kid == "" || kid == key.kid) {
			candidates = append(candidates, key.public)
		}
	}
	text, payload := must(base64.RawURLEncoding.DecodeString(parts[0])), must(base64.RawURLEncoding.DecodeString(parts[1]))
	signature := must(base64.RawURLEncoding.DecodeString(parts[2]))
	_, err = jws.Parse([]byte(token), jws.WithCompact())
	readable := err == nil && bytes.Equal(text, bytes.TrimSpace(text))
	return slices.ContainsFunc(candidates, func(key any) bool {
		verifier := must(jws.NewVerifier(jwa.SignatureAlgorithm(alg)))
		if verifier.Verify([]byte(parts[0]+"."+parts[1]), signature, key) != nil {
			return false
		}
		signed, err := jws.Verify([]byte(token), jws.WithCompact(), jws.WithKey(jwa.SignatureAlgorithm(alg), key))
		return !readable || err == nil && string(signed) == string(payload)
	})
}

// sameFromTwo asks twice at once, with the cache and without.
func (j *judge) sameFromTwo(t *testing.T, token, want string) {
	var answers [2]string
	var both sync.WaitGroup
	for i, validate := range []func(context.Context, string) (*jwt.Token, error){j.validator.Validate, j.cache.Validate} {
		both.Go(func() {
			if got, err := validate(context.Background(), token); err == nil {
				answers[i] = summary(got)
			}
		})
	}
	both.Wait()
	if answers != [2]string{want, want} {
		t.Fatalf("two answers for one token: %q, want %q", answers, want)
	}
}

// summary is all that a token says.
func summary(token *jwt.Token) string {
	var all map[string]any
	if err := token.Decode(&all); err != nil {
		return "does not decode: " + err.Error()
	}
	times := []time.Time{token.IssuedAt(), token.ExpiresAt(), token.NotBefore(), token.AuthTime()}
	return fmt.Sprintf("%q %q %q %q %q %q %v %v %q %q %q %q %v", token.Issuer(), token.Subject(), token.ClientID(),
		token.ID(), token.ACR(), token.AMR(), times, token.Audience(), token.Scopes(), token.Groups(), token.Roles(),
		token.Entitlements(), all)
}

func orEmpty(value any) any {
	if value == nil {
		return ""
	}
	return value
}

// flipped changes one byte, whichever and however the fuzzer likes.
func flipped(token string, at int, flip uint8) string {
	b := []byte(token)
	b[at%len(b)] ^= max(flip, 1)
	return string(b)
}

// The canary stands for everything in a token that must not get into an error.
const canary = "canary-53551"

func checkCanary(t *testing.T, err error) {
	if text := err.Error(); strings.Contains(text, canary) || strings.Contains(text, encode64(canary)[:12]) {
		t.Fatalf("a part of the token is in the error: %s", text)
	}
}

// assemble writes a token in the way that encoding says. What it changes before the last dot is signed as changed if
// sign is set; otherwise the signature is the one of the unchanged segments.
func assemble(header, claims, alg string, encoding uint8, sign bool, at int) string {
	before := []string{encode64(header), encode64(claims)}
	after := slices.Clone(before)
	change := segmentChanges[int(encoding)%len(segmentChanges)]
	if change.segments != nil {
		after = change.segments(after, at)
	}
	signed := strings.Join(after, ".")
	over := signed
	if !sign {
		over = strings.Join(before, ".")
	}
	signature := fuzzSign(alg, over)
	if change.signature != nil {
		signature = change.signature(signature, alg)
	}
	token := signed + "." + encode64(string(signature))
	if change.token != nil {
		token = change.token(token, at)
	}
	return token
}

// A segmentChange changes the first two segments before they are signed, the signature, or the token as a whole.
type segmentChange struct {
	name      string
	segments  func(segments []string, at int) []string
	signature func(signature []byte, alg string) []byte
	token     func(token string, at int) string
}

// one changes one of the segments.
func one(change func(segment string, at int) string) func([]string, int) []string {
	return func(segments []string, at int) []string {
		segments[at%2] = change(segments[at%2], at/2)
		return segments
	}
}

func insert(what string) func(string, int) string {
	return func(s string, at int) string {
		at %= len(s) + 1
		return s[:at] + what + s[at:]
	}
}

var segmentChanges = []segmentChange{
	{name: "as it is"},
	{name: "padding", segments: one(func(s string, _ int) string { return s + strings.Repeat("=", (4-len(s)%4)%4) })},
	{name: "more padding", segments: one(func(s string, _ int) string { return s + "=" })},
	{name: "the other alphabet",
		segments: one(func(s string, _ int) string { return strings.NewReplacer("-", "+", "_", "/").Replace(s) })},
	{name: "trailing bits", segments: one(trailingBits)},
	{name: "line feed", segments: one(insert("\n"))},
	{name: "carriage return", token: insert("\r")},
	{name: "line break in the token", token: insert("\r\n")},
	{name: "space", token: insert(" ")},
	{name: "NUL", token: insert("\x00")},
	{name: "dot", token: insert(".")},
	{name: "not ASCII", token: insert("é")},
	{name: "character", segments: one(insert("A"))},
	{name: "empty segment", segments: one(func(string, int) string { return "" })},
	{name: "segment missing", segments: func(s []string, at int) []string { return s[at%2 : at%2+1] }},
	{name: "segment too many", segments: func(s []string, _ int) []string { return append(s, s[1]) }},
	{name: "five segments", segments: func(s []string, _ int) []string { return append(s, "e30", "e30") }},
	{name: "segments swapped", segments: func(s []string, _ int) []string { return []string{s[1], s[0]} }},
	{name: "encoded twice", segments: one(func(s string, _ int) string { return encode64(s) })},
	{name: "in hexadecimal", segments: one(func(s string, _ int) string { return hex.EncodeToString([]byte(s)) })},
	{name: "not encoded",
		segments: one(func(s string, _ int) string { return string(must(base64.RawURLEncoding.DecodeString(s))) })},
	{name: "truncated", token: func(s string, at int) string { return s[:at%len(s)] }},
	{name: "flattened JSON", token: flattened},
	{name: "signature empty", signature: func([]byte, string) []byte { return nil }},
	{name: "signature short", signature: func(s []byte, _ string) []byte { return s[:len(s)-1] }},
	{name: "signature long", signature: func(s []byte, _ string) []byte { return append(s, 0) }},
	{name: "signature zero", signature: func(s []byte, _ string) []byte { return make([]byte, len(s)) }},
	{name: "signature full", signature: func(s []byte, _ string) []byte { return slices.Repeat([]byte{0xff}, len(s)) }},
	{name: "signature by another", signature: func(_ []byte, alg string) []byte { return fuzzSign(alg, "another text") }},
	{name: "signature's trailing bits", token: func(s string, _ int) string { return trailingBits(s, 0) }},
	{name: "signature padded", token: func(s string, _ int) string { return s + "==" }},
	{name: "huge", token: func(s string, _ int) string { return s + strings.Repeat("A", 17<<10) }},
	{name: "huge claims", segments: func(s []string, _ int) []string {
		return []string{s[0], encode64(string(must(base64.RawURLEncoding.DecodeString(s[1]))) + strings.Repeat(" ", 13<<10))}
	}},
	{name: "huge header", segments: func(s []string, _ int) []string {
		return []string{s[0] + strings.Repeat("ICAg", 3<<10), s[1]}
	}},
}

// trailingBits sets a bit that the last character of a segment has to leave zero, if it has one.
func trailingBits(s string, _ int) string {
	last := len(s) - 1
	if last < 0 || (len(s)-strings.LastIndex(s, ".")-1)%4 < 2 {
		return s
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	at := strings.IndexByte(alphabet, s[last])
	if at < 0 {
		return s
	}
	return s[:last] + alphabet[at^1:at^1+1]
}

func flattened(token string, _ int) string {
	parts := strings.SplitN(token, ".", 3)
	return fmt.Sprintf(`{"protected":%q,"payload":%q,"signature":%q}`, parts[0], parts[1], parts[len(parts)-1])
}
