package mcpguard_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/mcpguard"
)

// issued is a token that names its issuer.
type issued struct {
	*row
	issuer string
}

func (i *issued) Issuer() string { return i.issuer }

// A subject that reads like another's issuer and subject is somebody else.
func TestASubjectIsNoIssuer(t *testing.T) {
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{
		protector.Bearer(func(_ context.Context, token string) (protector.SubjectToken, error) {
			if token == "mallory" {
				return &row{user: `"https://a.example" alice`}, nil
			}
			return &issued{&row{user: token}, "https://a.example"}, nil
		}),
	}})
	url := serve(t, guard, newService(), mcpguard.Config{Tools: map[string]protector.Policy{"read": {}, "write": {}}})
	session := begin(t, url, "alice")
	require.Equal(t, 403, post(t, url, "mallory", ping, "Mcp-Session-Id", session).status)
	require.Equal(t, 200, post(t, url, "alice", ping, "Mcp-Session-Id", session).status)
}
