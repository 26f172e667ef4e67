package jwt

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/resourceserver/jwt/internal/jws"
)

// Profile says how an issuer's access tokens look. The zero value is RFC 9068;
// each field that is set replaces one of its rules, and says what is lost. The
// functions such as [Keycloak] return the profiles of well-known issuers; what
// they return is a copy that may be adjusted.
//
// A profile that does without the type at+jwt must tell access tokens from ID
// tokens and other JWTs of the same issuer in another way (RFC 8725 §3.12): by
// Equal, by Absent, or by a claim in Required that ID tokens do not have. One that
// accepts the type JWT, or none, and does not is a fault of the config. Claims such
// as client_id, scope, email, groups and azp are no such mark, whatever they hold:
// issuers put them into ID tokens too.
type Profile struct {
	_ [0]func() // keyed literals only, and no comparison

	// Name describes the profile to a person.
	Name string

	// Types are the accepted values of the typ header, without "application/";
	// letter case does not matter. Default: at+jwt.
	Types []string

	// AllowMissingType accepts a token without typ. It gives up the one header
	// that says that a token is an access token.
	AllowMissingType bool

	// Required are the claims that must be present and not empty. Default: iss,
	// exp, aud, sub, client_id, iat and jti (RFC 9068 §2.2). A name may be any
	// claim's; exp and the audience are always required, and so are iss and sub,
	// unless AllowMissingIssuer or AllowMissingSubject is set.
	Required []string

	// Audience are the claims that may hold the audience; the first that is
	// present counts. Default: aud. To name a claim that holds the client gives
	// up the audience: that client's tokens for any API are then accepted.
	Audience []string

	// ClientID are the claims that may hold the client; the first that is
	// present counts. Default: client_id.
	ClientID []string

	// ID are the claims that may hold the token's identifier; the first that is
	// present counts. Default: jti.
	ID []string

	// Scope are the claims that may hold the scopes; the first that is present
	// counts. A string is separated by spaces, an array of strings is taken as
	// it is, and anything else refuses the token. Default: scope, then scp.
	Scope []string

	// Groups, Roles and Entitlements are where the names that these attributes
	// grant are found; the first that is present counts. A string is one name, and
	// not split; [KeysOf] leads to the keys of an object. Default: the claims groups,
	// roles and entitlements (RFC 9068 §2.2.3.1).
	Groups, Roles, Entitlements []ClaimPath

	// Equal are claims with the exact string that they must hold.
	Equal map[string]string

	// Absent are claims that an access token of this issuer does not have and
	// another of its tokens does. Default: none, but where the type JWT is
	// accepted, or none, the claims of ID tokens nonce, at_hash and c_hash. An
	// empty list that is not nil gives that up, for issuers that put one of them
	// into access tokens. What is named here is taken for a mark: make sure that
	// every ID token of the issuer has one of them. A nonce is there only if the
	// client sent one.
	Absent []string

	// AllowAnySubject accepts a sub with a ':' that is not a URI, which RFC 7519
	// §2 forbids and some issuers send.
	AllowAnySubject bool

	// AllowMissingSubject accepts a token without sub, with one that is null or
	// empty, if it names its client: some issuers give such tokens to machines, in
	// the grant client_credentials. It gives up that Token.Subject names whoever the
	// token speaks for: it is "" for a machine, and code that looks up a user by it
	// must not find one.
	AllowMissingSubject bool

	// AllowMissingIssuer accepts a token without iss as one of Config.Issuer. It gives
	// up that the token says whose it is: the keys alone do, so they must be the keys
	// of this issuer and of nobody else. A token that has iss must have the right one.
	// [ByIssuer], which chooses by iss, takes no validator with it.
	AllowMissingIssuer bool

	// TrustDomain is the name of a SPIFFE trust domain, such as prod.example. Where
	// it is set, sub must be the SPIFFE ID of a workload in it (SPIFFE-ID §2).
	TrustDomain string
}

// faults reports everything that is wrong with p in the company of required,
// the further required claims.
func (p Profile) faults(required []string) (faults []error) {
	for _, list := range []struct {
		field string
		names []string
	}{
		{"Types", p.Types}, {"Required", p.Required}, {"Audience", p.Audience}, {"ClientID", p.ClientID}, {"ID", p.ID},
		{"Scope", p.Scope}, {"Equal", slices.Collect(maps.Keys(p.Equal))}, {"Absent", p.Absent},
	} {
		if slices.Contains(list.names, "") {
			faults = append(faults, fmt.Errorf("jwt: Config.Profile.%s holds an empty string: remove it", list.field))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Equal)) {
		if name != "" && p.Equal[name] == "" {
			faults = append(faults, fmt.Errorf("jwt: Config.Profile.Equal[%s] is empty: "+
				"set it to what the claim must hold", quoted(name)))
		}
	}
	for _, path := range slices.Concat(p.Groups, p.Roles, p.Entitlements) {
		if path.faulty() {
			faults = append(faults, errors.New("jwt: Config.Profile.Groups, Roles or Entitlements holds a path "+
				"that is empty, or has a name that is empty or not UTF-8: remove it"))
		}
	}
	faults = append(faults, p.missingFaults(required)...)
	faults = append(faults, p.numberFaults()...)
	all := p.resolve(required).Required
	for _, name := range p.Absent {
		if _, equal := p.Equal[name]; equal || slices.Contains(all, name) || name == "iss" || name == "exp" {
			faults = append(faults,
				fmt.Errorf("jwt: Config.Profile.Absent names %q, which is required as well: remove one", name))
		}
	}
	if p.takesIDTokens(all) {
		faults = append(faults, errors.New("jwt: Config.Profile accepts typ JWT or none, and nothing in it tells "+
			"access tokens from ID tokens: name what does in Profile.Equal, Absent or Required (RFC 8725 §3.12)"))
	}
	return faults
}

