package jwks

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Inside the package: most of these spellings cannot be reached by a redirect that a test can ask for.
func TestOriginHasOneSpelling(t *testing.T) {
	// checklist 188
	for raw, want := range map[string]string{
		"https://h.example":            "https://h.example",
		"https://h.example/a?b#c":      "https://h.example",
		"HTTPS://user:pw@H.Example:/a": "https://h.example",
		"https://h.example:443":        "https://h.example",
		"https://h.example:00443":      "https://h.example",
		"https://h.example:80":         "https://h.example:80",
		"http://h.example:80":          "http://h.example",
		"http://h.example:080/":        "http://h.example",
		"http://h.example:443":         "http://h.example:443",
		"https://h.example:8443":       "https://h.example:8443",
		"https://h.example:0":          "https://h.example:0",
		"https://h.example:000":        "https://h.example:0",
		"https://h.example.":           "https://h.example.",
		"https://[2001:DB8::1]/a":      "https://[2001:db8::1]",
		"https://[2001:db8::1]:443/a":  "https://[2001:db8::1]",
		"https://[2001:db8::1]:8443/a": "https://[2001:db8::1]:8443",
		"https://B\u00dccher.example":  "https://b\u00dccher.example",
		"https://\u212A.example":       "https://\u212A.example",
		"":                             "",
		"/path":                        "",
		"https:///path":                "",
		"https:h.example":              "",
		"mailto:a@h.example":           "",
		"https://h.example:port":       "",
		"%zz":                          "",
	} {
		require.Equal(t, want, origin(raw), raw)
	}
}

func TestPlaceHoldsNoSecret(t *testing.T) {
	for raw, want := range map[string]string{
		"https://user:hidden@H.example:443/a/b%2Fc?key=hidden#hidden": "https://h.example/a/b%2Fc",
		"https://h.example?hidden":                                    "https://h.example",
		"":                                                            "",
		"https://user:hid den@h.example":                              "",
	} {
		require.Equal(t, want, place(raw), raw)
	}
}
