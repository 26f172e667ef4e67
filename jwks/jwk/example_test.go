package jwk_test

import (
	"fmt"

	"example.com/resourceserver/jwks/jwk"
)

// The key of RFC 8037, Appendix A.2, and its thumbprint of A.3.
func ExampleParse() {
	key, err := jwk.Parse([]byte(`{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(key.Type, key.Thumbprint)
	fmt.Println(jwk.Fits("EdDSA", key.Public), jwk.Fits("ES256", key.Public))

	_, err = jwk.Parse([]byte(`{"kty":"oct","k":"c2VjcmV0"}`))
	fmt.Println(err)
	// Output:
	// OKP kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k
	// true false
	// a symmetric key has no place in what is published
}
