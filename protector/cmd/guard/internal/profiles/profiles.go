// Package profiles names the profiles of well-known issuers for a command line, and says how each is written in Go.
package profiles

import (
	"fmt"
	"io"
	"os"
	"strings"

	"example.com/resourceserver/jwt"
)

// Named is a profile that has a name on the command line.
type Named struct {
	Name    string
	Call    string // in Go, "" for the zero Profile
	Profile jwt.Profile
	Hint    string // what stands in the identifier of an issuer that has it, "" if nothing does
}

// All returns the profiles that need no argument, the strictest first.
func All() []Named {
	return []Named{
		{"rfc9068", "", jwt.Profile{}, ""},
		{"auth0", "jwt.Auth0()", jwt.Auth0(), ".auth0.com"},
		{"authentik", "jwt.Authentik()", jwt.Authentik(), "/application/o/"},
		{"clerk", "jwt.Clerk()", jwt.Clerk(), ".clerk."},
		{"cloudflare", "jwt.CloudflareAccess()", jwt.CloudflareAccess(), ".cloudflareaccess.com"},
		{"cognito", "jwt.Cognito()", jwt.Cognito(), "//cognito-idp."},
		{"entra", "jwt.EntraID()", jwt.EntraID(), "//login.microsoftonline.com/"},
		{"entra-v1", "jwt.EntraIDv1()", jwt.EntraIDv1(), "//sts.windows.net/"},
		{"firebase", "jwt.FirebaseIDToken()", jwt.FirebaseIDToken(), "//securetoken.google.com/"},
		{"fusionauth", "jwt.FusionAuth()", jwt.FusionAuth(), ".fusionauth."},
		{"google-iap", "jwt.GoogleIAP()", jwt.GoogleIAP(), "//cloud.google.com/iap"},
		{"google-id", "jwt.GoogleIDToken()", jwt.GoogleIDToken(), "//accounts.google.com"},
		{"hydra", "jwt.Hydra()", jwt.Hydra(), ".oryapis.com"},
		{"keycloak", "jwt.Keycloak()", jwt.Keycloak(), "/realms/"},
		{"kubernetes", "jwt.KubernetesServiceAccount()", jwt.KubernetesServiceAccount(), "//kubernetes.default.svc"},
		{"okta", "jwt.Okta()", jwt.Okta(), ".okta.com"},
		{"pingone", "jwt.PingOne()", jwt.PingOne(), "//auth.pingone."},
		{"supabase", "jwt.Supabase()", jwt.Supabase(), ".supabase.co"},
		{"zitadel", "jwt.Zitadel()", jwt.Zitadel(), ".zitadel.cloud"},
	}
}

// withArgument are the profiles that one name more makes.
var withArgument = []struct {
	name, argument string
	make           func(string) jwt.Profile
}{
	{"github", "OWNER_ID", jwt.GitHubActions},
	{"gitlab", "NAMESPACE_ID", jwt.GitLabCI},
	{"spiffe", "TRUST_DOMAIN", jwt.SPIFFE},
}

// Names lists what Parse takes, for the text of a flag.
func Names() string {
	var names []string
	for _, p := range All() {
		names = append(names, p.Name)
	}
	for _, p := range withArgument {
		names = append(names, p.name+":"+p.argument)
	}
	return strings.Join(names, ", ")
}

// Guess returns the profile that an issuer's identifier hints at, and that of RFC 9068 where it hints at none.
func Guess(issuer string) Named {
	all := All()
	for _, p := range all {
		if p.Hint != "" && strings.Contains(issuer+"/", p.Hint) {
			return p
		}
	}
	return all[0]
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
		if p.name == name && given {
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
		return jwt.Profile{}, fmt.Errorf("%q is neither the name of a profile nor a file that can be read: use one of %s, "+
			"JSON, or a file that holds JSON", name, Names())
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err != nil {
		return jwt.Profile{}, err
	}
	if len(text) > maxBytes {
		return jwt.Profile{}, fmt.Errorf("%q is longer than %d bytes, and so is no profile", name, maxBytes)
	}
	return jwt.ParseProfile(text)
}
