//go:build !go1.27 || fips140v1.0

package jwt_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
)

func TestMLDSANeedsALaterGo(t *testing.T) {
	// checklist 183
	issuer, _ := strict(t)
	config := configOf(issuer)
	config.Algorithms = []string{"RS256", "ML-DSA-65"}
	_, err := jwt.NewValidator(config)
	require.ErrorContains(t, err, `jwt: Config.Algorithms names "ML-DSA-65", which needs Go 1.27: build`)
}
