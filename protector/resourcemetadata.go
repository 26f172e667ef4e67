package protector

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"example.com/resourceserver/scopes"
)

// ResourceMetadata is what the document of [Protector.ResourceMetadata] says beside
// what the protector knows by itself (RFC 9728 §2). What is empty is left out. URLs
// are https, or http for a loopback host.
type ResourceMetadata struct {
	_ [0]func() // no unkeyed literals, no comparison

	// Scopes are listed in scopes_supported beside those that the policies of this
	// protector name: those that [Protector.Acquire] or a Policy's Check ask for.
	// The scope offline_access is not one of a resource (MCP, Authorization).
	Scopes []string

	// Name is resource_name: what people call the resource.
	Name string
	// Documentation is resource_documentation: the URL of a page for developers.
	Documentation string
	// PolicyURI is resource_policy_uri: the URL of a page that says what clients may
	// do with the data.
	PolicyURI string
	// TermsURI is resource_tos_uri: the URL of a page with the terms of service.
	TermsURI string
	// Translations are the four above in other languages (RFC 9728 §2.1), by name and
	// language tag: "resource_name#de".
	Translations map[string]string

	// JWKSURI is jwks_uri: where the resource's own public keys are, of which
	// SigningAlgorithms are those that it signs answers with
	// (resource_signing_alg_values_supported).
	JWKSURI           string
	SigningAlgorithms []string

	// AuthorizationDetailsTypes is authorization_details_types_supported
	// (RFC 9396 §5).
	AuthorizationDetailsTypes []string
}

// pages are the members for people, in the language of the service.
func (m ResourceMetadata) pages() map[string]string {
	return map[string]string{
		"resource_name": m.Name, "resource_documentation": m.Documentation,
		"resource_policy_uri": m.PolicyURI, "resource_tos_uri": m.TermsURI,
	}
}

// members are what m adds to the document, but for the scopes.
func (m ResourceMetadata) members() map[string]any {
	members := make(map[string]any)
	texts := m.pages()
	texts["jwks_uri"] = m.JWKSURI
	maps.Copy(texts, m.Translations)
	for name, text := range texts {
		if text != "" {
			members[name] = text
		}
	}
	put(members, "resource_signing_alg_values_supported", m.SigningAlgorithms)
	put(members, "authorization_details_types_supported", m.AuthorizationDetailsTypes)
	return members
}

func (m ResourceMetadata) faults() (faults []error) {
	fault := func(field string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("Config.ResourceMetadata.%s %w", field, err))
		}
	}
	for i, name := range m.Scopes {
		fault(fmt.Sprintf("Scopes[%d]", i), scopeFault(name))
	}
	fault("Name", textFault("resource_name", m.Name))
	fault("Documentation", textFault("resource_documentation", m.Documentation))
	fault("PolicyURI", textFault("resource_policy_uri", m.PolicyURI))
	fault("TermsURI", textFault("resource_tos_uri", m.TermsURI))
	fault("JWKSURI", textFault("jwks_uri", m.JWKSURI))
	for _, name := range slices.Sorted(maps.Keys(m.Translations)) {
		fault("Translations", m.translationFault(name))
	}
	for i, name := range m.SigningAlgorithms {
		fault(fmt.Sprintf("SigningAlgorithms[%d]", i), algorithmFault(name))
	}
	for i, name := range m.AuthorizationDetailsTypes {
		if !isText(name) || strings.TrimSpace(name) == "" {
			fault(fmt.Sprintf("AuthorizationDetailsTypes[%d]", i),
				errors.New("is blank, or no text: name a type, or remove it"))
		}
	}
	return faults
}

func scopeFault(name string) error {
	_, err := scopes.AnyOf(name)
	switch {
	case err != nil || strings.Contains(name, " "):
		return fmt.Errorf("is %q, which is not one scope: list each by itself", name)
	case name == offlineAccess:
		return errors.New("is offline_access, which asks for refresh tokens and is no scope of a resource: remove it")
	}
	return nil
}

// algorithmFault: what is not signed is not (RFC 9728 §2).
func algorithmFault(name string) error {
	if !isToken(name) || equalFold(name, "none") {
		return fmt.Errorf("is %q, which is no signature algorithm: name one, such as ES256", name)
	}
	return nil
}

var languageTag = regexp.MustCompile(`^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$`) // RFC 5646 §2.1

func (m ResourceMetadata) translationFault(key string) error {
	name, tag, _ := strings.Cut(key, "#")
	if _, ok := m.pages()[name]; !ok || !languageTag.MatchString(tag) {
		return fmt.Errorf("has %q, which is no member for people with its language: write it as resource_name#de", key)
	}
	text := m.Translations[key]
	if text == "" {
		return fmt.Errorf("has nothing for %q: write something, or remove it", key)
	}
	if err := textFault(name, text); err != nil {
		return fmt.Errorf("has a %q that %w", key, err)
	}
	return nil
}

// textFault judges the text of a member: a URL, but for the name.
func textFault(member, text string) error {
	switch {
	case text == "":
		return nil
	case member != "resource_name":
		_, err := publicURL(text)
		return err
	case !isText(text):
		return errors.New("is not UTF-8, or holds a control character: write it as people read it")
	}
	return nil
}

func isText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f })
}
