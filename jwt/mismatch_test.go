package jwt_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// An operator has to see both sides of a comparison. The text of the error, which ends
// in places that nobody thinks of, shows neither.
func TestMismatchTellsWhatWasCompared(t *testing.T) {
	issuer, v := strict(t)
	long := "https://other.example/" + strings.Repeat("a", 4000)
	ours := []string{issuer.Audience()}
	for name, tt := range map[string]struct {
		token              string
		expected, received []string
	}{
		"audience": {issuer.Token(jwttest.Audience("https://other.example")), ours, []string{"https://other.example"}},
		"several":  {issuer.Token(jwttest.Audience("a", "b", "c", "d", "e")), ours, []string{"a", "b", "c", "d"}},
		"long":     {issuer.Token(jwttest.Audience(long)), ours, []string{long[:200] + "…"}},
		"none":     {issuer.Token(jwttest.Claim("aud", []string{})), ours, []string{}},
		"issuer": {issuer.Token(jwttest.Claim("iss", "https://evil.example")), []string{issuer.URL()},
			[]string{"https://evil.example"}},
		"expired":                  {issuer.Token(jwttest.ExpiresIn(-time.Hour)), nil, nil},
		"not signed by the issuer": {issuer.Token(jwttest.Audience("other.example"), jwttest.Tampered()), nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := v.Validate(t.Context(), tt.token)
			var invalid *jwt.Error
			require.ErrorAs(t, err, &invalid)
			expected, received := invalid.Mismatch()
			require.Equal(t, tt.expected, expected)
			require.Equal(t, tt.received, received)
			printed := fmt.Sprintf("%v %+v %#v", invalid, invalid, invalid)
			require.NotContains(t, printed, "other.example")
			require.NotContains(t, printed, "evil.example")
			if expected != nil { // the caller's own copies
				expected[0] = "spoilt"
				again, _ := invalid.Mismatch()
				require.Equal(t, tt.expected, again)
			}
		})
	}
}
