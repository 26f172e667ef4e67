package dpop_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"example.com/resourceserver/jwt/dpop"
)

// The request of RFC 9449 §7.1, at the time of its proof.
func Example() {
	proofs, err := dpop.NewVerifier(dpop.Config{
		PublicOrigins: []string{"https://resource.example.org"},
		Now:           func() time.Time { return time.Unix(1562262618, 0) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	proof := strings.Join([]string{
		"eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6Ik",
		"VDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCR",
		"nMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JE",
		"QSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIj",
		"oiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0Z",
		"WRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNF",
		"c05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71E",
		"OptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA",
	}, "")
	spend, _, err := proofs.Verify(proof, dpop.Request{
		Method:     "GET",
		Target:     "/protectedresource",
		Token:      "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU",
		Thumbprint: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("the first time:", spend(context.Background()))
	fmt.Println("again:", spend(context.Background()))
	// Output:
	// the first time: <nil>
	// again: dpop: invalid proof: proof_replay: the proof was used before
}
