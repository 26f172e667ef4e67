package jwt_test

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// finding returns what an explanation says about one check.
func finding(t *testing.T, e jwt.Explanation, check string) jwt.Finding {
	t.Helper()
	for _, f := range e.Findings {
		if f.Check == check {
			return f
		}
	}
	require.Failf(t, "no such check", "%s in %v", check, e)
	return jwt.Finding{}
}

// outcomes returns the checks that came out so, in their order.
func outcomes(e jwt.Explanation, outcome jwt.Outcome) (names []string) {
	for _, f := range e.Findings {
		if f.Outcome == outcome {
			names = append(names, f.Check)
		}
	}
	return names
}

// checklist 221
func TestExplainReportsEveryFault(t *testing.T) {
	issuer, v := strict(t)
	e := v.Explain(t.Context(), issuer.Token(jwttest.Typ("JWT"), jwttest.Audience("other"),
		jwttest.ExpiresIn(-3*time.Minute), jwttest.Without("jti", "client_id"), jwttest.Scope("read")))
	require.Equal(t, []string{"typ", "aud", "exp", "required"}, outcomes(e, jwt.Failed))
	require.Empty(t, outcomes(e, jwt.NotJudged))
	require.Equal(t, jwt.ReasonType, e.Reason())
	require.Equal(t, `aud "other"`, finding(t, e, "aud").Found)
	require.Equal(t, `one of "https://api.example"`, finding(t, e, "aud").Expected)
	require.Contains(t, finding(t, e, "exp").Found, "3 minutes ago")
	require.Equal(t, `without "client_id", "jti"`, finding(t, e, "required").Found)
	require.Equal(t, `scope "read"`, finding(t, e, "scope").Found)
	require.NotContains(t, e.String(), "not verified")
}

// Claims are read without a good signature, and it is said of each of them.
//
// checklist 221
func TestExplainSaysWhatWasNotVerified(t *testing.T) {
	issuer, v := strict(t)
	e := v.Explain(t.Context(), issuer.Token(jwttest.Tampered(), jwttest.Audience("other")))
	require.Equal(t, []string{"signature", "aud"}, outcomes(e, jwt.Failed))
	for _, f := range e.Findings {
		claims := f.Check == "claims" || f.Check == "aud" || f.Check == "exp" || f.Check == "cnf"
		require.True(t, f.Unverified || !claims, f.Check)
	}
	require.Contains(t, e.String(), "The signature was not verified")
	document, err := json.Marshal(e)
	require.NoError(t, err)
	require.Contains(t, string(document), `"verified":false`)
}

