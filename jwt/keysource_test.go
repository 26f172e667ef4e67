package jwt_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
)

type contextKey struct{}

func TestTheKeySourceGetsTheContext(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer, withKeys(keySource(func(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
		require.Equal(t, "here", ctx.Value(contextKey{}))
		return issuer.VerificationKeys(ctx, kid, alg)
	})))
	_, err := v.Validate(context.WithValue(t.Context(), contextKey{}, "here"), issuer.Token())
	require.NoError(t, err)
}

// checklist 32, 49
func TestTheKeySourceIsAskedByKidAndAlg(t *testing.T) {
	issuer, _ := strict(t)
	keys := &counting{KeySource: issuer}
	v := validatorOf(t, issuer, withKeys(keys))
	acceptOnce(t, v, issuer.Token())
	acceptOnce(t, v, issuer.Token(jwttest.Alg("ES384")))
	acceptOnce(t, v, issuer.Token(jwttest.WithoutHeader("kid")))
	require.Equal(t, []string{"EdDSA-1", "EdDSA", "ES384-2", "ES384", "", "EdDSA"}, keys.asked)
}

// keysUnavailable is how a source says that it has no answer.
type keysUnavailable struct{}

func (*keysUnavailable) Error() string { return "keys unavailable" }

// That the keys cannot be had says nothing about the token.
// checklist 42
func TestKeySourceErrors(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer, withKeys(keySource(func(context.Context, string, string) ([]crypto.PublicKey, error) {
		return []crypto.PublicKey{issuer.PublicKey(issuer.KeyID())}, &keysUnavailable{} // the error counts
	})))
	token := issuer.Token(jwttest.Subject(canary))
	claims, err := v.Validate(t.Context(), token)
	require.Nil(t, claims)
	require.EqualError(t, err, "jwt: the verification keys are not available: keys unavailable")
	var unavailable *keysUnavailable
	require.ErrorAs(t, err, &unavailable)
	var invalid *jwt.Error
	require.NotErrorAs(t, err, &invalid)
	tellsNothing(t, token, err.Error())

	issuer.Stall(jwttest.KeySet)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	claims, err = validatorOf(t, issuer).Validate(ctx, token)
	require.Nil(t, claims)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorAs(t, err, &invalid)
}

// A forger must not be able to cause fetches at will.
// checklist 34, 52
func TestABadSignatureAsksOnce(t *testing.T) {
	issuer, _ := strict(t)
	issuer.AddKey("EdDSA")
	keys := &counting{KeySource: issuer}
	alone := validatorOf(t, issuer, withKeys(keys))
	several, err := jwt.ByIssuer(alone)
	require.NoError(t, err)
	for name, opts := range map[string][]jwttest.TokenOption{
		"tampered":            {jwttest.Tampered()},
		"another key":         {jwttest.Unpublished(), jwttest.Header("kid", issuer.KeyID())},
		"no kid":              {jwttest.WithoutHeader("kid"), jwttest.Tampered()},
		"unknown kid":         {jwttest.Header("kid", "unknown")},
		"the wrong algorithm": {jwttest.Header("alg", "ES256")},
		"the claims":          {jwttest.Audience("another")},
	} {
		for _, v := range []validating{alone, several} {
			keys.asked = nil
			_, err := v.Validate(t.Context(), issuer.Token(opts...))
			require.ErrorAs(t, err, new(*jwt.Error), name)
			require.Len(t, keys.asked, 2, "%s: one kid, one alg", name)
		}
	}
}

