package doctor

import (
	"cmp"
	"context"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/protector/cmd/guard/internal/profiles"
	"example.com/resourceserver/protector/cmd/guard/internal/wiring"
)

// candidate is a profile, and what came of the token by it.
type candidate struct {
	profiles.Named
	audiences   []string
	explanation jwt.Explanation
	failed      int
}

// checkToken finds the profile that the token needs.
func (e *examination) checkToken(ctx context.Context, service *wiring.Service) error {
	all, err := e.candidates(ctx)
	if err != nil {
		return err
	}
	best := all[0]
	e.Profile, e.Token = best.Flag(), &best.explanation
	service.Profile, service.ArgumentName = best.Function, best.ArgumentName
	if best.vouchedFor() {
		service.Argument = best.Argument
	}
	switch err, reason := best.explanation.Err(), best.explanation.Reason(); {
	case err == nil:
		for _, c := range all[1:] {
			if c.explanation.Err() == nil {
				e.AlsoFitting = append(e.AlsoFitting, c.Flag())
			}
		}
		e.add("token", Good, "accepted with the profile "+e.Profile+alternatives(e.AlsoFitting), "")
	case reason == "":
		e.add("token", Unknown, "could not be judged, and looks most like the profile "+e.Profile, "")
	default:
		e.add("token", Bad, "refused ("+string(reason)+"), and looks most like the profile "+e.Profile, "")
	}
	e.checkProfile(best.Named)
	if len(e.config.Audiences) == 0 {
		service.Audiences, service.Doubtful = e.checkAudience(best), true
	}
	return nil
}

// vouchedFor reports whether the issuer has signed what the token says.
func (c candidate) vouchedFor() bool {
	return slices.ContainsFunc(c.explanation.Findings, func(f jwt.Finding) bool {
		return f.Check == "signature" && f.Outcome == jwt.Passed
	})
}

// checkProfile says what is doubtful about a profile that was found by the looks of a token.
func (e *examination) checkProfile(p profiles.Named) {
	if p.Function != "" && !p.HintedBy(e.config.Keys.Issuer) {
		e.add("profile", Warning, p.Name+", by the look of the token: nothing in the issuer's name says so",
			"make sure that the issuer is one, and read what that gives up: go doc example.com/resourceserver/"+p.Function)
	}
	if p.Caution != "" {
		e.add("profile", Warning, e.Profile+" is not enough alone", p.Caution)
	}
}

// checkAudience returns the audience to be pasted where none was given: the only one that a signed token names. Which
// of several is this API cannot be known, and each of the others would let in tokens for somebody else.
func (e *examination) checkAudience(c candidate) []string {
	names := make([]string, len(c.audiences))
	for i, audience := range c.audiences {
		names[i] = shown(audience)
	}
	list := strings.Join(names, ", ")
	switch {
	case list == "":
		e.add("audience", Warning, "not given, and the token names none", giveAudience)
	case !c.vouchedFor():
		e.add("audience", Warning, "not given, and nobody vouches for what the token names: "+list, giveAudience)
	case len(names) > 1:
		e.add("audience", Warning, "not given, and the token names several: "+list, giveAudience)
	default:
		e.add("audience", Warning, "not given: "+list+" is what the token names", "is it this API, and this API alone? "+
			"Keycloak's account, for one, is none")
		return c.audiences
	}
	return nil
}

const giveAudience = "give -audience: how this API is named in the aud claim"

func alternatives(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return ", which is the strictest of those that fit; the others: " + strings.Join(names, ", ")
}

