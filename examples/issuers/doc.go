// Package issuers runs authorization servers that this project did not write, and
// guards an API against the tokens that they issue. It exports nothing: its tests
// are the example, a file for each issuer with the profile that its tokens need.
// The README says how each starts, and what it takes.
package issuers
