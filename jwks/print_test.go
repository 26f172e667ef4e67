package jwks_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// The query of a URL may hold a secret. A configuration prints without it, faulty ones included.
func TestConfigPrintsNoQuery(t *testing.T) {
	for want, config := range map[string]jwks.Config{
		"jwks.Config(https://issuer.example/jwks.json)": {URL: setURL + "?key=hush"},
		"jwks.Config(https://issuer.example)":           {Issuer: issuerURL},
		"jwks.Config(https://issuer.example/)":          {Issuer: "https://u:hush@issuer.example/?key=hush#hush"},
		"jwks.Config(https://other.example)":            {Issuer: "https://other.example", URL: setURL + "?key=hush"},
		"jwks.Config()":                                 {URL: "https://%zz/hush"},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d"} {
			require.Equal(t, want, fmt.Sprintf(verb, config), verb)
			require.Equal(t, want, fmt.Sprintf(verb, &config), verb)
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("", "config", config)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("", "config", struct{ C any }{config})
		require.NotContains(t, log.String(), "hush")
	}
}
