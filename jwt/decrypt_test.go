package jwt_test

import (
	"context"
	"crypto/fips140"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"slices"
	"strings"
	"syscall"
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
		return forged(func() string { // by what jwx makes of AES-GCM, which FIPS 140 has other rules for
			sealed, err := jwe.Encrypt([]byte(token), jwe.WithKey(jwa.RSA_OAEP_256, key.Public()),
				jwe.WithContentEncryption(jwa.A256GCM))
			require.NoError(t, err)
			return string(sealed)
		})
	}
	return issuer, encrypt, func(c *jwt.Config) {
		c.Decrypt = func(_ context.Context, sealed string) (text string, err error) {
			fips140.WithoutEnforcement(func() {
				opened, cause := jwe.Decrypt([]byte(sealed), jwe.WithKey(jwa.RSA_OAEP_256, key))
				text, err = string(opened), cause
			})
			return text, err
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

// slow and quick say whether it was for the time.
type slow struct{ error }

func (slow) Timeout() bool { return true }

type quick struct{ error }

func (quick) Timeout() bool { return false }

// The clients of key services tell the HTTP status by one of these.
type status struct {
	error
	code int
}

func (s status) StatusCode() int { return s.code }

type httpStatus struct {
	error
	code int
}

func (s httpStatus) HTTPStatusCode() int { return s.code }

type httpCode struct {
	error
	code int
}

func (s httpCode) HTTPCode() int { return s.code }

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

	outages := map[string]error{
		"network": &net.OpError{Op: "dial", Err: cause}, "time-out": context.DeadlineExceeded,
		"canceled": context.Canceled, "back-off": tryLater{cause},
		"HTTP client": &url.Error{Op: "Post", URL: "https://keys.example", Err: cause},
		"closed":      io.ErrClosedPipe, "key file": &fs.PathError{Op: "open", Path: "/key.pem", Err: fs.ErrNotExist},
		"slow": slow{cause}, "syscall": syscall.ECONNREFUSED,
	}
	for _, code := range []int{401, 403, 407, 408, 425, 429, 500, 502, 503, 504, 529} {
		outages[fmt.Sprintf("status %d", code)] = status{cause, code}
		outages[fmt.Sprintf("HTTP status %d", code)] = httpStatus{cause, code}
		outages[fmt.Sprintf("HTTP code %d", code)] = httpCode{cause, code}
	}
	for name, outage := range outages {
		_, err = failing(fmt.Errorf("wrapped: %w", outage)).Validate(t.Context(), sealed)
		require.ErrorIs(t, err, outage, name)
		require.NotErrorAs(t, err, &invalid, name)
	}
	// What a key service says of the token is said of the token, and so is what a
	// library makes of a text that ends too soon.
	for name, refusal := range map[string]error{
		"bad request": status{cause, 400}, "no such key": httpStatus{cause, 404}, "no status": httpCode{cause, 0},
		"end": io.EOF, "cut off": io.ErrUnexpectedEOF, "quick": quick{cause},
	} {
		err := refuseOnce(t, failing(fmt.Errorf("wrapped: %w", refusal)), sealed, jwt.ReasonEncrypted)
		require.NotErrorIs(t, err, refusal, name)
	}
	refuse(t, failing(fault{&net.OpError{Op: "dial", Err: cause}}), sealed, jwt.ReasonEncrypted)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, ended := range []error{context.Canceled, cause} { // whatever the error is once the context has ended
		token, err = failing(ended).Validate(ctx, sealed)
		require.Nil(t, token)
		require.ErrorIs(t, err, ended)
		require.NotErrorAs(t, err, &invalid)
	}
}

// A library's answer to a text that is no good is never an outage: anybody could
// bring one about.
// checklist 41
func TestNoTextLooksLikeAnOutage(t *testing.T) {
	issuer, encrypt, decrypting := encrypting(t)
	v := validatorOf(t, issuer, decrypting)
	sealed := encrypt(issuer.Token())
	segments := strings.Split(sealed, ".")
	texts := []string{"ey....", "e30....", "eyJhbGciOiJSU0EtT0FFUC0yNTYifQ...."}
	for n, segment := range segments {
		for _, other := range []string{"", segment[:len(segment)/2], segment + segment, "AAAA", "!"} {
			changed := slices.Clone(segments)
			changed[n] = other
			if n == 0 && !strings.HasPrefix(other, "ey") {
				continue
			}
			texts = append(texts, strings.Join(changed, "."))
		}
	}
	for _, text := range texts {
		_, err := v.Validate(t.Context(), text)
		require.ErrorAs(t, err, new(*jwt.Error), text)
	}
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
