package jwt_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// A source that takes ten minutes must not give a token ten minutes more.
// checklist 35
func TestStillValidReadsTheClockAfterTheKeysCame(t *testing.T) {
	issuer, _ := strict(t)
	synctest.Test(t, func(t *testing.T) {
		var takes time.Duration
		slow := keySource(func(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
			time.Sleep(takes) // simulated
			return issuer.VerificationKeys(ctx, kid, alg)
		})
		token := acceptOnce(t, validatorOf(t, issuer, withKeys(slow)), issuer.Token(jwttest.ExpiresIn(time.Minute)))
		takes = time.Minute + defaultLeeway - time.Nanosecond
		require.True(t, token.StillValid(t.Context()))
		takes = time.Nanosecond
		require.False(t, token.StillValid(t.Context()))
	})
}

// A key that no validation would try is not one that a token lives on by.
// checklist 34, 64
func TestStillValidTriesNoMoreKeysThanAValidation(t *testing.T) {
	issuer, _ := strict(t)
	own := issuer.PublicKey(issuer.KeyID())
	var others []crypto.PublicKey
	for range 8 {
		public, _, err := ed25519.GenerateKey(rand.Reader)
		require.NoError(t, err)
		others = append(others, public)
	}
	keys := []crypto.PublicKey{own}
	var failure error
	v := validatorOf(t, issuer, withKeys(keySource(func(context.Context, string, string) ([]crypto.PublicKey, error) {
		return keys, failure
	})))
	token := acceptOnce(t, v, issuer.Token())
	for _, tt := range []struct {
		name    string
		keys    []crypto.PublicKey
		failure error
		want    bool
	}{
		{"its own", []crypto.PublicKey{own}, nil, true},
		{"eighth", append(slices.Clone(others[:7]), own), nil, true},
		{"ninth", append(slices.Clone(others), own), nil, false},
		{"none", nil, nil, false},
		{"an error beside it", []crypto.PublicKey{own}, errors.New("down"), false},
		{"another", others[:1], nil, false},
	} {
		keys, failure = tt.keys, tt.failure
		require.Equal(t, tt.want, token.StillValid(t.Context()), tt.name)
	}
}

func TestNoTokenIsStillValid(t *testing.T) {
	for name, token := range map[string]*jwt.Token{"nil": nil, "zero": {}} {
		require.False(t, token.StillValid(t.Context()), name)
		require.Zero(t, token.Size(), name)
	}
}

func TestStillValidWithASharedSecret(t *testing.T) {
	now := someTime
	issuer, v := strict(t, withSecret, func(c *jwt.Config) { c.Now = func() time.Time { return now } })
	token := acceptOnce(t, v,
		issuer.Token(jwttest.Secret(secret), jwttest.IssuedAt(someTime), jwttest.Claim("exp", someTime.Add(time.Minute))))
	require.True(t, token.StillValid(t.Context()))
	now = now.Add(time.Hour)
	require.False(t, token.StillValid(t.Context()))
}
