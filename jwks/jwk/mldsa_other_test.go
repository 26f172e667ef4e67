//go:build !go1.27 || fips140v1.0

package jwk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks/jwk"
)

// An operator reads in the status why the key is not used.
func TestMLDSANeedsALaterGo(t *testing.T) {
	checkRefused(t, []refused{
		{"44", akp("ML-DSA-44", 1312).text(), "built with Go 1.27"},
		{"65", akp("ML-DSA-65", 1952).text(), "built with Go 1.27"},
		{"87", akp("ML-DSA-87", 2592).text(), "built with Go 1.27"},
	})
	require.False(t, jwk.Known("ML-DSA-44"), "no set that is fetched could have a key for it")
}
