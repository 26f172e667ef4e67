package mcpguard_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/mcpguard"
)

const resource = "https://notes.example.com/mcp"

// exampleGuard returns an issuer that stands for a real one, and a guard for its
// tokens.
func exampleGuard() (*jwttest.Issuer, *protector.Protector) {
	issuer, err := jwttest.StartIssuer()
	if err != nil {
		panic(err)
	}
	keys, err := jwks.NewRemote(jwks.Config{Issuer: issuer.URL()})
	if err != nil {
		panic(err)
	}
	tokens, err := jwt.NewValidator(jwt.Config{Audiences: []string{resource}, Keys: keys})
	if err != nil {
		panic(err)
	}
	guard, err := protector.New(protector.Config{
		Validators:           []protector.Validator{protector.Bearer(tokens.Validate)},
		Resource:             resource,
		AuthorizationServers: tokens.Issuers(),
		ScopeInChallenge:     true,
	})
	if err != nil {
		panic(err)
	}
	return issuer, guard
}

func try(handler http.Handler, tool, token string) {
	r := httptest.NewRequest(http.MethodPost, resource, strings.NewReader(
		fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":%q,"arguments":{}}}`, tool)))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	if w.Code == http.StatusOK {
		fmt.Println(w.Code, w.Body)
		return
	}
	for challenge := range strings.SplitSeq(w.Header().Get("Www-Authenticate"), ", ") {
		if strings.HasPrefix(challenge, "scope=") {
			fmt.Println(w.Code, challenge)
		}
	}
}

type none struct{}

func listNotes(ctx context.Context, _ *mcp.CallToolRequest, _ none) (*mcp.CallToolResult, any, error) {
	token, _ := protector.CurrentToken[*jwt.Token](ctx) // always there behind the guard
	text := &mcp.TextContent{Text: "the notes of " + token.Subject()}
	return &mcp.CallToolResult{Content: []mcp.Content{text}}, nil, nil
}

func addNote(context.Context, *mcp.CallToolRequest, none) (*mcp.CallToolResult, any, error) {
	return &mcp.CallToolResult{}, nil, nil
}

func Example() {
	issuer, guard := exampleGuard()
	defer issuer.Close()

	server := mcp.NewServer(&mcp.Implementation{Name: "notes", Version: "1"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "list_notes"}, listNotes)
	mcp.AddTool(server, &mcp.Tool{Name: "add_note"}, addNote)

	handler, err := mcpguard.NewHandler(guard, server, mcpguard.Config{
		Base: protector.Policy{Scopes: []string{"notes:read"}},
		Tools: map[string]protector.Policy{
			"list_notes": {Scopes: []string{"notes:read"}},
			"add_note":   {Scopes: []string{"notes:read notes:write"}},
		},
		Transport: mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true},
	})
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.Handle(guard.ResourceMetadata())
	mux.Handle("/mcp", handler)

	alice := issuer.Token(jwttest.Subject("alice"), jwttest.Audience(resource), jwttest.Scope("notes:read"))
	try(mux, "add_note", "")
	try(mux, "add_note", alice)
	try(mux, "list_notes", alice)
	// Output:
	// 401 scope="notes:read"
	// 403 scope="notes:read notes:write"
	// 200 {"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"the notes of alice"}]}}
}
