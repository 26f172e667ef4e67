package jwt_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// The ID token names an accepted audience, is in time and has a good signature:
// only the profile's mark keeps it out. That is shown by taking the mark away.
//
// checklist 47, 63
func TestVendorProfileRefusesTheVendorsIDToken(t *testing.T) {
	for _, v := range vendors {
		for name, id := range v.idTokens {
			t.Run(v.name+"/"+name, func(t *testing.T) {
				keys := jwttest.NewIssuer(t, jwttest.InMemory())
				compact := v.sign(t, keys, id.payload, nil)
				_, err := v.validate(t, keys, v.profile(), compact)
				requireRefused(t, err, id.because, id.claim)

				unmarked := v.profile()
				unmarked.Equal, unmarked.Absent, unmarked.Required = nil, []string{"nothing"}, []string{"exp"}
				_, err = v.validate(t, keys, unmarked, compact)
				require.NoError(t, err)
			})
		}
	}
}

// idTokens are ID tokens in the shape that other issuers give them: by their
// documentation or source, or as seen on the running server. None has a nonce, which
// is the client's choice.
var idTokens = map[string]string{
	// Claims of IdToken.java: client_id, cid and scope are always there.
	"Cloud Foundry UAA": `{
		"sub": "8befeac4", "aud": ["shop-web"], "iss": "https://id.example", "exp": 1767225900, "iat": 1767225600,
		"auth_time": 1767225590, "amr": ["pwd"], "acr": {"values": ["urn:oasis:names:tc:SAML:2.0:ac:classes:Password"]},
		"azp": "shop-web", "scope": ["openid"], "email": "jane@shop.example", "email_verified": true,
		"client_id": "shop-web", "cid": "shop-web", "grant_type": "authorization_code", "user_name": "jane",
		"user_id": "8befeac4", "zid": "uaa", "origin": "uaa", "jti": "f0e1", "previous_logon_time": 1767220000,
		"roles": ["clerk"], "user_attributes": {"team": ["blue"]}, "rev_sig": "afc71463", "given_name": "Jane"}`,
	"Zitadel": `{
		"iss": "https://id.example", "sub": "77776025198584418", "aud": ["shop-web", "69234237810729019"],
		"exp": 1767225900, "iat": 1767225600, "nbf": 1767225600, "auth_time": 1767225590, "amr": ["pwd", "mfa"],
		"azp": "shop-web", "client_id": "shop-web", "at_hash": "JyMVmkVDihFu5cignwASQQ", "sid": "V1",
		"preferred_username": "jane@shop.example", "locale": "en", "updated_at": 1767225000}`,
	"LemonLDAP::NG": `{
		"iss": "https://id.example", "sub": "jane", "aud": ["shop-web"], "exp": 1767225900, "iat": 1767225600,
		"auth_time": 1767225590, "acr": "loa-2", "azp": "shop-web", "at_hash": "JyMVmkVDihFu5cignwASQQ", "sid": "s1"}`,
	"authentik": `{
		"iss": "https://id.example", "sub": "5f1d8a52", "aud": "shop-web", "exp": 1767225900, "iat": 1767225600,
		"auth_time": 1767225590, "acr": "goauthentik.io/providers/oauth2/default", "amr": ["pwd"], "sid": "s1",
		"c_hash": "LDktKdoQak3Pk0cnXxCltA", "email": "jane@shop.example", "name": "Jane Doe", "groups": ["staff"]}`,
	"oidc-provider": `{
		"sub": "jane", "at_hash": "JyMVmkVDihFu5cignwASQQ", "s_hash": "bOhtX8F73IMjSPeVAqxyTQ", "aud": "shop-web",
		"exp": 1767225900, "iat": 1767225600, "iss": "https://id.example", "auth_time": 1767225590, "acr": "1"}`,
	"with the standard claims": `{
		"iss": "https://id.example", "sub": "jane", "aud": "shop-web", "exp": 1767225900, "iat": 1767225600,
		"name": "Jane Doe", "given_name": "Jane", "family_name": "Doe", "middle_name": "M", "nickname": "j",
		"preferred_username": "jane", "profile": "https://shop.example/jane", "picture": "https://shop.example/j.png",
		"website": "https://jane.example", "email": "jane@shop.example", "email_verified": true, "gender": "x",
		"birthdate": "1990-01-01", "zoneinfo": "Europe/Zurich", "locale": "de-CH", "phone_number": "+41 44 000 00 00",
		"phone_number_verified": false, "address": {"country": "CH"}, "updated_at": 1767225000, "groups": ["staff"],
		"roles": ["clerk"], "entitlements": ["refund"], "_claim_names": {"x": "src1"}, "_claim_sources": {"src1": {}}}`,
}

