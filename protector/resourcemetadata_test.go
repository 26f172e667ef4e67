package protector_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

// Everything in the document is for everybody, so it is judged like everything that clients follow.
//
// checklist 164, 168, 169
func TestFaultyResourceMetadata(t *testing.T) {
	type metadata = protector.ResourceMetadata
	in := func(name, text string) metadata { return metadata{Translations: map[string]string{name: text}} }
	for fault, m := range map[string]metadata{
		`Scopes[1] is "", which is not one scope`:                         {Scopes: []string{"a", ""}},
		`Scopes[0] is "a b", which is not one scope: list each by itself`: {Scopes: []string{"a b"}},
		`Scopes[0] is " a", which is not one scope`:                       {Scopes: []string{" a"}},
		`Scopes[0] is "a\"b", which is not one scope`:                     {Scopes: []string{`a"b`}},
		`Scopes[0] is offline_access, which asks for refresh tokens`:      {Scopes: []string{"offline_access"}},
		`Name is not UTF-8, or holds a control character`:                 {Name: "a\nb"},
		`Name is not UTF-8`:                                                 {Name: "a\xff"},
		`Documentation is not an https URL`:                                 {Documentation: "http://a.example"},
		`PolicyURI is not an https URL`:                                     {PolicyURI: "javascript:alert(1)"},
		`TermsURI holds a character that no URI has`:                        {TermsURI: "https://a.example/<b>"},
		`JWKSURI holds a user name`:                                         {JWKSURI: "https://a:b@c.example"},
		`SigningAlgorithms[0] is "none", which is no signature algorithm`:   {SigningAlgorithms: []string{"none"}},
		`SigningAlgorithms[1] is "None", which is no signature algorithm`:   {SigningAlgorithms: []string{"ES256", "None"}},
		`SigningAlgorithms[0] is "", which is no signature algorithm`:       {SigningAlgorithms: []string{""}},
		`AuthorizationDetailsTypes[0] is blank, or no text`:                 {AuthorizationDetailsTypes: []string{" "}},
		`AuthorizationDetailsTypes[1] is blank`:                             {AuthorizationDetailsTypes: of("a", "\xff")},
		`Translations has "resource_name", which is no member for people`:   in("resource_name", "a"),
		`Translations has "resource_name#", which is no member for people`:  in("resource_name#", "a"),
		`Translations has "resource_name#d!", which is no member`:           in("resource_name#d!", "a"),
		`Translations has "resource_name#de-", which is no member`:          in("resource_name#de-", "a"),
		`Translations has "resource#de", which is no member for people`:     in("resource#de", "https://a.example"),
		`Translations has "jwks_uri#de", which is no member for people`:     in("jwks_uri#de", "https://a.example"),
		`Translations has nothing for "resource_name#de": write something`:  in("resource_name#de", ""),
		`Translations has a "resource_name#de" that is not UTF-8`:           in("resource_name#de", "\xff"),
		`Translations has a "resource_tos_uri#de" that is not an https URL`: in("resource_tos_uri#de", "a"),
	} {
		config := protector.Config{
			Resource: apiOrigin, ResourceMetadata: m, Validators: []protector.Validator{returning(&token{})},
		}
		_, err := protector.New(config)
		require.ErrorContains(t, err, "protector: Config.ResourceMetadata."+fault)
		config.Resource = ""
		_, err = protector.New(config)
		require.EqualError(t, err,
			"protector: Config.ResourceMetadata has no effect without Resource: set both, or neither")
	}
}

// The configuration is the caller's own.
func TestResourceMetadataIsCopied(t *testing.T) {
	config := protector.Config{
		AuthorizationServers: []string{"https://a.example"},
		ResourceMetadata: protector.ResourceMetadata{
			AuthorizationDetailsTypes: []string{"a"}, Translations: map[string]string{"resource_name#de": "a"},
		},
	}
	_, server := described(t, config)
	config.AuthorizationServers[0], config.ResourceMetadata.AuthorizationDetailsTypes[0] = "spoilt", "spoilt"
	config.ResourceMetadata.Translations["resource_name#de"] = "spoilt"
	require.NotContains(t, get(t, server, metadataPath).body, "spoilt")
}
