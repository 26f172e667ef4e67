package main

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
)

// connect is an MCP client that knows nothing but the server's URL and its own name.
// Where to get a token, and for what, it learns from the server's refusals.
func connect(ctx context.Context, url string, log io.Writer) (*mcp.ClientSession, error) {
	oauth, err := auth.NewAuthorizationCodeHandler(&auth.AuthorizationCodeHandlerConfig{
		PreregisteredClient: &oauthex.ClientCredentials{ClientID: clientID},
		RedirectURL:         redirectURI,
		AuthorizationCodeFetcher: func(ctx context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
			return visit(ctx, args.URL, log)
		},
	})
	if err != nil {
		return nil, err
	}
	client := mcp.NewClient(&mcp.Implementation{Name: clientID, Version: "1"}, nil)
	return client.Connect(ctx, &mcp.StreamableClientTransport{Endpoint: url, OAuthHandler: oauth, MaxRetries: -1}, nil)
}

// visit stands for the user's browser: it goes to the authorization server and comes
// back with a code.
func visit(ctx context.Context, url string, log io.Writer) (*auth.AuthorizationResult, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(log, "  asks the user to grant %q to %s\n", request.URL.Query().Get("scope"), clientID)
	response, err := http.DefaultTransport.RoundTrip(request) // which follows no redirect
	if err != nil {
		return nil, err
	}
	response.Body.Close()
	back, err := response.Location()
	if err != nil {
		return nil, fmt.Errorf("the authorization server answers %s", response.Status)
	}
	return &auth.AuthorizationResult{Code: back.Query().Get("code"), State: back.Query().Get("state")}, nil
}

// tour calls both tools. The second needs more than the first, and so does the client.
func tour(ctx context.Context, url string, out io.Writer) error {
	fmt.Fprintf(out, "A client connects to %s without a token:\n", url)
	session, err := connect(ctx, url, out)
	if err != nil {
		return err
	}
	defer session.Close()
	for _, call := range []*mcp.CallToolParams{
		{Name: "list_notes"}, {Name: "add_note", Arguments: map[string]any{"text": "buy milk"}}, {Name: "list_notes"},
	} {
		fmt.Fprintf(out, "It calls %s:\n", call.Name)
		result, err := session.CallTool(ctx, call)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "  gets %q\n", result.Content[0].(*mcp.TextContent).Text)
	}
	return nil
}
