// Package examples is the index of the programs beside it, and the home of the tests of the documents. It exports
// nothing.
//
// Start with quickstart: an issuer and a protected API in one process, a tour of every decision it takes, and curl
// lines to try next. The others are small and show one thing each:
//
//   - quickstart: go run ./examples/quickstart, with a page to look at
//   - tokentable: opaque tokens from an application's own table instead of JWTs
//   - routers: the guard behind http.ServeMux, chi and gorilla/mux
//   - mcp: an MCP server whose tools need scopes, and a client that finds its way to a token
//   - oidcprovider: an issuer that this project did not write, for tests that want a foreign one
//   - issuers: more of them, of other makes, each with the profile that its tokens need
//
// The tests here keep what the documents promise: every block of Go compiles, every link leads somewhere, and the
// service that the README has a newcomer write answers and logs what it says.
package examples
