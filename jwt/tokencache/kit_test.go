package tokencache_test

import (
	"context"
	"crypto"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
)

// cache is what most services have.
type cache = tokencache.Cache[*jwt.Token]

// counted is a validator that counts how often it is asked.
type counted struct {
	*jwt.Validator
	calls atomic.Int32
}

func (c *counted) Validate(ctx context.Context, token string) (*jwt.Token, error) {
	c.calls.Add(1)
	return c.Validator.Validate(ctx, token)
}

// cached returns a cache in front of a validator for issuer that gets its keys
// from keys.
func cached(t *testing.T, issuer *jwttest.Issuer, keys jwt.KeySource, config tokencache.Config) (*cache, *counted) {
	t.Helper()
	v, err := jwt.NewValidator(jwt.Config{Issuer: issuer.URL(), Audiences: []string{issuer.Audience()}, Keys: keys})
	require.NoError(t, err)
	c := &counted{Validator: v}
	cache, err := tokencache.New(c.Validate, config)
	require.NoError(t, err)
	return cache, c
}

// keySource is a KeySource made of a function.
type keySource func(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error)

func (f keySource) VerificationKeys(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
	return f(ctx, kid, alg)
}

// accept demands that the token is accepted.
func accept(t *testing.T, cache *cache, bearer string) *jwt.Token {
	t.Helper()
	token, err := cache.Validate(t.Context(), bearer)
	require.NoError(t, err)
	require.NotNil(t, token)
	return token
}

// refuse demands that the token is refused for that reason.
func refuse(t *testing.T, cache *cache, bearer string, reason jwt.Reason) {
	t.Helper()
	token, err := cache.Validate(t.Context(), bearer)
	require.Nil(t, token)
	var invalid *jwt.Error
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, reason, invalid.Reason)
}

func entriesOf(c *cache) int {
	entries, _ := c.Usage()
	return entries
}
