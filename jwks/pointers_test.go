package jwks_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
)

// pointers returns where the keys ed, ec and rs are in memory.
func pointers(t *testing.T, s keySource) []uintptr {
	ed, err := s.VerificationKeys(t.Context(), "ed", "EdDSA")
	require.NoError(t, err)
	ec, err := s.VerificationKeys(t.Context(), "ec", "ES256")
	require.NoError(t, err)
	rs, err := s.VerificationKeys(t.Context(), "rs", "RS256")
	require.NoError(t, err)
	return []uintptr{
		uintptr(unsafe.Pointer(&ed[0].(ed25519.PublicKey)[0])),
		uintptr(unsafe.Pointer(ec[0].(*ecdsa.PublicKey))),
		uintptr(unsafe.Pointer(rs[0].(*rsa.PublicKey))),
	}
}
