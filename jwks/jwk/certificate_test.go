package jwk_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks/jwk"
)

// certificateOf makes a certificate for a key.
func certificateOf(key crypto.PublicKey) []byte {
	ca := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	return must(x509.CreateCertificate(rand.Reader, template, template, key, ca))
}

func TestCertificate(t *testing.T) {
	// checklist 97, 186
	std := base64.StdEncoding.EncodeToString
	key, other := ecKey(elliptic.P256()), ecKey(elliptic.P256())
	own, foreign := certificateOf(key), certificateOf(other)
	negative := func(der []byte) []byte { // the serial number 1 becomes -1
		return bytes.Replace(der, []byte{2, 1, 1}, []byte{2, 1, 0xff}, 1)
	}
	unknown := func(der []byte) []byte { // id-ecPublicKey becomes an algorithm that nobody knows
		return bytes.Replace(der, []byte{0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1}, []byte{0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 9}, 1)
	}
	for name, tc := range map[string]struct {
		x5c  any
		fits bool
	}{
		"own":                     {[]any{std(own)}, true},
		"own, then what it likes": {[]any{std(own), 7, "-"}, true},
		"null":                    {nil, true},

		"another key":                   {[]any{std(foreign)}, false},
		"another key, then its own":     {[]any{std(foreign), std(own)}, false},
		"another key, then no string":   {[]any{std(foreign), 7}, false},
		"a key of another type":         {[]any{std(certificateOf(rsaKey()))}, false},
		"a curve of another size":       {[]any{std(certificateOf(ecKey(elliptic.P384())))}, false},
		"another key, line break in it": {[]any{std(foreign)[:40] + "\n" + std(foreign)[40:]}, false},

		"empty chain":           {[]any{}, true},
		"empty string":          {[]any{""}, true},
		"a string":              {std(own), true},
		"a number":              {7, true},
		"an object":             {map[string]any{"0": std(own)}, true},
		"numbers":               {[]any{7}, true},
		"not base64":            {[]any{"%%%"}, true},
		"base64url":             {[]any{strings.NewReplacer("+", "-", "/", "_").Replace(std(own)) + "-_"}, true},
		"no padding":            {[]any{strings.TrimRight(std(own), "=") + "="}, true},
		"not a certificate":     {[]any{"AAAA"}, true},
		"cut":                   {[]any{std(own[:len(own)-3])}, true},
		"trailing data":         {[]any{std(append(own[:len(own):len(own)], 0))}, true},
		"negative serial":       {[]any{std(negative(own))}, true},
		"negative, another key": {[]any{std(negative(foreign))}, true},
		"unknown type of key":   {[]any{std(unknown(own))}, true},
		"PEM armour": {[]any{string(pem.EncodeToMemory(
			&pem.Block{Type: "CERTIFICATE", Bytes: own},
		))}, true},
	} {
		got, err := jwk.Parse(membersOf(key).with("kid", "a").with("x5c", tc.x5c).raw())
		if !tc.fits {
			require.ErrorContains(t, err, "x5c", name)
			continue
		}
		require.NoError(t, err, name)
		require.True(t, jwk.Same(key, got.Public), name)
	}
	_, err := x509.ParseCertificate(negative(own))
	require.ErrorContains(t, err, "serial", "this is what the case is about")
}