// checklist 34, 64
func TestTheNumberOfKeysTriedIsBounded(t *testing.T) {
	issuer, _ := strict(t)
	good := issuer.PublicKey(issuer.KeyID())
	var others []crypto.PublicKey
	for range 8 {
		public, _, err := ed25519.GenerateKey(rand.Reader)
		require.NoError(t, err)
		others = append(others, public)
	}
	token := issuer.Token(jwttest.WithoutHeader("kid"))
	accept(t, validatorOf(t, issuer, withKeys(always(slices.Concat(others[:7], []crypto.PublicKey{good})...))), token)
	told := func(keys []crypto.PublicKey, reason jwt.Reason, want string) {
		t.Helper()
		require.ErrorContains(t, refuse(t, validatorOf(t, issuer, withKeys(always(keys...))), token, reason), want)
	}
	told(slices.Concat(others, []crypto.PublicKey{good}), jwt.ReasonSignature, "only the first 8 of 9 keys were tried")
	told(slices.Repeat(others, 10_000), jwt.ReasonSignature, "only the first 8 of 80000 keys were tried")
	unfit := slices.Repeat([]crypto.PublicKey{nil}, 8)
	told(append(unfit, good), jwt.ReasonUnknownKey, "only the first 8 of 9 keys were tried")
	require.NotContains(t,
		refuse(t, validatorOf(t, issuer, withKeys(always(others...))), token, jwt.ReasonSignature).Error(), "tried")
	accept(t, validatorOf(t, issuer, withKeys(always(append(unfit[1:], good)...))), token)
}

