package fuzz_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/dpop"
)

// FuzzUnsigned gives texts that nobody has signed to whoever reads them before a signature is checked: the choice among
// several issuers, and the reader of proofs. They refuse, by their own errors, whatever the texts hold.
func FuzzUnsigned(f *testing.F) {
	issuers := must(jwt.ByIssuer(newJudge(jwt.Profile{}, rfc9068, false).validator))
	proofs := must(dpop.NewVerifier(dpop.Config{
		PublicOrigins: []string{fuzzAudience}, Now: func() time.Time { return fuzzNow },
	}))
	signature := "." + strings.Repeat("A", 86)
	f.Fuzz(func(t *testing.T, header, payload, method, target string) {
		text := encode64(header) + "." + encode64(payload) + signature
		if _, err := issuers.Validate(context.Background(), text); err == nil {
			t.Fatal("accepted what nobody has signed")
		} else {
			checkRefusal(t, err)
		}
		_, _, err := proofs.Verify(text, dpop.Request{Method: method, Target: target, Token: "token", Thumbprint: "x"})
		if refusal := (*dpop.Error)(nil); !errors.As(err, &refusal) || len(err.Error()) > 500 {
			t.Fatalf("not a refusal: %v", err)
		}
	})
}

func unsignedSeeds() (seeds []seed) {
	headers := []string{
		`{"typ":"dpop+jwt","alg":"ES256","jwk":{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}}`,
		`{"typ":"at+jwt","alg":"ES256","kid":"ec"}`,
	}
	for i, payload := range []string{
		`{"iss":"` + fuzzIssuer + `"}`, `{"iss":"\q"}`, `{"iss":"\u12"}`, `{"iss":"\ud800"}`, `{"\u0069ss":"x"}`,
		`{"iss":{},"iss":"x"}`, `{"htm":"GET","htu":"https://api.example/%","iat":1800000000,"jti":"a","ath":"b"}`,
	} {
		for j, header := range headers {
			name := fmt.Sprintf("seed-%03d", len(headers)*i+j)
			seeds = append(seeds, seed{name, []any{header, payload, "GET", "/a?b"}})
		}
	}
	return seeds
}