// The remedies of what happens most.
//
// checklist 221
func TestRemedies(t *testing.T) {
	issuer, v := strict(t)
	good := issuer.Token()
	url := issuer.URL()
	keycloak := issuer.Token(jwttest.Typ("JWT"), jwttest.Claim("typ", "Bearer"), jwttest.Claim("azp", "a"))
	for name, tt := range map[string]struct{ token, check, remedy string }{
		"scheme":     {"Bearer " + good[:40], "form", "without Bearer"},
		"scheme too": {"Bearer " + good, "header", "without Bearer"},
		"line break": {good + "\n", "encoding", "line breaks"},
		"cut off":    {good[:strings.LastIndexByte(good, '.')], "form", "cut off"},
		"opaque":     {"2YotnFZFEjr1zCsicMWpAA", "form", "introspection"},
		"long":       {strings.Repeat("a", 17<<10), "form", "MaxTokenBytes"},
		"none":       {issuer.Token(jwttest.Alg("none")), "alg", "nobody has signed"},
		"shared":     {issuer.Token(jwttest.Secret(secret)), "alg", "Config.Secret"},
		"proof":      {issuer.Token(jwttest.Typ("dpop+jwt")), "typ", "DPoP proof"},
		"ID token":   {issuer.Token(jwttest.Typ("JWT"), jwttest.Claim("nonce", "n")), "typ", "ID token, by its claim nonce"},
		"Keycloak":   {keycloak, "typ", "jwt.Keycloak()"},
		"unknown":    {issuer.Token(jwttest.Unpublished()), "key", "environment"},
		"Graph":      {issuer.Token(jwttest.Header("nonce", "n"), jwttest.Tampered()), "signature", "Microsoft Graph"},
		"slash":      {issuer.Token(jwttest.Claim("iss", url+"/")), "iss", "by the slash"},
		"blank":      {issuer.Token(jwttest.Claim("iss", url+" ")), "iss", "by a blank"},
		"letters":    {issuer.Token(jwttest.Claim("iss", strings.ToUpper(url))), "iss", "upper and lower case"},
		"http":       {issuer.Token(jwttest.Claim("iss", "http"+strings.TrimPrefix(url, "https"))), "iss", "https"},
		"near":       {issuer.Token(jwttest.Audience(issuer.Audience() + "/")), "aud", "differ by a slash"},
		"elsewhere":  {issuer.Token(jwttest.Audience("other")), "aud", "Config.Audiences"},
		"clock":      {issuer.Token(jwttest.NotBefore(time.Now().Add(time.Hour))), "nbf", "clocks"},
		"just over":  {issuer.Token(jwttest.ExpiresIn(-time.Minute)), "exp", "clocks"},
		"long over":  {issuer.Token(jwttest.ExpiresIn(-time.Hour)), "exp", "new token"},
		"millis":     {issuer.Token(jwttest.Claim("exp", time.Now().UnixMilli())), "exp", "milliseconds"},
		"nobody":     {issuer.Token(jwttest.Without("sub")), "required", "AllowMissingSubject"},
		"bound":      {issuer.Token(jwttest.Claim("cnf", map[string]string{"jkt": "x"})), "cnf", "protector.DPoP"},
		"extensions": {issuer.Token(jwttest.Header("crit", []string{"x"})), "crit", "extensions"},
	} {
		t.Run(name, func(t *testing.T) {
			f := finding(t, v.Explain(t.Context(), tt.token), tt.check)
			require.Equal(t, jwt.Failed, f.Outcome, "%+v", f)
			require.Contains(t, f.Remedy, tt.remedy)
		})
	}
}

// Another profile is not the remedy for a token that is no access token.
//
// checklist 221
func TestExplainNamesNoProfileForIDTokens(t *testing.T) {
	issuer, v := strict(t)
	auth0 := []jwttest.TokenOption{jwttest.Typ("JWT"), jwttest.Without("client_id"), jwttest.Claim("azp", "web")}
	keycloak := validatorOf(t, issuer, func(c *jwt.Config) { c.Profile = jwt.Keycloak() })
	require.Contains(t, finding(t, v.Explain(t.Context(), issuer.Token(auth0...)), "typ").Remedy, "jwt.Auth0()")
	for claim, value := range map[string]string{"typ": "ID", "token_use": "id"} {
		id := issuer.Token(append(auth0, jwttest.Claim(claim, value))...)
		require.NotContains(t, v.Explain(t.Context(), id).String(), "jwt.", claim)
		require.NotContains(t, keycloak.Explain(t.Context(), id).String(), "jwt.", claim)
	}
}

// Whoever has an issuer's profile and sends one of its ID tokens is not told of another profile, which would take it.
//
// checklist 221
func TestExplainKeepsTheGuardAgainstIDTokensUp(t *testing.T) {
	keys := jwttest.NewIssuer(t, jwttest.InMemory())
	for _, v := range vendors {
		for name, id := range v.idTokens {
			validator, err := jwt.NewValidator(jwt.Config{
				Issuer: v.issuer, Audiences: v.audiences, Keys: keys, Profile: v.profile(),
				Now: func() time.Time { return vendorTime },
			})
			require.NoError(t, err)
			e := validator.Explain(t.Context(), v.sign(t, keys, id.payload, nil))
			require.NotContains(t, e.String(), "Config.Profile to jwt.", "%s, %s", v.name, name)
		}
	}
}

