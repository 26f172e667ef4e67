package introspection_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector/introspection"
)

// Whatever holds a secret, or what a server says of a person, prints none of it.
func TestPrintingShowsNoSecret(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	source := func(context.Context) (string, error) { return "hush", nil }
	got, err := introspect(t, active(`"sub":"hush","jti":"hush","cnf":{"jkt":"hush"},"scope":"hush","x":"hush"`),
		func(c *settings) { c.Confirmations = []string{"jkt"} })
	require.NoError(t, err)
	for _, credentials := range []introspection.Credentials{
		introspection.ClientSecretBasic("hush", "hush"),
		introspection.ClientSecretBasic("hush", ""),
		introspection.ClientSecretBasicUnencoded("hush", "hush"),
		introspection.ClientSecretBasicUnencoded("hush:", "hush"),
		introspection.ClientSecretPost("hush", "hush"),
		introspection.BearerToken(source),
		introspection.PrivateKeyJWT("hush", "hush", "hush", key),
	} {
		c := config("https://issuer.example/introspect?key=hush")
		c.Credentials = credentials
		requireNoSecret(t, c, "https://issuer.example/introspect")
		requireNoSecret(t, &c, "https://issuer.example/introspect")
		requireNoSecret(t, credentials, "introspection.Credentials")
		requireNoSecret(t, &credentials, "introspection.Credentials")
		c.Endpoint = "https://user:hush@issuer.example:x"
		requireNoSecret(t, c, "introspection.Config")
	}
	requireNoSecret(t, introspection.Config{}, "introspection.Config")
	client := newClient(t, config("https://issuer.example/introspect?key=hush"))
	requireNoSecret(t, client, "introspection.Client(https://issuer.example/introspect)")
	requireNoSecret(t, new(introspection.Client), "introspection.Client")
	requireNoSecret(t, (*introspection.Client)(nil), "introspection.Client")
	requireNoSecret(t, got, "introspection.Token")
	requireNoSecret(t, *got, "introspection.Token")
	requireNoSecret(t, struct{ T *introspection.Token }{got}, "introspection.Token")
}

func requireNoSecret(t *testing.T, value any, says string) {
	t.Helper()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%t"} {
		text := fmt.Sprintf(verb, value)
		require.NotContains(t, text, "hush", verb)
		require.NotContains(t, text, "68757368", verb) // in hexadecimal
		require.Contains(t, text, says, verb)
		require.Less(t, len(text), 100, verb)
	}
	var logged bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&logged, nil), slog.NewJSONHandler(&logged, nil)} {
		slog.New(handler).Info("", "value", value, slog.Group("group", "value", value))
	}
	require.NotContains(t, logged.String(), "hush")
}
