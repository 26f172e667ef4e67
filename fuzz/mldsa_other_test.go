//go:build !go1.27

package fuzz_test

// postQuantum are the algorithms that need a later version of Go.
var postQuantum []string