// An ID token may lack all that a sign-in leaves, but it is for its client. Whether an access token is, its profile
// says by a mark of its own.
//
// checklist 221
func TestExplainKnowsIDTokensByTheirAudience(t *testing.T) {
	issuer, v := strict(t)
	azp, id, to := jwttest.Claim("azp", "web"), jwttest.Claim("client_id", "web"), jwttest.Audience
	type shape []jwttest.TokenOption
	for name, tt := range map[string]struct {
		token  shape
		remedy string
	}{
		"access token":   {shape{azp}, "jwt.Auth0()"},
		"userinfo":       {shape{azp, to("https://api.example", "https://a/userinfo")}, "jwt.Auth0()"},
		"ID token":       {shape{azp, to("web")}, "for the client itself"},
		"of several":     {shape{azp, to("https://api.example", "web")}, "for the client itself"},
		"with client_id": {shape{id, to("web"), jwttest.Scope("read")}, "for the client itself"},
		"Zitadel":        {shape{id, to("project", "web")}, "jwt.Zitadel()"},
		"no claims":      {shape{jwttest.RawPayload("[]")}, "have the issuer set typ at+jwt"},
		"Entra":          {shape{azp, to("web"), jwttest.Claim("ver", "2.0")}, "jwt.EntraID()"},
		"authentik":      {shape{azp, to("web"), jwttest.Claim("uid", "1")}, "jwt.Authentik()"},
	} {
		t.Run(name, func(t *testing.T) {
			options := append(shape{jwttest.Typ("JWT"), jwttest.Without("client_id")}, tt.token...)
			remedy := finding(t, v.Explain(t.Context(), issuer.Token(options...)), "typ").Remedy
			require.Contains(t, remedy, tt.remedy)
			if tt.remedy != "jwt.Auth0()" {
				require.NotContains(t, remedy, "jwt.Auth0()")
			}
		})
	}
}

// Where a well-known issuer is told what is missing has a name.
//
// checklist 221
func TestExplainSaysWhereKeycloakIsToldToSendTheSubject(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer, func(c *jwt.Config) { c.Profile = jwt.Keycloak() })
	token := issuer.Token(jwttest.Typ("JWT"), jwttest.Without("sub"), jwttest.Claim("typ", "Bearer"),
		jwttest.Claim("azp", "web"))
	require.Contains(t, finding(t, v.Explain(t.Context(), token), "required").Remedy, "the client scope basic")
}

// Keycloak writes into the claim typ that a token is bound by DPoP, so that no profile for bearer tokens takes it.
//
// checklist 221
func TestExplainSaysWhatKeycloaksBoundTokensNeed(t *testing.T) {
	issuer, _ := strict(t)
	bound := []jwttest.TokenOption{jwttest.Typ("JWT"), jwttest.Claim("typ", "DPoP"), jwttest.Claim("azp", "web"),
		jwttest.Claim("cnf", map[string]string{"jkt": strings.Repeat("x", 43)})}
	bearer := validatorOf(t, issuer, withProfile(jwt.Keycloak()))
	remedy := finding(t, bearer.Explain(t.Context(), issuer.Token(bound...)), "kind").Remedy
	require.Contains(t, remedy, `Equal["typ"] = "DPoP"`)
	require.Contains(t, remedy, `"jkt" in Config.Confirmations`)

	profile := jwt.Keycloak()
	profile.Equal["typ"] = "DPoP"
	v := validatorOf(t, issuer, withProfile(profile), func(c *jwt.Config) { c.Confirmations = []string{"jkt"} })
	require.NoError(t, v.Explain(t.Context(), issuer.Token(bound...)).Err())
	loose := issuer.Token(append(bound, jwttest.Claim("typ", "Bearer"))...)
	require.Contains(t, finding(t, v.Explain(t.Context(), loose), "kind").Remedy, "send a DPoP proof")
}

// A key that is not there: these are.
//
// checklist 221
func TestExplainNamesTheKeysThereAre(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("EdDSA"))
	static, err := jwks.ParseStatic(issuer.JWKS())
	require.NoError(t, err)
	v := validatorOf(t, issuer, withKeys(static))
	f := finding(t, v.Explain(t.Context(), issuer.Token(jwttest.Unpublished())), "key")
	require.Equal(t, `one of the issuer's keys, which are "`+issuer.KeyID()+`"`, f.Expected)
}

// Keys are asked for once, and only if there is a signature that they could verify.
//
// checklist 221
func TestExplainAsksForKeysOnce(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("EdDSA"))
	asked := 0
	v := validatorOf(t, issuer, withKeys(keySource(func(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
		asked++
		return issuer.VerificationKeys(ctx, kid, alg)
	})))
	for name, tt := range map[string]struct {
		token string
		want  int
	}{
		"good":      {issuer.Token(), 1},
		"unknown":   {issuer.Token(jwttest.Unpublished()), 1},
		"typ":       {issuer.Token(jwttest.Typ("JWT")), 1},
		"alg":       {issuer.Token(jwttest.Secret(secret)), 0},
		"crit":      {issuer.Token(jwttest.Header("crit", []string{"x"})), 0},
		"kid":       {issuer.Token(jwttest.Header("kid", 1)), 0},
		"signature": {issuer.Token() + "=", 0},
		"form":      {"a.b", 0},
		"long":      {strings.Repeat("a", 1<<20), 0},
	} {
		t.Run(name, func(t *testing.T) {
			asked = 0
			v.Explain(t.Context(), tt.token)
			require.Equal(t, tt.want, asked)
		})
	}
}

