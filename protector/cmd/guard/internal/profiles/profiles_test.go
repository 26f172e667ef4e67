package profiles_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector/cmd/guard/internal/profiles"
)

const root = "../../../../../"

// functions are those of package jwt that return a profile.
func functions(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob(root + "jwt/*.go")
	require.NoError(t, err)
	declared := regexp.MustCompile(`(?m)^func ([A-Z]\w*)\([^)]*\) \(?(?:jwt\.)?Profile\)? \{`)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, found := range declared.FindAllStringSubmatch(string(text), -1) {
			names = append(names, "jwt."+found[1])
		}
	}
	require.Greater(t, len(names), 20)
	return names
}

// withArguments are the profiles for a token that has every argument.
func withArguments() []profiles.Named {
	named := profiles.Candidates("https://id.example", profiles.Claims{
		"repository_owner_id": json.RawMessage(`"1"`), "namespace_id": json.RawMessage(`"2"`),
		"sub": json.RawMessage(`"spiffe://prod.example/a"`),
	})
	return slices.DeleteFunc(named, func(n profiles.Named) bool { return n.ArgumentName == "" })
}

// Every profile of package jwt has a name here, and each name is taken.
func TestEveryProfileHasAName(t *testing.T) {
	t.Parallel()
	var named []string
	for _, n := range slices.Concat(profiles.All(), withArguments()) {
		profile, err := profiles.Parse(n.Flag())
		require.NoError(t, err, n.Name)
		require.Equal(t, n.Profile, profile, n.Name)
		require.Regexp(t, `\b`+n.Name+`\b`, profiles.Names())
		if n.Function != "" { // that of RFC 9068 is the zero Profile
			named = append(named, n.Function)
		}
	}
	require.ElementsMatch(t, functions(t), named)
}

// The Go that is written is for the profile that was tried.
func TestFunctionsAreThoseOfTheirProfiles(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("profiles.go")
	require.NoError(t, err)
	pairs := regexp.MustCompile(`Function: "(jwt\.\w+)", Profile: (jwt\.\w+)\(`).FindAllStringSubmatch(string(text), -1)
	require.Len(t, pairs, len(profiles.All())-1)
	for _, pair := range pairs {
		require.Equal(t, pair[1], pair[2])
	}
}

// The quickstart has no name of its own, each means the same there, and what it leaves out has a reason.
func TestNamesOfTheQuickstart(t *testing.T) {
	t.Parallel()
	const header, strangers = "is not in the field Authorization", "needs a list of who may call, which an example has not"
	leftOut := map[string]string{
		"cloudflare": header, "google-iap": header, "txn-token": header,
		"google-id": strangers, "kubernetes": strangers,
	}
	here := make(map[string]string)
	for _, n := range profiles.All() {
		if leftOut[n.Name] == "" {
			here[n.Name] = n.Function
		}
	}
	require.Len(t, here, len(profiles.All())-len(leftOut))
	text, err := os.ReadFile(root + "examples/quickstart/profiles.go")
	require.NoError(t, err)
	there := make(map[string]string)
	entry := regexp.MustCompile(`(?m)^\t"([\w-]+)": +(?:func\(\) jwt\.Profile \{ return jwt\.Profile\{\} \}|(jwt\.\w+)),$`)
	for _, found := range entry.FindAllStringSubmatch(string(text), -1) {
		there[found[1]] = found[2]
	}
	require.Equal(t, here, there, slices.Sorted(maps.Keys(leftOut)))
}

// What an issuer's name says. Where the name decides, there is no other candidate.
func TestHints(t *testing.T) {
	t.Parallel()
	for issuer, c := range map[string]struct {
		guess string
		alone bool
	}{
		"https://id.example":                                     {"rfc9068", false},
		"https://shop.eu.auth0.com/":                             {"auth0", false},
		"https://shop.auth0.com.evil.example":                    {"rfc9068", false},
		"https://id.example/realms/shop":                         {"keycloak", false},
		"https://kubernetes.default.svc.cluster.local":           {"kubernetes", false},
		"https://login.microsoftonline.com/7f1c2d3e/v2.0":        {"entra", false}, // or of version 1
		"https://login.microsoftonline.us/7f1c2d3e/v2.0":         {"entra", false},
		"https://shop.ciamlogin.com/7f1c2d3e/v2.0":               {"entra", false},
		"https://sts.windows.net/7f1c2d3e/":                      {"entra-v1", true},
		"https://token.actions.githubusercontent.com":            {"github", true},
		"https://token.actions.githubusercontent.com/enterprise": {"github", true},
		"https://token.actions.shop.ghe.com":                     {"github", true},
		"https://github.shop.example/_services/token":            {"github", true},
		"https://gitlab.com":                                     {"gitlab", true},
		"https://accounts.google.com":                            {"google-id", true},
		"https://cloud.google.com/iap":                           {"google-iap", true},
		"https://issuer-cognito-idp.eu-west-1.amazonaws.com/p":   {"cognito", false},
		"spiffe://prod.example":                                  {"spiffe", true},
	} {
		require.Equal(t, c.guess, profiles.Guess(issuer).Name, issuer)
		require.Equal(t, c.alone, len(profiles.Candidates(issuer, nil)) == 1, issuer)
	}
}

// A transaction token is beside an access token, and no issuer's access tokens look so.
func TestNoCandidateIsForElsewhere(t *testing.T) {
	t.Parallel()
	for _, issuer := range []string{"https://tts.shop.example", "https://id.example/realms/shop", "https://gitlab.com"} {
		for _, n := range profiles.Candidates(issuer, nil) {
			require.NotEqual(t, "txn-token", n.Name)
		}
	}
}
