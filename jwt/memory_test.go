package jwt

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type oneKey struct{ key crypto.PublicKey }

func (k oneKey) VerificationKeys(context.Context, string, string) ([]crypto.PublicKey, error) {
	return []crypto.PublicKey{k.key}, nil
}

// Whoever has no key can make nothing be remembered, and a long header is not
// worth its room.
func TestHeadersThatAreRemembered(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	encode := base64.RawURLEncoding.EncodeToString
	token := func(header string) string {
		signed := encode([]byte(header)) + "." + encode([]byte(`{"iss":"a"}`))
		return signed + "." + encode(ed25519.Sign(private, []byte(signed)))
	}
	usual := token(`{"alg":"EdDSA","typ":"at+jwt"}`)
	for name, tt := range map[string]struct {
		token string
		known bool
	}{
		"good":          {usual, true},
		"bad signature": {usual[:strings.LastIndexByte(usual, '.')+1] + strings.Repeat("A", 86), false},
		"long":          {token(`{"alg":"EdDSA","typ":"at+jwt","x5c":["` + strings.Repeat("A", maxRemembered) + `"]}`), false},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := NewValidator(Config{Issuer: "a", Audiences: []string{"b"}, Keys: oneKey{public}})
			require.NoError(t, err)
			jws, err := split(tt.token, defaultMaxTokenBytes)
			require.NoError(t, err)
			w := new(workspace)
			_, err = v.authenticate(t.Context(), jws, w)
			require.Equal(t, name == "bad signature", err != nil)
			h := v.headers.slot(jws.header).find(jws.header)
			require.Equal(t, tt.known, h != nil)
			if tt.known {
				again, err := v.authenticate(t.Context(), jws, w)
				require.NoError(t, err)
				require.Same(t, h, again.header)
			}
		})
	}
}