// Explain has nothing fetched for a token that Validate refuses before it asks for keys. The keys that are at hand are
// asked all the same.
//
// checklist 221
func TestExplainCausesNoFetchThatValidateWouldNot(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.FirstKey("EdDSA"))
	keys, err := jwks.NewRemote(jwks.Config{Issuer: issuer.URL(), HTTPClient: issuer.Client()})
	require.NoError(t, err)
	v := validatorOf(t, issuer, withKeys(keys))
	encrypting := validatorOf(t, issuer, withKeys(keys), func(c *jwt.Config) {
		c.Decrypt = func(context.Context, string) (string, error) { return "", errors.New("no") }
	})
	untyped, unencrypted := issuer.Token(jwttest.Typ("JWT")), issuer.Token()
	for _, known := range []bool{false, true} {
		for token, v := range map[string]*jwt.Validator{
			untyped: v, unencrypted: encrypting, issuer.Token(jwttest.Typ("JWT"), jwttest.Unpublished()): v,
		} {
			before := issuer.Requests()
			e := v.Explain(t.Context(), token)
			require.Equal(t, before, issuer.Requests())
			verified := finding(t, e, "signature").Outcome == jwt.Passed
			require.Equal(t, known && (token == untyped || token == unencrypted), verified)
			if !verified {
				require.Equal(t, jwt.NotJudged, finding(t, e, "key").Outcome)
				require.Contains(t, finding(t, e, "key").Because, "not at hand")
			}
		}
		require.NoError(t, v.Explain(t.Context(), issuer.Token()).Err())
	}
}

// A header whose typ is wrong must not be taken for good because somebody had the token explained.
func TestExplainRemembersNoHeader(t *testing.T) {
	issuer, v := strict(t)
	token := issuer.Token(jwttest.Typ("JWT"))
	require.Equal(t, jwt.ReasonType, v.Explain(t.Context(), token).Reason())
	refuseOnce(t, v, token, jwt.ReasonType)
}

// Where the keys are not available nobody can tell, and the rest is still said.
//
// checklist 221
func TestExplainAnOutage(t *testing.T) {
	outage := errors.New("cannot reach \x1b[31m the issuer")
	issuer, v := strict(t, withKeys(keySource(func(context.Context, string, string) ([]crypto.PublicKey, error) {
		return nil, outage
	})))
	token := issuer.Token(jwttest.Audience("other"))
	e := v.Explain(t.Context(), token)
	require.ErrorIs(t, e.Err(), outage)
	require.Empty(t, e.Reason())
	require.Equal(t, []string{"key", "signature"}, outcomes(e, jwt.NotJudged))
	require.Equal(t, []string{"aud"}, outcomes(e, jwt.Failed))
	require.Contains(t, finding(t, e, "key").Because, "not available")
	require.True(t, strings.HasPrefix(e.String(), "The token is undecided: "), e.String())
	tellsLittle(t, token, e)
}

// An error of somebody else's that repeats the token.
//
// checklist 221
func TestExplainCutsTheTokenOutOfErrors(t *testing.T) {
	issuer, _ := strict(t)
	token := issuer.Token()
	v := validatorOf(t, issuer, withKeys(keySource(func(context.Context, string, string) ([]crypto.PublicKey, error) {
		return nil, errors.New("GET /?token=" + token)
	})))
	e := v.Explain(t.Context(), token)
	require.Contains(t, finding(t, e, "key").Because, "[the token]")
	tellsLittle(t, token, e)
}

