package jwt

import (
	"crypto/sha512"
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
	find := func() jws.Verifier { return hmacVerifier(jwa.HS384, sha512.New384) }
	original := find()
	require.NotNil(t, original)
	another, err := jws.NewVerifier(jwa.HS512)
	require.NoError(t, err)
	replace := func(v jws.Verifier) {
		jws.RegisterVerifier(jwa.HS384, jws.VerifierFactoryFn(func() (jws.Verifier, error) { return v, nil }))
	}
	defer replace(original)
	for name, v := range map[string]jws.Verifier{
		"a stranger's": acceptingAll{}, "none": nil, "a nil one": (*jws.HMACVerifier)(nil), "an empty one": &jws.HMACVerifier{}, "of another algorithm": another,
	} {
		replace(v)
		require.Nil(t, find(), name)
	}

	alg := *algorithms["HS384"]
	defer func() { algorithms["HS384"] = &alg }()
	algorithms["HS384"] = &algorithm{name: alg.name, hash: alg.hash}
	_, err = NewValidator(Config{Issuer: "a", Audiences: []string{"b"}, Secret: make([]byte, 64), Algorithms: []string{"HS384"}})
	require.EqualError(t, err, "jwt: Config.Algorithms: HS384: a package of this program has replaced jwx's verifier (jws.RegisterVerifier): remove that")
}