// candidates are the profiles that the issuer may have, best first: that by which the fewest checks fail, then the
// strictest, then the one at which the issuer's name hints, then the one that knows the most marks of its tokens.
func (e *examination) candidates(ctx context.Context) ([]candidate, error) {
	issuer, claims := e.config.Keys.Issuer, unverifiedClaims(e.config.Token)
	var all []candidate
	for _, named := range profiles.Candidates(issuer, claims) {
		audiences := e.config.Audiences
		if len(audiences) == 0 {
			audiences = audiencesIn(claims, named.Profile.Audience)
		}
		v, err := e.validator(ctx, named, audiences)
		if err != nil && len(e.config.Audiences) == 0 { // what the token names is no audience
			audiences = nil
			v, err = e.validator(ctx, named, nil)
		}
		if err != nil {
			return nil, err
		}
		c := candidate{Named: named, audiences: audiences, explanation: v.Explain(ctx, e.config.Token)}
		c.failed = failures(c.explanation)
		all = append(all, c)
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.failed, b.failed), -compareBools(a.Function == "", b.Function == ""),
			-compareBools(a.HintedBy(issuer), b.HintedBy(issuer)), -cmp.Compare(a.marks(), b.marks()))
	})
	return all, nil
}

// validator is that of a service with the profile. Without an audience none fits.
func (e *examination) validator(
	ctx context.Context, named profiles.Named, audiences []string,
) (*jwt.Validator, error) {
	if len(audiences) == 0 {
		audiences = []string{"unknown"}
	}
	return jwt.NewValidator(jwt.Config{
		Issuer: e.config.Keys.Issuer, Audiences: audiences, Keys: Fetching(ctx, e.keys), Profile: named.Profile,
	})
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// marks is how much of a token the profile asks for by name.
func (c candidate) marks() int { return 100*len(c.Profile.Equal) + len(c.Profile.Required) }

func failures(e jwt.Explanation) (n int) {
	for _, f := range e.Findings {
		if f.Outcome == jwt.Failed {
			n++
		}
	}
	return n
}

// unverifiedClaims returns what the token says, nil if it is no JWS. It is for the operator to look at, and decides
// nothing.
func unverifiedClaims(token string) profiles.Claims {
	parts := strings.Split(token, ".")
	if len(parts) != 3 || len(token) > maxToken {
		return nil
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims profiles.Claims
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return nil
	}
	return claims
}

// maxToken is how long a token is looked at: jwt refuses a longer one.
const maxToken = 16 << 10

// audiencesIn returns what the first of the claims that is there names.
func audiencesIn(claims profiles.Claims, names []string) []string {
	if len(names) == 0 {
		names = []string{"aud"}
	}
	for _, name := range names {
		var one string
		var several []string
		switch raw := claims[name]; {
		case raw == nil:
			continue
		case json.Unmarshal(raw, &one) == nil:
			several = []string{one}
		case json.Unmarshal(raw, &several) != nil:
			return nil
		}
		several = slices.DeleteFunc(several, func(a string) bool { return a == "" || len(a) > maxIssuer })
		return several[:min(len(several), maxKeys)]
	}
	return nil
}

// guessProfile is what can be said without a token.
func (e *examination) guessProfile(service *wiring.Service) {
	guess := profiles.Guess(e.config.Keys.Issuer)
	service.Profile, service.ArgumentName = guess.Function, guess.ArgumentName
	if guess.Function != "" {
		e.Profile = guess.Name
		e.add("profile", Warning, guess.Name+", by the look of the issuer's name", "give a token with -token - to be sure")
	}
	if guess.Caution != "" {
		e.add("profile", Warning, e.Profile+" is not enough alone", guess.Caution)
	}
}

// Fetching returns a key source that has keys fetched for a token that is refused before its signature is checked, too.
// Explain does not, in a service that others can have explain their tokens; here the operator asks, and ctx is for how
// long. That many profiles ask for the same key is bounded by jwks.
func Fetching(ctx context.Context, keys *jwks.Remote) jwt.KeySource { return fetching{keys, ctx} }

type fetching struct {
	*jwks.Remote
	operator context.Context
}

func (f fetching) VerificationKeys(_ context.Context, kid, alg string) ([]crypto.PublicKey, error) {
	return f.Remote.VerificationKeys(f.operator, kid, alg)
}
