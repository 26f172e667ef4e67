package jwt_test

import (
	"context"
	"crypto"
	"crypto/fips140"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
)

// What Config documents.
const (
	defaultLeeway        = 30 * time.Second
	maxLeeway            = 5 * time.Minute
	defaultMaxTokenBytes = 16 << 10
)

// canary is in what a test sends and must be in no error.
const canary = "c4n4ry"

// secret is an HMAC secret that is long enough for every HS algorithm.
var secret = []byte(strings.Repeat("correct horse battery staple ", 3))

// someTime is a second for tests that fix the time.
var someTime = time.Unix(1_800_000_000, 0)

// strict returns an issuer whose first key is for EdDSA, the quickest to sign
// with, and a validator for it that has no setting but those of adjust.
func strict(t *testing.T, adjust ...func(*jwt.Config)) (*jwttest.Issuer, *jwt.Validator) {
	t.Helper()
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("EdDSA"))
	return issuer, validatorOf(t, issuer, adjust...)
}

func validatorOf(t *testing.T, issuer *jwttest.Issuer, adjust ...func(*jwt.Config)) *jwt.Validator {
	t.Helper()
	config := configOf(issuer)
	for _, f := range adjust {
		f(&config)
	}
	validator, err := jwt.NewValidator(config)
	require.NoError(t, err)
	return validator
}

func configOf(issuer *jwttest.Issuer) jwt.Config {
	return jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: issuer}
}

// withSecret makes a validator of HMAC tokens.
func withSecret(config *jwt.Config) {
	config.Keys, config.Secret, config.Algorithms = nil, secret, []string{"HS256", "HS384", "HS512"}
}

func withKeys(keys jwt.KeySource) func(*jwt.Config) {
	return func(config *jwt.Config) { config.Keys = keys }
}

func withProfile(profile jwt.Profile) func(*jwt.Config) {
	return func(config *jwt.Config) { config.Profile = profile }
}

func at(now time.Time) func(*jwt.Config) {
	return func(config *jwt.Config) { config.Now = func() time.Time { return now } }
}

// keySource is a KeySource made of a function.
type keySource func(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error)

func (f keySource) VerificationKeys(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
	return f(ctx, kid, alg)
}

// always answers with these keys, whatever is asked for.
func always(keys ...crypto.PublicKey) jwt.KeySource {
	return keySource(func(context.Context, string, string) ([]crypto.PublicKey, error) { return keys, nil })
}

// validating is what Validator and Issuers have in common.
type validating interface {
	Validate(ctx context.Context, token string) (*jwt.Token, error)
}

// accept demands that the token is accepted, by v and by a cache in front of v,
// when it is new there and when it is remembered.
func accept(t *testing.T, v validating, token string) *jwt.Token {
	t.Helper()
	claims := acceptOnce(t, v, token)
	explains(t, v, token, nil)
	cache := cacheOf(t, v)
	for range 2 {
		cached, err := cache.Validate(t.Context(), token)
		require.NoError(t, err)
		require.Equal(t, claims, cached)
	}
	return claims
}

// acceptOnce is accept without the cache, for tests that count.
func acceptOnce(t *testing.T, v validating, token string) *jwt.Token {
	t.Helper()
	claims, err := v.Validate(t.Context(), token)
	require.NoError(t, err)
	require.NotNil(t, claims)
	return claims
}

// refuse demands that the token is refused for that reason, by v and by a cache
// in front of v, however often it comes.
func refuse(t *testing.T, v validating, token string, reason jwt.Reason) *jwt.Error {
	t.Helper()
	invalid := refuseOnce(t, v, token, reason)
	explains(t, v, token, invalid)
	cache := cacheOf(t, v)
	for range 2 {
		cached, err := cache.Validate(t.Context(), token)
		require.Nil(t, cached)
		require.Equal(t, invalid, err)
	}
	entries, _ := cache.Usage()
	require.Zero(t, entries)
	return invalid
}

// refuseOnce is refuse without the cache, for tests that count. The error must
// repeat nothing of the token.
func refuseOnce(t *testing.T, v validating, token string, reason jwt.Reason) *jwt.Error {
	t.Helper()
	claims, err := v.Validate(t.Context(), token)
	require.Nil(t, claims)
	var invalid *jwt.Error
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, reason, invalid.Reason, "%v", err)
	require.True(t, invalid.InvalidToken())
	require.Equal(t, string(reason), invalid.InvalidTokenReason())
	tellsNothing(t, token, err.Error())
	return invalid
}

// cacheOf returns an empty cache in front of v, as small as a cache can be.
func cacheOf(t *testing.T, v validating) *tokencache.Cache[*jwt.Token] {
	t.Helper()
	cache, err := tokencache.New(v.Validate, tokencache.Config{MaxEntries: 1})
	require.NoError(t, err)
	return cache
}

// tellsNothing demands that text holds no segment of token and no string of its
// header and claims.
func tellsNothing(t *testing.T, token, text string) {
	t.Helper()
	require.NotContains(t, text, canary)
	for segment := range strings.SplitSeq(token, ".") {
		if len(segment) >= 4 {
			require.NotContains(t, text, segment)
		}
		decoded, _ := base64.RawURLEncoding.DecodeString(segment)
		var members map[string]any
		if json.Unmarshal(decoded, &members) != nil {
			continue
		}
		for _, value := range members {
			if s, ok := value.(string); ok && len(s) >= 4 {
				require.NotContains(t, text, s)
			}
		}
	}
}

// forged returns what f makes. An attacker is not held to FIPS 140 where the tests
// are (GODEBUG=fips140=only).
func forged[T any](f func() T) (made T) {
	fips140.WithoutEnforcement(func() { made = f() })
	return made
}

// panicking is a key source that must not be asked.
type panicking struct{}

func (panicking) VerificationKeys(context.Context, string, string) ([]crypto.PublicKey, error) {
	panic("the key source was asked")
}

// claimsOf returns the claims of a token, as they are and as text.
func claimsOf(t *testing.T, token string) (claims map[string]any, text string) {
	t.Helper()
	segments := strings.Split(token, ".")
	require.Len(t, segments, 3)
	decoded, err := base64.RawURLEncoding.DecodeString(segments[1])
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(decoded, &claims))
	return claims, string(decoded)
}
