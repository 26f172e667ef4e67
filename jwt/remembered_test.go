package jwt

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/internal/jws"
	"example.com/resourceserver/jwt/internal/memo"
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
	long := token(`{"alg":"EdDSA","typ":"at+jwt","x5c":["` + strings.Repeat("A", memo.MaxText) + `"]}`)
	for name, tt := range map[string]struct {
		token string
		known bool
	}{
		"good":          {usual, true},
		"bad signature": {usual[:strings.LastIndexByte(usual, '.')+1] + strings.Repeat("A", 86), false},
		"long":          {long, false},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := NewValidator(Config{Issuer: "a", Audiences: []string{"b"}, Keys: oneKey{public}})
			require.NoError(t, err)
			header := tt.token[:strings.IndexByte(tt.token, '.')]
			remembered := func() *jws.Header { return v.headers.Cell(header).Find(header) }
			_, err = v.Validate(t.Context(), tt.token) // which lacks claims, and is refused for it
			require.Error(t, err)
			first := remembered()
			require.Equal(t, tt.known, first != nil)
			_, err = v.Validate(t.Context(), tt.token)
			require.Error(t, err)
			require.Same(t, first, remembered())
		})
	}
}

// Explain judges claims that nobody has signed, so none of them may be remembered: a
// stranger would displace what the issuer's tokens have.
//
// checklist 221
func TestExplainRemembersNothing(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	encode := base64.RawURLEncoding.EncodeToString
	header := encode([]byte(`{"alg":"EdDSA","typ":"at+jwt"}`))
	signed := header + "." + encode([]byte(`{"iss":"a","aud":"b","exp":9999999999,"iat":1,"sub":"c",`+
		`"client_id":"d","jti":"e","scope":"read"}`))
	v, err := NewValidator(Config{Issuer: "a", Audiences: []string{"b"}, Keys: oneKey{public}})
	require.NoError(t, err)
	remembered := func() bool {
		return v.headers.Cell(header).Find(header) != nil || v.scopes.Cell(`"read"`).Find(`"read"`) != nil
	}
	require.Error(t, v.Explain(t.Context(), signed+"."+strings.Repeat("A", 86)).Err())
	require.False(t, remembered())
	good := signed + "." + encode(ed25519.Sign(private, []byte(signed)))
	require.NoError(t, v.Explain(t.Context(), good).Err())
	require.False(t, remembered())
	_, err = v.Validate(t.Context(), good)
	require.NoError(t, err)
	require.True(t, remembered())
}
