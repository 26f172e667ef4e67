package jwk_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"sync"
)

// members are a JWK as a test writes it.
type members map[string]any

func (m members) with(name string, value any) members {
	c := maps.Clone(m)
	c[name] = value
	return c
}

func (m members) without(name string) members {
	c := maps.Clone(m)
	delete(c, name)
	return c
}

func (m members) text() string { return string(m.raw()) }

func (m members) raw() []byte { return must(json.Marshal(m)) }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// membersOf writes the JWK of a public key.
func membersOf(key crypto.PublicKey) members {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return members{"kty": "RSA", "n": b64(key.N.Bytes()), "e": b64(big.NewInt(int64(key.E)).Bytes())}
	case *ecdsa.PublicKey:
		point := must(key.Bytes())
		half := len(point) / 2
		return members{"kty": "EC", "crv": key.Params().Name, "x": b64(point[1 : 1+half]), "y": b64(point[1+half:])}
	default:
		return members{"kty": "OKP", "crv": "Ed25519", "x": b64(key.(ed25519.PublicKey))}
	}
}

func named(kid string, key crypto.PublicKey) members { return membersOf(key).with("kid", kid) }

// rsaKey is slow to make, and is made once.
var rsaKey = sync.OnceValue(func() *rsa.PublicKey { return &must(rsa.GenerateKey(rand.Reader, 2048)).PublicKey })

func ecKey(curve elliptic.Curve) *ecdsa.PublicKey {
	return &must(ecdsa.GenerateKey(curve, rand.Reader)).PublicKey
}

func edKey() ed25519.PublicKey {
	public, _, err := ed25519.GenerateKey(rand.Reader)
	return must(public, err)
}
