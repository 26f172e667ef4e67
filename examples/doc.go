// Package examples is the index of the programs beside it, and the home of the tests that concern the repository as a
// whole. It exports nothing.
//
// Start with quickstart: an issuer and a protected API in one process, a tour of every decision it takes, and curl lines
// to try next. The others are small and show one thing each:
//
//   - quickstart: go run ./examples/quickstart
//   - tokentable: opaque tokens from an application's own table instead of JWTs
//   - oidcprovider: an issuer that this project did not write, for tests that want a foreign one
//
// The tests here keep the promises that no single package can: who may import whom (architecture_test.go), and that
// every block of Go in the README compiles and every link of the documents leads somewhere (readme_test.go).
package examples
