//go:build !go1.27 || fips140v1.0

package fuzz_test

// postQuantum are the algorithms that need a later version of Go.
var postQuantum []string
