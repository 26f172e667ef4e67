package jwt_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// checklist 37, 108
func TestMissingSubject(t *testing.T) {
	issuer, v := strict(t)
	lax := validatorOf(t, issuer, withProfile(jwt.Profile{AllowMissingSubject: true}))
	for name, machine := range map[string]jwttest.TokenOption{
		"absent": jwttest.Without("sub"), "null": jwttest.Claim("sub", nil), "empty": jwttest.Subject(""),
	} {
		token := accept(t, lax, issuer.Token(machine))
		require.Empty(t, token.Subject(), name)
		require.NotEmpty(t, token.ClientID(), name)
		refused := refuse(t, v, issuer.Token(machine), jwt.ReasonMissingClaim)
		require.Equal(t, "sub", refused.Name, name)
		require.ErrorContains(t, refused, "see Config.Profile.AllowMissingSubject", name)
		refuse(t, lax, issuer.Token(machine, jwttest.Without("client_id")), jwt.ReasonMissingClaim)
	}
	require.Equal(t, "user-1", accept(t, lax, issuer.Token()).Subject())
	for name, value := range jsonValues {
		if name != "string" {
			refuse(t, lax, issuer.Token(jwttest.Claim("sub", value)), jwt.ReasonClaimType)
		}
	}
	refuse(t, lax, issuer.Token(jwttest.Subject("a:b c")), jwt.ReasonClaimType)
}

// A list of required claims without sub is no way to do without it: that has a name.
//
// checklist 37
func TestSubjectIsRequiredWhateverTheProfileLists(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer, withProfile(jwt.Profile{Required: []string{"iat"}}))
	accept(t, v, issuer.Token())
	require.Equal(t, "sub", refuse(t, v, issuer.Token(jwttest.Without("sub")), jwt.ReasonMissingClaim).Name)
}

// Where the profile does not require the client, a token may lack it or the subject,
// and not both.
//
// checklist 37
func TestATokenSpeaksForSomebody(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer, withProfile(jwt.Profile{
		AllowMissingSubject: true, Required: []string{"iat"}, ClientID: []string{"common_name"},
	}))
	require.Equal(t, "user-1", accept(t, v, issuer.Token()).Subject())
	service := jwttest.Claim("common_name", "checkout")
	require.Equal(t, "checkout", accept(t, v, issuer.Token(jwttest.Subject(""), service)).ClientID())
	refused := refuse(t, v, issuer.Token(jwttest.Subject("")), jwt.ReasonMissingClaim)
	require.ErrorContains(t, refused, "sub): and no client either: the token speaks for nobody")
	refuse(t, v, issuer.Token(jwttest.Subject(""), jwttest.Claim("common_name", "")), jwt.ReasonMissingClaim)
	refuse(t, v, issuer.Token(jwttest.Subject(""), jwttest.Claim("common_name", nil)), jwt.ReasonMissingClaim)
}

// checklist 107
func TestRefusalOfASubjectNamesWhatAllowsIt(t *testing.T) {
	issuer, v := strict(t)
	for _, sub := range []string{
		"project_path:shop/orders:ref_type:branch:ref:main", "repo:shop/orders:environment:Production EU",
	} {
		refused := refuse(t, v, issuer.Token(jwttest.Subject(sub)), jwt.ReasonClaimType)
		require.ErrorContains(t, refused, "set Config.Profile.AllowAnySubject")
	}
}

// checklist 30, 31
func TestMissingIssuer(t *testing.T) {
	issuer, v := strict(t)
	lax := validatorOf(t, issuer, withProfile(jwt.Profile{AllowMissingIssuer: true}))
	for name, anonymous := range map[string]jwttest.TokenOption{
		"absent": jwttest.Without("iss"), "null": jwttest.Claim("iss", nil),
	} {
		require.Equal(t, issuer.URL(), accept(t, lax, issuer.Token(anonymous)).Issuer(), name)
		refuse(t, v, issuer.Token(anonymous), jwt.ReasonMissingClaim)
	}
	accept(t, lax, issuer.Token())
	refuse(t, lax, issuer.Token(jwttest.Claim("iss", "https://other.example")), jwt.ReasonIssuer)
	refuse(t, lax, issuer.Token(jwttest.Claim("iss", "")), jwt.ReasonMissingClaim)
	refuse(t, lax, issuer.Token(jwttest.Claim("iss", 7)), jwt.ReasonClaimType)
	_, err := jwt.ByIssuer(v, lax)
	require.ErrorContains(t, err, "jwt: ByIssuer: validator 2 has Profile.AllowMissingIssuer: "+
		"a token without iss does not tell its issuer")
}

// checklist 31, 107
func TestTrustDomain(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer, withProfile(jwt.Profile{TrustDomain: "prod.example"}))
	for _, id := range []string{
		"spiffe://prod.example/orders", "spiffe://prod.example/ns/shop/sa/orders", "spiffe://prod.example/..a/b.._-/9Z",
	} {
		require.Equal(t, id, accept(t, v, issuer.Token(jwttest.Subject(id))).Subject())
	}
	refuse(t, v, issuer.Token(jwttest.Without("sub")), jwt.ReasonMissingClaim)
	for _, id := range []string{
		"user-1", "spiffe://prod.example", "spiffe://prod.example/", "spiffe://prod.example//a", "spiffe://prod.example/a/",
		"spiffe://prod.example/a/../b", "spiffe://prod.example/./a", "spiffe://prod.example/a?b", "spiffe://prod.example/a#b",
		"spiffe://prod.example/a%2fb", "spiffe://prod.example/a:b", "spiffe://prod.example/é", "spiffe://prod.example/a b",
		"spiffe://prod.example.evil.example/a", "spiffe://other.example/a", "spiffe://PROD.example/a",
		"SPIFFE://prod.example/a", "spiffe://prod.example:443/a", "spiffe://x@prod.example/a", "spiffe:/prod.example/a",
		"https://prod.example/a", " spiffe://prod.example/a", "spiffe://prod.example/" + strings.Repeat("a", 2048),
	} {
		require.Equal(t, "sub", refuse(t, v, issuer.Token(jwttest.Subject(id)), jwt.ReasonIssuer).Name, id)
	}
}
