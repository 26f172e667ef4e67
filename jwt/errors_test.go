package jwt_test

import (
	"context"
	"crypto"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// What an operator reads in the log names the setting or the party to turn to.
func TestErrorsNameTheRemedy(t *testing.T) {
	issuer, v := strict(t)
	token, claim := issuer.Token, jwttest.Claim
	later := time.Now().Add(time.Hour)
	for name, tt := range map[string]struct {
		token string
		want  string
	}{
		"type JWT":     {token(jwttest.Typ("JWT")), "choose its Config.Profile"},
		"no type":      {token(jwttest.WithoutHeader("typ")), "choose a Config.Profile"},
		"other type":   {token(jwttest.Typ("dpop+jwt")), "Config.Profile.Types"},
		"algorithm":    {token(jwttest.Alg("none")), "Config.Algorithms"},
		"opaque":       {"2YotnFZFEjr1zCsicMWpAA", "introspection"},
		"encrypted":    {"eyJ.e.e.e.e", "Config.Decrypt"},
		"issuer slash": {token(claim("iss", issuer.URL()+"/")), "by the slash at the end"},
		"issuer other": {token(claim("iss", "https://other.example")), "not Config.Issuer"},
		"audience":     {token(jwttest.Audience("account")), "Config.Audiences: the issuer has to be told"},
		"no audience":  {token(jwttest.Without("aud")), "the issuer has to be told"},
		"not before":   {token(jwttest.NotBefore(later)), "compare the clocks"},
		"issued later": {token(jwttest.IssuedAt(later), claim("exp", later.Add(time.Hour))), "compare the clocks"},
		"no subject":   {token(jwttest.Without("sub")), "Config.Profile"},
		"bound":        {token(claim("cnf", map[string]string{"jkt": "x"})), "Config.Confirmations"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := v.Validate(t.Context(), tt.token)
			require.ErrorContains(t, err, tt.want)
		})
	}
}

func TestErrorText(t *testing.T) {
	for _, tt := range []struct {
		err  jwt.Error
		want string
	}{
		{jwt.Error{Reason: jwt.ReasonExpired}, "jwt: invalid token: expired"},
		{jwt.Error{Reason: jwt.ReasonExpired, Name: "exp"}, "jwt: invalid token: expired (exp)"},
	} {
		require.EqualError(t, &tt.err, tt.want)
	}
}

// Whatever somebody else has written, a log line stays one.
// checklist 27
func TestErrorsAreShort(t *testing.T) {
	issuer, _ := strict(t)
	long := "x" + strings.Repeat("é", 200_000) // so that the end falls into a character
	wordy := errors.New(long)
	keys := keySource(func(context.Context, string, string) ([]crypto.PublicKey, error) { return nil, wordy })
	_, unavailable := validatorOf(t, issuer, withKeys(keys)).Validate(t.Context(), issuer.Token())
	require.ErrorIs(t, unavailable, wordy, "the whole cause is there for who wants it")
	missing := refuse(t, validatorOf(t, issuer, func(c *jwt.Config) { c.Required = []string{long} }), issuer.Token(),
		jwt.ReasonMissingClaim)
	require.Equal(t, long, missing.Name)
	for _, err := range []error{unavailable, missing, &jwt.Error{Reason: jwt.Reason(long), Name: long}} {
		require.Less(t, len(err.Error()), 1000)
		require.True(t, utf8.ValidString(err.Error()))
		require.ErrorContains(t, err, "éé…")
	}
}

// The reasons are part of the interface: dashboards know them.
func TestReasonsAreStable(t *testing.T) {
	require.Equal(t, []jwt.Reason{
		"too_large", "encrypted", "not_encrypted", "malformed", "header", "algorithm", "critical", "type", "unknown_key",
		"signature", "claims", "unknown_issuer", "issuer", "audience", "expired",
		"not_yet_valid", "issued_in_future", "missing_claim", "claim_type", "confirmation",
	}, []jwt.Reason{
		jwt.ReasonTooLarge, jwt.ReasonEncrypted, jwt.ReasonNotEncrypted, jwt.ReasonMalformed, jwt.ReasonHeader,
		jwt.ReasonAlgorithm, jwt.ReasonCritical, jwt.ReasonType, jwt.ReasonUnknownKey,
		jwt.ReasonSignature, jwt.ReasonClaims, jwt.ReasonUnknownIssuer, jwt.ReasonIssuer, jwt.ReasonAudience,
		jwt.ReasonExpired, jwt.ReasonNotYetValid, jwt.ReasonIssuedInFuture,
		jwt.ReasonMissingClaim, jwt.ReasonClaimType, jwt.ReasonConfirmation,
	})
}
