// Package mcpguard is a [protector.Protector] in front of an MCP server that is
// reached by streamable HTTP, and inside it.
//
//	handler, err := mcpguard.NewHandler(guard, server, mcpguard.Config{
//		Base: protector.Policy{Scopes: []string{"notes:read"}},
//		Tools: map[string]protector.Policy{
//			"list_notes": {Scopes: []string{"notes:read"}},
//			"add_note":   {Scopes: []string{"notes:read notes:write"}},
//		},
//	})
//	mux.Handle(guard.ResourceMetadata())
//	mux.Handle("/mcp", handler)
//
// # Where it is decided
//
// A message of MCP says in its body which operation it asks for, so a guard that
// only knows the path knows too little. This one decides about each operation in
// front of the server, where a refusal is still an HTTP status with a challenge: 401
// or 403 that names every scope of the operation and the metadata of the resource,
// so that a client can go and get the token that it needs (MCP, Authorization), and
// 503 where nobody can tell. Inside the server it looks at the operation that is
// about to run, and whatever nobody has decided about by then is decided there. So
// it does not matter that a body may be read in two ways; most of those are answered
// 400, too.
//
// A batch, which MCP had until 2025-06-18, is several operations: the challenge names the
// scopes of one that is refused, and nothing of the batch runs.
//
// Authentication comes first. Of a stranger, no body is read or parsed.
//
// # Sessions, tokens and streams
//
// A session is used by the user who began it, and each message is judged by the
// token that came with it: a tool finds that one with [protector.CurrentToken], not
// the one that began the session. Neither the server nor a tool sees the fields
// Authorization and DPoP of a request, so that no token is passed on by mistake.
//
// Streams of a session are resumed (Last-Event-ID) with any token of its user that
// meets Base, whatever the answer in them has needed. Where the clients of one user are
// not to see each other's, have Config.User name the client as well.
//
// What the server sends by itself it sends as long as the token of the stream is
// good. The context of a tool ends with its token where its policy says UntilExpiry,
// and so does the wait for its answer: with 401, if nothing has been sent yet.
//
// A proof (DPoP) is spent once, however often it is decided. An operation makes
// several decisions, of which all but the first have Decision.Reused set.
//
// # Support
//
// Tested with v1.8 of github.com/modelcontextprotocol/go-sdk on Go 1.26. The package
// follows the SDK's newest v1. The older SSE transport of MCP is not supported.
package mcpguard
