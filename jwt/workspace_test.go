package jwt

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryPlaceHasItsName(t *testing.T) {
	for n, name := range claimNames {
		require.Equal(t, n, place(name), "%q", name)
	}
	require.Equal(t, -1, place(""))
	require.Equal(t, -1, place("ISS"))
}