// allIDTokens are those, and the ones of the issuers that have a profile.
func allIDTokens() map[string]string {
	all := maps.Clone(idTokens)
	for _, v := range vendors {
		for name, id := range v.idTokens {
			if name != "logout token" { // which has a mark of its own, the claim events
				all[v.name+" "+name] = id.payload
			}
		}
	}
	return all
}

func validatorWithProfile(t *testing.T, keys jwt.KeySource, profile jwt.Profile) (*jwt.Validator, error) {
	t.Helper()
	return jwt.NewValidator(jwt.Config{
		Issuer: "https://id.example", Audiences: []string{"shop-web"}, Keys: keys, Profile: profile,
		Now: func() time.Time { return vendorTime },
	})
}

// No claim that ID tokens have tells access tokens from them, however many of them
// a profile requires.
//
// checklist 47, 63
func TestClaimsOfIDTokensAreNoMarks(t *testing.T) {
	keys := jwttest.NewIssuer(t, jwttest.InMemory())
	for name, payload := range allIDTokens() {
		t.Run(name, func(t *testing.T) {
			var members map[string]any
			require.NoError(t, json.Unmarshal([]byte(payload), &members))
			required := slices.Collect(maps.Keys(members))
			for _, profile := range []jwt.Profile{
				{Types: []string{"JWT"}, Required: required},
				{AllowMissingType: true, Required: required},
				{Types: []string{"JWT"}, Required: required, Absent: []string{}},
			} {
				_, err := validatorWithProfile(t, keys, profile)
				require.ErrorContains(t, err, "nothing in it tells access tokens from ID tokens")
			}
		})
	}
}

// What an ID token has of a sign-in refuses it by default, wherever its type is
// accepted, whatever else the profile asks for.
//
// checklist 47, 63
func TestProfileRefusesTheClaimsOfASignInByDefault(t *testing.T) {
	keys := jwttest.NewIssuer(t, jwttest.InMemory())
	sign := func(payload string, changes claims, typ string) string {
		return vendor{header: `{}`}.sign(t, keys, payload, changes, withTyp(typ))
	}
	weak := map[string]string{"shop": "x"} // a mark that an ID token was given
	for name, payload := range idTokens {
		for how, c := range map[string]struct {
			profile jwt.Profile
			typ     string
		}{
			"JWT":     {jwt.Profile{Types: []string{"JWT"}, Required: []string{"sub"}, Equal: weak}, "JWT"},
			"no type": {jwt.Profile{AllowMissingType: true, Required: []string{"sub"}, Equal: weak}, ""},
		} {
			t.Run(name+"/"+how, func(t *testing.T) {
				v, err := validatorWithProfile(t, keys, c.profile)
				require.NoError(t, err)
				for _, claim := range []string{"nonce", "at_hash", "c_hash"} {
					only := claims{"nonce": nil, "at_hash": nil, "c_hash": nil, "shop": "x"}
					only[claim] = "LDktKdoQak3Pk0cnXxCltA"
					refused := refuse(t, v, sign(payload, only, c.typ), jwt.ReasonType)
					require.Equal(t, claim, refused.Name)
				}
				c.profile.Absent = []string{}
				v, err = validatorWithProfile(t, keys, c.profile)
				require.NoError(t, err)
				accept(t, v, sign(payload, claims{"nonce": "n", "at_hash": "a", "c_hash": "c", "shop": "x"}, c.typ))
			})
		}
	}
}