// What is encrypted is explained as what is in it, and a token that should be encrypted as far as it goes.
//
// checklist 221
func TestExplainEncrypted(t *testing.T) {
	issuer, _ := strict(t)
	inner := issuer.Token(jwttest.Audience("other"))
	jwe := "eyJhbGciOiJkaXIifQ..aXY.Y2lwaGVydGV4dA.dGFn"
	v := validatorOf(t, issuer, func(c *jwt.Config) {
		c.Decrypt = func(_ context.Context, token string) (string, error) {
			if token != jwe {
				return "", errors.New("no")
			}
			return inner, nil
		}
	})
	e := v.Explain(t.Context(), jwe)
	require.Equal(t, []string{"aud"}, outcomes(e, jwt.Failed))
	tellsLittle(t, inner, e)

	e = v.Explain(t.Context(), inner)
	require.Equal(t, jwt.ReasonNotEncrypted, e.Reason())
	require.Equal(t, []string{"encryption", "aud"}, outcomes(e, jwt.Failed))

	e = v.Explain(t.Context(), "Bearer "+inner)
	require.Contains(t, finding(t, e, "encryption").Remedy, "without Bearer")

	e = v.Explain(t.Context(), jwe+"AA")
	require.Equal(t, []string{"encryption"}, outcomes(e, jwt.Failed))
	require.NotContains(t, outcomes(e, jwt.Passed), "form")
}

func TestExplainSharedSecret(t *testing.T) {
	issuer, v := strict(t, withSecret)
	e := v.Explain(t.Context(), issuer.Token(jwttest.Secret(secret), jwttest.Tampered()))
	require.Equal(t, []string{"signature"}, outcomes(e, jwt.Failed))
	require.Contains(t, finding(t, e, "signature").Remedy, "base64")
	require.NotContains(t, e.String(), "correct horse")
}

// Without a validator for the issuer nothing can be judged, but who the issuer is.
//
// checklist 221
func TestExplainByIssuer(t *testing.T) {
	issuer, one := strict(t)
	issuers, err := jwt.ByIssuer(one)
	require.NoError(t, err)
	e := issuers.Explain(t.Context(), issuer.Token(jwttest.Audience("x")))
	require.Equal(t, []string{"aud"}, outcomes(e, jwt.Failed))
	for name, tt := range map[string]struct {
		token, remedy string
		reason        jwt.Reason
	}{
		"another": {issuer.Token(jwttest.Claim("iss", "https://b.example")), "ByIssuer", jwt.ReasonUnknownIssuer},
		"slash":   {issuer.Token(jwttest.Claim("iss", issuer.URL()+"/")), "the slash", jwt.ReasonUnknownIssuer},
		"none":    {issuer.Token(jwttest.Without("iss")), "name itself in iss", jwt.ReasonUnknownIssuer},
		"number":  {issuer.Token(jwttest.Claim("iss", 1)), "in full", jwt.ReasonClaimType},
		"opaque":  {"2YotnFZFEjr1zCsicMWpAA", "by introspection", jwt.ReasonMalformed},
		"scheme":  {"Bearer 2YotnFZFEjr1zCsicMWpAA", "without Bearer", jwt.ReasonMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			e := issuers.Explain(t.Context(), tt.token)
			require.Equal(t, tt.reason, e.Reason())
			require.Contains(t, finding(t, e, "validator").Remedy, tt.remedy)
			require.Contains(t, finding(t, e, "validator").Expected, issuer.URL())
			endsAs(t, tt.token, e, refuseOnce(t, issuers, tt.token, tt.reason))
		})
	}
}

// checklist 221
func TestExplainTenants(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("EdDSA"))
	failing := errors.New("the database is down")
	tenants, err := jwt.NewTenants(jwt.TenantsConfig{Resolve: func(_ context.Context, iss string) (jwt.Config, error) {
		switch iss {
		case issuer.URL():
			return configOf(issuer), nil
		case "https://down.example":
			return jwt.Config{}, failing
		}
		return jwt.Config{}, jwt.ErrUnknownIssuer
	}})
	require.NoError(t, err)
	endsAs(t, issuer.Token(), tenants.Explain(t.Context(), issuer.Token()), nil)
	e := tenants.Explain(t.Context(), issuer.Token(jwttest.Audience("x"), jwttest.Without("jti")))
	require.Equal(t, []string{"aud", "required"}, outcomes(e, jwt.Failed))
	e = tenants.Explain(t.Context(), issuer.Token(jwttest.Claim("iss", "https://made-up.example")))
	require.Equal(t, jwt.ReasonUnknownIssuer, e.Reason())
	require.Equal(t, `iss "https://made-up.example"`, finding(t, e, "validator").Found)
	require.Contains(t, finding(t, e, "validator").Remedy, "call Remove for its issuer")
	e = tenants.Explain(t.Context(), issuer.Token(jwttest.Claim("iss", "https://down.example")))
	require.ErrorIs(t, e.Err(), failing)
	require.Equal(t, jwt.NotJudged, finding(t, e, "validator").Outcome)
}

