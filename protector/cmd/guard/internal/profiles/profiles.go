// Package profiles names the profiles of well-known issuers for a command line, and says how each is written in Go.
package profiles

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"example.com/resourceserver/jwt"
)

// Named is a profile that has a name on the command line.
type Named struct {
	Name     string
	Function string // in Go, "" for the zero Profile
	Profile  jwt.Profile
	// Hints are what stands in the identifiers of issuers that have it, in the order of their likelihood.
	Hints []string
	// Alone is set where no other issuer has it, and such an issuer has no other: its name decides.
	Alone bool
	// Elsewhere is set for tokens that are no access tokens and come beside one: an issuer's access tokens never have it.
	Elsewhere bool
	// Caution is what an application has to do beside using the profile, "" if nothing.
	Caution string

	// Argument is that of Function, where it takes one and the token has it: ask whether it is the right one.
	Argument string
	// ArgumentName is what Argument is, as in OWNER_ID, "" where Function takes none.
	ArgumentName string
}

// microsoft are the hosts of Entra ID, of its clouds for governments and for China, and of its tenants for customers.
var microsoft = []string{
	"//login.microsoftonline.com/", "//login.microsoftonline.us/", "//login.partner.microsoftonline.cn/",
	".ciamlogin.com/",
}

// All returns the profiles that need no argument, the strictest first.
func All() []Named {
	return []Named{
		{Name: "rfc9068"},
		{Name: "auth0", Function: "jwt.Auth0", Profile: jwt.Auth0(), Hints: []string{".auth0.com/"}},
		{Name: "authentik", Function: "jwt.Authentik", Profile: jwt.Authentik(), Hints: []string{"/application/o/"}},
		{Name: "clerk", Function: "jwt.Clerk", Profile: jwt.Clerk(), Hints: []string{".clerk.", "//clerk."}},
		{Name: "cloudflare", Function: "jwt.CloudflareAccess", Profile: jwt.CloudflareAccess(),
			Hints: []string{".cloudflareaccess.com/"}, Alone: true},
		{Name: "cognito", Function: "jwt.Cognito", Profile: jwt.Cognito(),
			Hints: []string{"//cognito-idp.", "//issuer-cognito-idp."}},
		{Name: "entra", Function: "jwt.EntraID", Profile: jwt.EntraID(), Hints: microsoft, Alone: true},
		{Name: "entra-v1", Function: "jwt.EntraIDv1", Profile: jwt.EntraIDv1(),
			Hints: append([]string{"//sts.windows.net/", "//sts.chinacloudapi.cn/"}, microsoft...), Alone: true},
		{Name: "firebase", Function: "jwt.FirebaseIDToken", Profile: jwt.FirebaseIDToken(),
			Hints: []string{"//securetoken.google.com/"}, Alone: true},
		{Name: "fusionauth", Function: "jwt.FusionAuth", Profile: jwt.FusionAuth(), Hints: []string{".fusionauth."}},
		{Name: "google-iap", Function: "jwt.GoogleIAP", Profile: jwt.GoogleIAP(),
			Hints: []string{"//cloud.google.com/iap/"}, Alone: true},
		{Name: "google-id", Function: "jwt.GoogleIDToken", Profile: jwt.GoogleIDToken(),
			Hints: []string{"//accounts.google.com/"}, Alone: true,
			Caution: "whoever has a Google Cloud project gets a token for any audience: " +
				"compare Token.Subject with the accounts that you know"},
		{Name: "hydra", Function: "jwt.Hydra", Profile: jwt.Hydra(), Hints: []string{".oryapis.com/"}},
		{Name: "keycloak", Function: "jwt.Keycloak", Profile: jwt.Keycloak(), Hints: []string{"/realms/"}},
		{Name: "kubernetes", Function: "jwt.KubernetesServiceAccount", Profile: jwt.KubernetesServiceAccount(),
			Hints: []string{"//kubernetes.default.svc"},
			Caution: "any pod of the cluster gets a token for any audience: " +
				"list the accounts that you know as clients of a policy"},
		{Name: "okta", Function: "jwt.Okta", Profile: jwt.Okta(), Hints: []string{".okta.com/"}},
		{Name: "pingone", Function: "jwt.PingOne", Profile: jwt.PingOne(), Hints: []string{"//auth.pingone."}},
		{Name: "supabase", Function: "jwt.Supabase", Profile: jwt.Supabase(), Hints: []string{".supabase.co/"}},
		{Name: "txn-token", Function: "jwt.TransactionToken", Profile: jwt.TransactionToken(), Elsewhere: true},
		{Name: "zitadel", Function: "jwt.Zitadel", Profile: jwt.Zitadel(), Hints: []string{".zitadel.cloud/"}},
	}
}