// missingFaults reports what is wrong with what p says of iss and sub.
func (p Profile) missingFaults(required []string) (faults []error) {
	required = slices.Concat(p.Required, required)
	if p.AllowMissingIssuer && slices.Contains(required, "iss") {
		faults = append(faults, errors.New("jwt: Config.Profile.AllowMissingIssuer is set, "+
			"and Profile.Required or Config.Required names iss: remove one"))
	}
	if p.AllowMissingSubject && slices.Contains(required, "sub") {
		faults = append(faults, errors.New("jwt: Config.Profile.AllowMissingSubject is set, "+
			"and Profile.Required or Config.Required names sub: remove one"))
	}
	if p.AllowMissingSubject && p.TrustDomain != "" {
		faults = append(faults, errors.New("jwt: Config.Profile.AllowMissingSubject is set, "+
			"and Profile.TrustDomain demands a subject: remove one"))
	}
	if p.TrustDomain == noTrustDomain {
		faults = append(faults, errors.New("jwt: Config.Profile.TrustDomain is empty: "+
			"name the trust domain whose workloads may call (is an environment variable unset?)"))
	} else if p.TrustDomain != "" && !isTrustDomain(p.TrustDomain) {
		faults = append(faults, fmt.Errorf("jwt: Config.Profile.TrustDomain is %s: "+
			"use the name alone, of lower-case letters, digits, dots, hyphens and underscores", quoted(p.TrustDomain)))
	}
	return faults
}

// numberFaults reports what should be a number and is not: names of owners change hands,
// and the tokens of GitHub's and GitLab's jobs, which are told by another claim that they
// have, hold the number, so that a name would refuse every one of them.
func (p Profile) numberFaults() (faults []error) {
	for _, of := range []struct{ claim, beside string }{
		{"namespace_id", "project_path"}, {"repository_owner_id", "repository"},
	} {
		value := p.Equal[of.claim]
		if slices.Contains(p.Required, of.beside) && strings.Trim(value, "0123456789") != "" {
			faults = append(faults, fmt.Errorf("jwt: Config.Profile.Equal is %s for %s: "+
				"use the number, not the name", quoted(value), of.claim))
		}
	}
	return faults
}

// resolve returns a copy of p with the defaults filled in and further required
// claims added.
func (p Profile) resolve(required []string) Profile {
	p.Types = cloneOr(p.Types, "at+jwt")
	for i, typ := range p.Types {
		p.Types[i] = jws.WithoutApplication(typ)
	}
	p.Required = append(cloneOr(p.Required, "iss", "exp", "aud", "client_id", "iat", "jti"), required...)
	if !p.AllowMissingSubject && !slices.Contains(p.Required, "sub") {
		p.Required = append(p.Required, "sub")
	}
	p.Audience = cloneOr(p.Audience, "aud")
	p.ClientID = cloneOr(p.ClientID, "client_id")
	p.ID = cloneOr(p.ID, "jti")
	p.Scope = cloneOr(p.Scope, "scope", "scp")
	p.Groups = clonePathsOr(p.Groups, "groups")
	p.Roles = clonePathsOr(p.Roles, "roles")
	p.Entitlements = clonePathsOr(p.Entitlements, "entitlements")
	p.Absent = p.absent(p.Required)
	p.Equal = maps.Clone(p.Equal)
	return p
}

// claimRefs are the claims that a profile names.
type claimRefs struct {
	audience, clientID, id, scope []claimRef
	required                      []claimRef // what no other check demands anyway
	equal, absent                 []claimRef
}

// claimRefs returns those of a profile with its defaults filled in.
func (p Profile) claimRefs() claimRefs {
	required := slices.DeleteFunc(slices.Clone(p.Required), func(name string) bool {
		return name == "iss" || name == "exp" || len(p.Audience) == 1 && name == p.Audience[0]
	})
	return claimRefs{
		audience: refsTo(p.Audience), clientID: refsTo(p.ClientID), id: refsTo(p.ID), scope: refsTo(p.Scope),
		required: refsTo(required), equal: refsTo(slices.Sorted(maps.Keys(p.Equal))), absent: refsTo(p.Absent),
	}
}

func cloneOr[T any](list []T, otherwise ...T) []T {
	if len(list) == 0 {
		return otherwise
	}
	return slices.Clone(list)
}

func clonePathsOr(paths []ClaimPath, otherwise string) []ClaimPath {
	paths = cloneOr(paths, ClaimPath{otherwise})
	for i := range paths {
		paths[i] = slices.Clone(paths[i])
	}
	return paths
}