// What a source returns is not trusted to be what it was asked for. A key that
// does not fit is none: the reason is unknown_key, not signature.
// checklist 34, 49, 53, 54
func TestKeysThatDoNotFit(t *testing.T) {
	issuer, _ := strict(t)
	for _, alg := range []string{"RS256", "ES256"} {
		issuer.AddKey(alg)
	}
	n := issuer.PublicKey("RS256-2").(*rsa.PublicKey).N
	p256 := issuer.PublicKey("ES256-3").(*ecdsa.PublicKey)
	encoded, err := p256.Bytes() // 4, X, Y
	require.NoError(t, err)
	x, y := new(big.Int).SetBytes(encoded[1:33]), new(big.Int).SetBytes(encoded[33:])
	ed := issuer.PublicKey("EdDSA-1").(ed25519.PublicKey)
	sized := func(bits uint) *big.Int { // odd, and of that many bits
		return new(big.Int).SetBit(new(big.Int).Lsh(big.NewInt(1), bits-1), 0, 1)
	}
	tooLarge := int64(1<<31 + 1)
	type ownKey struct{ *rsa.PublicKey }
	for _, tt := range []struct {
		name string
		alg  string
		key  crypto.PublicKey
		want jwt.Reason
	}{
		{"nil", "RS256", nil, jwt.ReasonUnknownKey},
		{"typed nil", "RS256", (*rsa.PublicKey)(nil), jwt.ReasonUnknownKey},
		{"no modulus", "RS256", &rsa.PublicKey{E: 65537}, jwt.ReasonUnknownKey},
		{"modulus 0", "RS256", &rsa.PublicKey{N: new(big.Int), E: 65537}, jwt.ReasonUnknownKey},
		{"negative modulus", "RS256", &rsa.PublicKey{N: new(big.Int).Neg(n), E: 65537}, jwt.ReasonUnknownKey},
		{"even modulus", "RS256", &rsa.PublicKey{N: new(big.Int).Sub(n, big.NewInt(1)), E: 65537}, jwt.ReasonUnknownKey},
		{"not a pointer", "RS256", *issuer.PublicKey("RS256-2").(*rsa.PublicKey), jwt.ReasonUnknownKey},
		{"a type around it", "RS256", ownKey{issuer.PublicKey("RS256-2").(*rsa.PublicKey)}, jwt.ReasonUnknownKey},
		{"private", "RS256", issuer.PrivateKey("RS256-2"), jwt.ReasonUnknownKey},
		{"bytes", "RS256", n.Bytes(), jwt.ReasonUnknownKey},
		{"text", "RS256", "key", jwt.ReasonUnknownKey},
		{"EC", "RS256", p256, jwt.ReasonUnknownKey},
		{"2047 bits", "RS256", &rsa.PublicKey{N: sized(2047), E: 65537}, jwt.ReasonUnknownKey},
		{"2048 bits", "RS256", &rsa.PublicKey{N: sized(2048), E: 65537}, jwt.ReasonSignature},
		{"16384 bits", "RS256", &rsa.PublicKey{N: sized(16384), E: 65537}, jwt.ReasonSignature},
		{"16385 bits", "RS256", &rsa.PublicKey{N: sized(16385), E: 65537}, jwt.ReasonUnknownKey},
		{"e 0", "RS256", &rsa.PublicKey{N: n}, jwt.ReasonUnknownKey},
		{"e 1", "RS256", &rsa.PublicKey{N: n, E: 1}, jwt.ReasonUnknownKey},
		{"e 2", "RS256", &rsa.PublicKey{N: n, E: 2}, jwt.ReasonUnknownKey},
		{"e 3", "RS256", &rsa.PublicKey{N: n, E: 3}, jwt.ReasonSignature},
		{"e negative", "RS256", &rsa.PublicKey{N: n, E: -3}, jwt.ReasonUnknownKey},
		{"e even", "PS256", &rsa.PublicKey{N: n, E: 65536}, jwt.ReasonUnknownKey},
		{"e largest", "RS256", &rsa.PublicKey{N: n, E: 1<<31 - 1}, jwt.ReasonSignature},
		{"e too large", "RS256", &rsa.PublicKey{N: n, E: int(tooLarge)}, jwt.ReasonUnknownKey},

		{"nil", "ES256", nil, jwt.ReasonUnknownKey},
		{"typed nil", "ES256", (*ecdsa.PublicKey)(nil), jwt.ReasonUnknownKey},
		{"empty", "ES256", point(nil, nil, nil), jwt.ReasonUnknownKey},
		{"no point", "ES256", point(elliptic.P256(), nil, nil), jwt.ReasonUnknownKey},
		{"half a point", "ES256", point(elliptic.P256(), x, nil), jwt.ReasonUnknownKey},
		{"the other half", "ES256", point(elliptic.P256(), nil, y), jwt.ReasonUnknownKey},
		{"no curve", "ES256", point(nil, x, y), jwt.ReasonUnknownKey},
		{"another curve", "ES256", issuer.PublicKey(issuer.AddKey("ES384")), jwt.ReasonUnknownKey},
		{"the generic curve", "ES256", point(elliptic.P256().Params(), x, y), jwt.ReasonUnknownKey},
		{"P-224", "ES256", point(elliptic.P224(), x, y), jwt.ReasonUnknownKey},
		{"off the curve", "ES256", point(elliptic.P256(), x, x), jwt.ReasonSignature},
		{"the origin", "ES256", point(elliptic.P256(), new(big.Int), new(big.Int)), jwt.ReasonSignature},
		{"negative", "ES256", point(elliptic.P256(), new(big.Int).Neg(x), y), jwt.ReasonSignature},
		{"huge", "ES256", point(elliptic.P256(), sized(5000), y), jwt.ReasonSignature},
		{"RSA", "ES256", issuer.PublicKey("RS256-2"), jwt.ReasonUnknownKey},

		{"nil", "EdDSA", nil, jwt.ReasonUnknownKey},
		{"typed nil", "EdDSA", ed25519.PublicKey(nil), jwt.ReasonUnknownKey},
		{"31 bytes", "EdDSA", ed[:31], jwt.ReasonUnknownKey},
		{"33 bytes", "EdDSA", append(slices.Clone(ed), 0), jwt.ReasonUnknownKey},
		{"a pointer", "EdDSA", &ed, jwt.ReasonUnknownKey},
		{"bytes", "EdDSA", []byte(ed), jwt.ReasonUnknownKey},
		{"EC", "EdDSA", p256, jwt.ReasonUnknownKey},
		{"not canonical", "EdDSA", ed25519.PublicKey(slices.Repeat([]byte{0xff}, 32)), jwt.ReasonUnknownKey},
		{"no point", "EdDSA", ed25519.PublicKey(append([]byte{2}, make([]byte, 31)...)), jwt.ReasonSignature},
	} {
		t.Run(tt.alg+"/"+tt.name, func(t *testing.T) {
			token := issuer.Token(jwttest.Alg(tt.alg))
			refuse(t, validatorOf(t, issuer, withKeys(always(tt.key))), token, tt.want)
			// It does not keep the good key behind it from being found.
			good, err := issuer.VerificationKeys(t.Context(), "", tt.alg)
			require.NoError(t, err)
			accept(t, validatorOf(t, issuer, withKeys(always(append([]crypto.PublicKey{tt.key}, good...)...))), token)
		})
	}
}

