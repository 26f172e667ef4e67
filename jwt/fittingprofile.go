package jwt

import (
	"slices"
	"strings"
	"sync"

	"example.com/resourceserver/jwt/internal/jws"
	"example.com/resourceserver/jwt/internal/strictjson"
)

// knownProfile is a profile of this package, ready to be compared with a token.
type knownProfile struct {
	call  string // as it is written in Go
	terms *terms
	rules jws.Rules
}

// knownProfiles are those that need no argument. They are made ready once: that takes
// longer than to compare them all.
var knownProfiles = sync.OnceValue(func() (known []knownProfile) {
	for _, p := range []struct {
		call string
		make func() Profile
	}{
		{"jwt.Auth0()", Auth0}, {"jwt.Authentik()", Authentik}, {"jwt.Clerk()", Clerk},
		{"jwt.CloudflareAccess()", CloudflareAccess}, {"jwt.Cognito()", Cognito}, {"jwt.EntraID()", EntraID},
		{"jwt.EntraIDv1()", EntraIDv1}, {"jwt.FusionAuth()", FusionAuth}, {"jwt.Hydra()", Hydra},
		{"jwt.Keycloak()", Keycloak}, {"jwt.KubernetesServiceAccount()", KubernetesServiceAccount},
		{"jwt.Okta()", Okta}, {"jwt.PingOne()", PingOne}, {"jwt.Supabase()", Supabase}, {"jwt.Zitadel()", Zitadel},
	} {
		profile := p.make().resolve(nil)
		c := Config{Profile: profile, Algorithms: jws.Asymmetric}
		terms := termsOf(c)
		known = append(known, knownProfile{p.call, terms, rulesOf(c.Algorithms, &terms.profile)})
	}
	return known
})

// maxFitting is how many profiles are named at once: a token that looks like those of
// every issuer tells nothing.
const maxFitting = 3

// profilesThatFit returns the profiles that describe tokens with this header and these
// claims, as Go calls; none if there are too many. One that asks for the value of a
// claim, and finds it, says more than those that ask for none.
func (p *pen) profilesThatFit() []string {
	if p.claims == nil || p.parameters == nil || p.saysNoAccess() {
		return nil
	}
	var fitting, marked []string
	for _, known := range knownProfiles() {
		switch {
		case known.terms.profile.Name == p.validator.terms.profile.Name || !known.describes(p.validation):
		case known.mayTakeIDToken(p.validation):
		case len(known.terms.refs.equal) > 0:
			marked = append(marked, known.call)
		default:
			fitting = append(fitting, known.call)
		}
	}
	if marked != nil {
		fitting = marked
	}
	if len(fitting) > maxFitting {
		return nil
	}
	return fitting
}

// saysNoAccess reports whether the claims typ or token_use, which several issuers write,
// say that this is no access token. Not every ID token has a claim of its sign-in.
func (p *pen) saysNoAccess() bool {
	for name, access := range map[string][]string{"typ": {"bearer", "dpop"}, "token_use": {"access"}} {
		value, ok := strictjson.String(p.claims.get(claimRef{name, place(name)}))
		if ok && !slices.Contains(access, strings.ToLower(value)) {
			return true
		}
	}
	return false
}

// isForItsClient reports whether aud names the client that the token was issued to, and
// whether it names nobody else. That of each ID token names it (OpenID Connect Core §2),
// whatever else the token leaves out.
func (v *validation) isForItsClient() (so, alone bool) {
	if v.claims == nil {
		return false, false
	}
	value := v.claims[claimAudience].Value
	audiences, _ := strictjson.Strings(nil, value)
	if one, ok := strictjson.String(value); ok {
		audiences = []string{one}
	}
	for _, name := range []string{"azp", "client_id"} {
		client, ok := strictjson.String(v.claims.get(claimRef{name, place(name)}))
		if ok && client != "" && slices.Contains(audiences, client) {
			return true, len(audiences) == 1
		}
	}
	return false, false
}

// mayTakeIDToken reports whether the token may be an ID token, as far as the profile can
// see: it is for its client, and nothing that the profile demands marks access tokens.
// Zitadel's alone are for their client and others. They lack auth_time, which its ID
// tokens have.
func (k knownProfile) mayTakeIDToken(v *validation) bool {
	p := k.terms.profile
	if len(p.Equal) > 0 || slices.ContainsFunc(p.Required, func(name string) bool { return !idTokenClaims[name] }) {
		return false
	}
	so, alone := v.isForItsClient()
	return so && (alone || !slices.Contains(p.Absent, "auth_time"))
}

func (k knownProfile) describes(v *validation) bool {
	_, audience := v.claims.first(k.terms.refs.audience)
	return audience != "" && k.rules.CheckType(v.parameters) == nil &&
		k.terms.checkKind(v.claims) == nil && k.terms.checkRequired(v.claims) == nil
}