// family is the profiles that one name more makes.
type family struct {
	Named
	make func(argument string) jwt.Profile
	// nobody is an argument that is well-formed and nobody's.
	nobody string
	// read returns the argument in a token, "" if it has none.
	read func(claims Claims) string
}

// withArgument are for issuers that sign for strangers as well: without the right argument everybody is let in.
var withArgument = []family{
	{Named{Name: "github", Function: "jwt.GitHubActions", ArgumentName: "OWNER_ID", Alone: true,
		Hints: []string{"//token.actions.", "/_services/token/"},
		Caution: "whoever has a GitHub account gets a token for any audience: is the id of your organization " +
			"(https://api.github.com/users/NAME) the one in the code?"},
		jwt.GitHubActions, "0", func(c Claims) string { return c.number("repository_owner_id") }},
	{Named{Name: "gitlab", Function: "jwt.GitLabCI", ArgumentName: "NAMESPACE_ID", Alone: true,
		Hints: []string{"//gitlab."},
		Caution: "whoever has an account at this GitLab gets a token for any audience: is the id of your group " +
			"the one in the code?"},
		jwt.GitLabCI, "0", func(c Claims) string { return c.number("namespace_id") }},
	{Named{Name: "spiffe", Function: "jwt.SPIFFE", ArgumentName: "TRUST_DOMAIN", Hints: []string{spiffe}, Alone: true,
		Caution: "any workload of the trust domain gets a token for any audience: is the domain yours, and are those " +
			"that you know listed as clients of a policy?"},
		jwt.SPIFFE, "nobody.invalid", Claims.trustDomain},
}

// Names lists what Parse takes, for the text of a flag.
func Names() string {
	var names []string
	for _, p := range All() {
		names = append(names, p.Name)
	}
	for _, p := range withArgument {
		names = append(names, p.Name+":"+p.ArgumentName)
	}
	return strings.Join(names, ", ")
}

// maxBytes bounds a profile in a file: a real one has a few hundred.
const maxBytes = 64 << 10

// Parse returns the profile that a flag names: by name, as JSON, or as a file that holds JSON (jwt.ParseProfile).
func Parse(value string) (jwt.Profile, error) {
	for _, p := range All() {
		if p.Name == value {
			return p.Profile, nil
		}
	}
	name, argument, given := strings.Cut(value, ":")
	for _, p := range withArgument {
		if p.Name == name && given {
			return p.make(argument), nil
		}
	}
	if strings.HasPrefix(strings.TrimSpace(value), "{") {
		return jwt.ParseProfile([]byte(value))
	}
	return fromFile(value)
}

func fromFile(name string) (jwt.Profile, error) {
	f, err := os.Open(name)
	if err != nil {
		return jwt.Profile{}, fmt.Errorf("that is neither the name of a profile nor a file that can be read: use one of %s, "+
			"JSON, or a file that holds JSON", Names()) // without the value, which may be a token
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return jwt.Profile{}, errors.New("the file cannot be read")
	}
	if len(text) > maxBytes {
		return jwt.Profile{}, fmt.Errorf("the file is longer than %d bytes, and so is no profile", maxBytes)
	}
	return jwt.ParseProfile(text)
}