// point returns a key that no constructor would.
func point(curve elliptic.Curve, x, y *big.Int) *ecdsa.PublicKey {
	//lint:ignore SA1019 the fields are what is tested
	return &ecdsa.PublicKey{Curve: curve, X: x, Y: y}
}

// A source may go bad once a token is remembered.
// checklist 34
func TestABrokenKeyIsNotTheOneThatVerified(t *testing.T) {
	issuer, _ := strict(t)
	for alg, broken := range map[string][]crypto.PublicKey{
		"RS256": {nil, (*rsa.PublicKey)(nil), &rsa.PublicKey{}, rsa.PublicKey{}},
		"ES256": {nil, (*ecdsa.PublicKey)(nil), point(nil, nil, nil), point(elliptic.P256(), nil, nil)},
		"EdDSA": {nil, ed25519.PublicKey(nil), ed25519.PublicKey("short")},
	} {
		kid := issuer.AddKey(alg)
		token := issuer.Token(jwttest.Key(kid))
		for _, key := range broken {
			keys := []crypto.PublicKey{issuer.PublicKey(kid)}
			source := keySource(func(context.Context, string, string) ([]crypto.PublicKey, error) { return keys, nil })
			cache, err := tokencache.New(validatorOf(t, issuer, withKeys(source)).Validate, tokencache.Config{})
			require.NoError(t, err)
			require.Same(t, accept(t, cache, token), accept(t, cache, token))
			keys = []crypto.PublicKey{key}
			refuse(t, cache, token, jwt.ReasonUnknownKey)
		}
	}
}

// A double of a validator may return a token that no validator made.
func TestTheZeroTokenIsNeverRemembered(t *testing.T) {
	issuer, _ := strict(t)
	asked := 0
	cache, err := tokencache.New(func(context.Context, string) (*jwt.Token, error) {
		asked++
		return new(jwt.Token),
			nil
	}, tokencache.Config{})
	require.NoError(t, err)
	token := issuer.Token()
	for range 3 {
		acceptOnce(t, cache, token)
	}
	require.Equal(t, 3, asked)
}

// Rightly signed, and refused all the same.
// checklist 54
func TestAWeakRSAKey(t *testing.T) {
	issuer, _ := strict(t)
	weak := forged(func() *rsa.PrivateKey {
		key, err := rsa.GenerateKey(rand.Reader, 1024)
		require.NoError(t, err)
		return key
	})
	token := issuer.Token(jwttest.Header("alg", "RS256"), jwttest.Signature(func(input []byte) []byte {
		return forged(func() []byte {
			signature, err := rsa.SignPKCS1v15(nil, weak, crypto.SHA256, digest(crypto.SHA256, input))
			require.NoError(t, err)
			return signature
		})
	}))
	refuse(t, validatorOf(t, issuer, withKeys(always(weak.Public()))), token, jwt.ReasonUnknownKey)
}

// checklist 34
func TestAWithdrawnKeyIsRefused(t *testing.T) {
	issuer, v := strict(t)
	old := issuer.KeyID()
	token := issuer.Token()
	accept(t, v, token)
	issuer.Rotate()
	accept(t, v, token)
	accept(t, v, issuer.Token())
	issuer.Retire(old)
	refuse(t, v, token, jwt.ReasonUnknownKey)
	accept(t, v, issuer.Token())
}

func TestTheSliceOfASourceIsNotModified(t *testing.T) {
	issuer, _ := strict(t)
	keys := []crypto.PublicKey{nil, "x", issuer.PublicKey(issuer.KeyID()), (*rsa.PublicKey)(nil)}
	before := slices.Clone(keys)
	accept(t, validatorOf(t, issuer, withKeys(always(keys...))), issuer.Token())
	require.Equal(t, before, keys)
}
