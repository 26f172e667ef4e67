package main

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/mcpguard"
)

// policies say which scopes each tool needs: all of them, since a client that is
// refused asks for what the refusal names.
var policies = map[string]protector.Policy{
	"list_notes": {Scopes: []string{"notes:read"}},
	"add_note":   {Scopes: []string{"notes:read notes:write"}},
}

// newAPI is an MCP server at the path of resource, behind a guard for tokens of the
// issuer that are meant for this resource.
func newAPI(
	issuer, resource string, keys jwt.KeySource, options mcp.StreamableHTTPOptions, logger *slog.Logger,
) (http.Handler, error) {
	tokens, err := jwt.NewValidator(jwt.Config{Issuer: issuer, Audiences: []string{resource}, Keys: keys})
	if err != nil {
		return nil, err
	}
	guard, err := protector.New(protector.Config{
		Validators:           []protector.Validator{protector.Bearer(tokens.Validate)},
		Resource:             resource,
		AuthorizationServers: tokens.Issuers(),
		ScopeInChallenge:     true, // clients begin with what base asks for, and ask for more when they need it
		Logger:               logger,
	})
	if err != nil {
		return nil, err
	}
	server, err := mcpguard.NewHandler(guard, newServer(), mcpguard.Config{
		Base:      protector.Policy{Scopes: []string{"notes:read"}},
		Tools:     policies,
		Transport: options,
	})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(guard.ResourceMetadata())
	mux.Handle("/mcp", server)
	return mux, nil
}

// notebook is the service itself, which knows nothing of tokens but whose they are.
type notebook struct {
	mu    sync.Mutex
	notes map[string][]string // by user
}

type (
	listNotes struct{}
	addNote   struct {
		Text string `json:"text" jsonschema:"what to remember"`
	}
	noted struct {
		Notes []string `json:"notes"`
	}
)

func newServer() *mcp.Server {
	book := &notebook{notes: map[string][]string{}}
	server := mcp.NewServer(&mcp.Implementation{Name: "notes", Version: "1"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "list_notes", Description: "Lists your notes."}, book.list)
	mcp.AddTool(server, &mcp.Tool{Name: "add_note", Description: "Adds a note."}, book.add)
	return server
}

func (b *notebook) list(ctx context.Context, _ *mcp.CallToolRequest, _ listNotes) (*mcp.CallToolResult, noted, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.answer(owner(ctx))
}

func (b *notebook) add(ctx context.Context, _ *mcp.CallToolRequest, in addNote) (*mcp.CallToolResult, noted, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.notes[owner(ctx)] = append(b.notes[owner(ctx)], in.Text)
	return b.answer(owner(ctx))
}

// owner is the user of the token that came with this very call.
func owner(ctx context.Context) string {
	token, _ := protector.CurrentToken[*jwt.Token](ctx) // always there behind the guard
	return token.Subject()
}

func (b *notebook) answer(user string) (*mcp.CallToolResult, noted, error) {
	notes := append([]string{}, b.notes[user]...)
	text := &mcp.TextContent{Text: strings.Join(notes, "\n")}
	return &mcp.CallToolResult{Content: []mcp.Content{text}}, noted{notes}, nil
}
