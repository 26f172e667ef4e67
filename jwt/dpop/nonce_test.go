package dpop_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/dpop"
)

var (
	firstKey  = []byte(strings.Repeat("1", 32))
	secondKey = []byte(strings.Repeat("2", 32))
)

// demanded returns the nonce that a verifier asks for.
func demanded(t *testing.T, v *dpop.Verifier, c *client) string {
	t.Helper()
	err := spent(v, c.proof(nil, nil), c.get())
	requireReason(t, dpop.ReasonNonce, err)
	var e *dpop.Error
	require.Equal(t, true, errors.As(err, &e))
	require.Regexp(t, `^[A-Za-z0-9_-]{20,}$`, e.Nonce()) // NQCHAR of RFC 9449 §8.1
	return e.Nonce()
}

// checklist 131, 141, 142
func TestNonces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, "ES256")
		config := dpop.Config{NonceKeys: [][]byte{firstKey}}
		v, replica := verifier(t, config), verifier(t, config)
		nonce := demanded(t, v, c)
		use := func(v *dpop.Verifier, nonce string) (next string, err error) {
			_, next, err = v.Verify(c.proof(nil, members{"nonce": nonce}), c.get())
			return next, err
		}
		next, err := use(replica, nonce)
		require.NoError(t, err)
		require.Empty(t, next, "the nonce is the one that is handed out")
		for _, wrong := range []string{"", "x", nonce + "A", nonce[1:], strings.Repeat("A", 32), strings.ToLower(nonce)} {
			_, err := use(v, wrong)
			requireReason(t, dpop.ReasonNonce, err, wrong)
		}

		time.Sleep(5 * time.Minute) // a fake clock
		next, err = use(v, nonce)
		require.NoError(t, err, "a nonce is accepted while the next one is handed out")
		require.NotEqual(t, nonce, next)
		require.Equal(t, demanded(t, v, c), next)

		time.Sleep(5 * time.Minute)
		_, err = use(v, nonce)
		requireReason(t, dpop.ReasonNonce, err)
	})
}

func TestNonceKeysAreReplacedInTurn(t *testing.T) {
	c := newClient(t, "ES256")
	old := verifier(t, dpop.Config{NonceKeys: [][]byte{firstKey}})
	both := verifier(t, dpop.Config{NonceKeys: [][]byte{secondKey, firstKey}})
	young := verifier(t, dpop.Config{NonceKeys: [][]byte{secondKey}})
	nonce := demanded(t, old, c)
	_, next, err := both.Verify(c.proof(nil, members{"nonce": nonce}), c.get())
	require.NoError(t, err)
	_, _, err = young.Verify(c.proof(nil, members{"nonce": next}), c.get())
	require.NoError(t, err)
	_, _, err = young.Verify(c.proof(nil, members{"nonce": nonce}), c.get())
	requireReason(t, dpop.ReasonNonce, err)
}
