package jwt

import (
	"testing"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jws"
	"github.com/stretchr/testify/require"
)

type acceptingAll struct{}

func (acceptingAll) Verify([]byte, []byte, any) error { return nil }

// Another package of the program may put a verifier of its own in jwx's table
// before this package is initialized.
func TestAReplacedHMACVerifierIsNotUsed(t *testing.T) {
	original := hmacVerifier(jwa.HS384)
	require.NotNil(t, original)
	replace := func(v jws.Verifier) {
		jws.RegisterVerifier(jwa.HS384, jws.VerifierFactoryFn(func() (jws.Verifier, error) { return v, nil }))
	}
	defer replace(original)
	replace(acceptingAll{})
	require.Nil(t, hmacVerifier(jwa.HS384))

	alg := *algorithms["HS384"]
	defer func() { algorithms["HS384"] = &alg }()
	algorithms["HS384"] = &algorithm{name: alg.name, hash: alg.hash, hmac: hmacVerifier(jwa.HS384)}
	_, err := NewValidator(Config{Issuer: "a", Audiences: []string{"b"}, Secret: make([]byte, 64), Algorithms: []string{"HS384"}})
	require.ErrorContains(t, err, "HS384: a package of this program has replaced jwx's verifier")
}