// An iss about which the application is never asked is no matter of what it knows.
//
// checklist 221
func TestExplainAnIssuerThatNoTenantHas(t *testing.T) {
	issuer := jwttest.NewIssuer(t, jwttest.InMemory(), jwttest.FirstKey("EdDSA"))
	tenants, err := jwt.NewTenants(jwt.TenantsConfig{
		Resolve: func(context.Context, string) (jwt.Config, error) { return jwt.Config{}, jwt.ErrUnknownIssuer },
		Admit:   func(issuer string) bool { return strings.HasSuffix(issuer, ".example") },
	})
	require.NoError(t, err)
	for iss, remedy := range map[string]string{
		"https://a.example":        "call Remove for its issuer",
		"https://a.test":           "have TenantsConfig.Admit admit it",
		"http://a.example":         "by an https URL",
		"https://a.example?b":      "or set TenantsConfig.AllowAnyIssuer",
		"https://a\u00e9.example":  "in printable ASCII",
		strings.Repeat("a", 2<<10): "up to 1 KiB",
		"":                         "have the issuer name itself in iss",
	} {
		e := tenants.Explain(t.Context(), issuer.Token(jwttest.Claim("iss", iss)))
		require.Equal(t, jwt.ReasonUnknownIssuer, e.Reason())
		require.Contains(t, finding(t, e, "validator").Remedy, remedy, iss)
	}
}

// Whatever a token holds, little is written, and nothing that a terminal obeys.
//
// checklist 221
func TestExplainIsBounded(t *testing.T) {
	issuer, v := strict(t)
	many, long := make([]string, 3000), strings.Repeat("\x1b[2J\u202e", 2000)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	for name, token := range map[string]string{
		"audiences": issuer.Token(jwttest.Audience(many[:1500]...), jwttest.Claim("cnf", map[string]any{long[:900]: 1})),
		"issuer":    issuer.Token(jwttest.Claim("iss", long[:6000])),
		"scope":     issuer.Token(jwttest.Scope(long[:6000])),
		"kid":       issuer.Token(jwttest.Header("kid", long[:4000]), jwttest.Header("typ", "\x07\u202e")),
		"methods":   issuer.Token(jwttest.RawPayload(`{"cnf":{"` + strings.Join(many[:1500], `":1,"`) + `":1}}`)),
		"junk":      strings.Repeat("\x1b]0;a\x07.", 500),
		"nothing":   "",
	} {
		t.Run(name, func(t *testing.T) { tellsLittle(t, token, v.Explain(t.Context(), token)) })
	}
}

func TestTheZeroExplanation(t *testing.T) {
	var e jwt.Explanation
	require.NoError(t, e.Err())
	require.Empty(t, e.Reason())
	require.Equal(t, "The token is not explained\n", e.String())
	document, err := json.Marshal(e)
	require.NoError(t, err)
	require.NotContains(t, string(document), "accepted")
}

// A token that no validator can be chosen for is told what a Validator would tell of it.
func TestExplainOfTokensWithoutIssuer(t *testing.T) {
	issuer, v := strict(t)
	issuers, err := jwt.ByIssuer(v)
	require.NoError(t, err)
	tenants := tenantsOf(t, newRegistry(issuer))
	unnamed := issuer.Token(jwttest.Without("iss"))
	for says, token := range map[string]string{
		"check them by introspection":         "2YotnFZFEjr1zCsicMWpAA",
		"fewer groups":                        strings.Repeat(unnamed+" ", 100),
		"without Bearer":                      strings.Replace(unnamed, ".", ". ", 1),
		"have the issuer not encrypt":         "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.AAAA.AAAA.AAAA.AAAA",
		"have the issuer name itself in iss":  unnamed,
		"take the token anew and in full: no": unnamed[:60] + "..",
	} {
		for _, explained := range []jwt.Explanation{
			issuers.Explain(t.Context(), token), tenants.Explain(t.Context(), token),
		} {
			require.Contains(t, explained.Findings[0].Remedy, says)
		}
	}
}