// The default gives way to what the profile says of the same claim, and is none
// where ID tokens are refused by their type.
func TestDefaultOfAbsent(t *testing.T) {
	issuer, _ := strict(t)
	nonce := jwttest.Claim("nonce", "n")
	accept(t, validatorOf(t, issuer), issuer.Token(nonce))
	for name, profile := range map[string]jwt.Profile{
		"required": {Types: []string{"JWT"}, Required: []string{"nonce", "scp"}},
		"equal":    {Types: []string{"JWT"}, Required: []string{"scp"}, Equal: map[string]string{"nonce": "n"}},
	} {
		v := validatorOf(t, issuer, withProfile(profile))
		require.Equal(t, "n", nonceOf(t, accept(t, v, issuer.Token(jwttest.Typ("JWT"), nonce, jwttest.Claim("scp", "a")))),
			name)
		refuse(t, v, issuer.Token(jwttest.Typ("JWT"), nonce, jwttest.Claim("scp", "a"), jwttest.Claim("at_hash", "h")),
			jwt.ReasonType)
	}
}

func nonceOf(t *testing.T, token *jwt.Token) string {
	t.Helper()
	var claims struct {
		Nonce string `json:"nonce"`
	}
	require.NoError(t, token.Decode(&claims))
	return claims.Nonce
}

// checklist 47, 63
func TestProfileWithoutAMarkIsAFault(t *testing.T) {
	weak := []string{"iss", "sub", "aud", "exp", "iat", "jti", "azp", "nonce"}
	for name, c := range map[string]struct {
		profile jwt.Profile
		fault   bool
	}{
		"JWT":                   {jwt.Profile{Types: []string{"JWT"}, Required: weak}, true},
		"application/jwt":       {jwt.Profile{Types: []string{"at+jwt", "application/jwt"}, Required: weak}, true},
		"no type":               {jwt.Profile{AllowMissingType: true, Required: weak}, true},
		"at+jwt":                {jwt.Profile{Required: weak}, false},
		"a type of its own":     {jwt.Profile{Types: []string{"vnd.shop.access+jwt"}, Required: weak}, false},
		"client_id by default":  {jwt.Profile{Types: []string{"JWT"}}, true},
		"client_id":             {jwt.Profile{Types: []string{"JWT"}, Required: []string{"sub", "client_id"}}, true},
		"email":                 {jwt.Profile{Types: []string{"JWT"}, Required: []string{"email"}}, true},
		"a scope":               {jwt.Profile{Types: []string{"JWT"}, Required: []string{"sub", "scope"}}, true},
		"marked by what it has": {jwt.Profile{Types: []string{"JWT"}, Required: []string{"sub", "scp"}}, false},
		"an empty list":         {jwt.Profile{Types: []string{"JWT"}, Absent: []string{}}, true},
		"the value of the client": {jwt.Profile{Types: []string{"JWT"}, Required: weak,
			Equal: map[string]string{"azp": "shop-web"}}, true},
		"the value of the issuer": {jwt.Profile{AllowMissingType: true, Required: weak,
			Equal: map[string]string{"iss": "https://issuer.example"}}, true},
		"marked by a kind": {jwt.Profile{Types: []string{"JWT"}, Required: weak,
			Equal: map[string]string{"typ": "Bearer"}}, false},
		"marked by a value": {jwt.Profile{AllowMissingType: true, Required: weak,
			Equal: map[string]string{"use": "access"}}, false},
		"marked by what it has not": {jwt.Profile{AllowMissingType: true, Required: []string{"sub"},
			Absent: []string{"nonce"}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := jwt.NewValidator(jwt.Config{
				Issuer: "https://issuer.example", Audiences: []string{"https://api.example"},
				Keys: jwttest.NewIssuer(t, jwttest.InMemory()), Profile: c.profile,
			})
			if !c.fault {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "Profile.Equal, Absent or Required")
		})
	}
}
