package jwt_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwe"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// encrypting returns an issuer, what encrypts its tokens, and the setting that
// decrypts them.
func encrypting(t *testing.T) (issuer *jwttest.Issuer, encrypt func(string) string, decrypting func(*jwt.Config)) {
	t.Helper()
	issuer, _ = strict(t)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	encrypt = func(token string) string {
		sealed, err := jwe.Encrypt([]byte(token), jwe.WithKey(jwa.RSA_OAEP_256, key.Public()), jwe.WithContentEncryption(jwa.A256GCM))
		require.NoError(t, err)
		return string(sealed)
	}
	return issuer, encrypt, func(c *jwt.Config) {
		c.Decrypt = func(_ context.Context, sealed string) (string, error) {
			opened, err := jwe.Decrypt([]byte(sealed), jwe.WithKey(jwa.RSA_OAEP_256, key))
			return string(opened), err
		}
	}
}

// checklist 40, 41
func TestEncryptedTokens(t *testing.T) {
	issuer, encrypt, decrypting := encrypting(t)
	v := validatorOf(t, issuer, decrypting)
	require.Equal(t, "alice", accept(t, v, encrypt(issuer.Token(jwttest.Subject("alice")))).Subject())

	refuse(t, v, issuer.Token(), jwt.ReasonNotEncrypted)
	refuse(t, v, "", jwt.ReasonNotEncrypted)
	refuse(t, v, "....", jwt.ReasonNotEncrypted)
	refuse(t, v, canary, jwt.ReasonNotEncrypted)
	refuse(t, validatorOf(t, issuer), encrypt(issuer.Token()), jwt.ReasonEncrypted)
}

// checklist 41, 52
func TestDecryptionProvesNothing(t *testing.T) {
	issuer, encrypt, decrypting := encrypting(t)
	v := validatorOf(t, issuer, decrypting)
	refuse(t, v, encrypt(issuer.Token(jwttest.Alg("none"))), jwt.ReasonAlgorithm)
	refuse(t, v, encrypt(issuer.Token(jwttest.Tampered())), jwt.ReasonSignature)
	refuse(t, v, encrypt(issuer.Token(jwttest.Audience("x"))), jwt.ReasonAudience)
	refuse(t, v, encrypt(`{"iss":"https://issuer.example"}`), jwt.ReasonMalformed)
	refuse(t, v, encrypt(encrypt(issuer.Token())), jwt.ReasonEncrypted)

	sealed := encrypt(issuer.Token())
	dot := strings.LastIndexByte(sealed, '.')
	refuse(t, v, sealed[:dot-1]+sealed[dot:], jwt.ReasonEncrypted)
	_, encryptForOthers, _ := encrypting(t)
	refuse(t, v, encryptForOthers(issuer.Token()), jwt.ReasonEncrypted)
}

// checklist 41, 64
func TestDecryptionIsBounded(t *testing.T) {
	issuer, encrypt, _ := encrypting(t)
	asked := 0
	token := issuer.Token()
	sealed := encrypt(token)
	v := func(limit int, opened string) *jwt.Validator {
		return validatorOf(t, issuer, func(c *jwt.Config) {
			c.MaxTokenBytes = limit
			c.Decrypt = func(context.Context, string) (string, error) { asked++; return opened, nil }
		})
	}
	acceptOnce(t, v(len(sealed), token), sealed)
	refuseOnce(t, v(len(sealed)-1, token), sealed, jwt.ReasonTooLarge)
	require.Equal(t, 1, asked, "what is too large is not decrypted")
	refuseOnce(t, v(len(sealed), strings.Repeat("x", len(sealed)+1)), sealed, jwt.ReasonTooLarge)
	refuseOnce(t, v(len(sealed), ""), sealed, jwt.ReasonMalformed)
	acceptOnce(t, v(len(sealed), token), "ew"+sealed[2:]) // an indented header
}

// noFault says of itself that it is not the token's fault.
type noFault struct{ error }

func (noFault) InvalidToken() bool { return false }

// fault says of itself that it is the token's fault.
type fault struct{ error }

func (fault) InvalidToken() bool { return true }
func (f fault) Unwrap() error    { return f.error }

// tryLater says when to try again.
type tryLater struct{ error }

func (tryLater) RetryAfter() time.Duration { return time.Second }

// checklist 41, 42
func TestWhoseFaultADecryptionErrorIs(t *testing.T) {
	issuer, encrypt, _ := encrypting(t)
	sealed := encrypt(issuer.Token())
	cause := errors.New("key service: " + canary)
	failing := func(err error) *jwt.Validator {
		return validatorOf(t, issuer, func(c *jwt.Config) {
			c.Decrypt = func(context.Context, string) (string, error) { return "", err }
		})
	}
	refuse(t, failing(cause), sealed, jwt.ReasonEncrypted)

	token, err := failing(fmt.Errorf("wrapped: %w", noFault{cause})).Validate(t.Context(), sealed)
	require.Nil(t, token)
	require.ErrorContains(t, err, "jwt: the token could not be decrypted: wrapped: ")
	require.ErrorAs(t, err, new(noFault))
	var invalid *jwt.Error
	require.NotErrorAs(t, err, &invalid)

	for name, outage := range map[string]error{
		"network": &net.OpError{Op: "dial", Err: cause}, "time-out": context.DeadlineExceeded,
		"canceled": context.Canceled, "back-off": tryLater{cause},
	} {
		_, err = failing(fmt.Errorf("wrapped: %w", outage)).Validate(t.Context(), sealed)
		require.ErrorIs(t, err, outage, name)
		require.NotErrorAs(t, err, &invalid, name)
	}
	refuse(t, failing(fault{&net.OpError{Op: "dial", Err: cause}}), sealed, jwt.ReasonEncrypted)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	token, err = failing(context.Canceled).Validate(ctx, sealed)
	require.Nil(t, token)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorAs(t, err, &invalid)
}

func TestDecryptGetsTheContext(t *testing.T) {
	issuer, encrypt, _ := encrypting(t)
	token := issuer.Token()
	v := validatorOf(t, issuer, func(c *jwt.Config) {
		c.Decrypt = func(ctx context.Context, _ string) (string, error) {
			require.Equal(t, "here", ctx.Value(contextKey{}))
			return token, nil
		}
	})
	_, err := v.Validate(context.WithValue(t.Context(), contextKey{}, "here"), encrypt(token))
	require.NoError(t, err)
}
