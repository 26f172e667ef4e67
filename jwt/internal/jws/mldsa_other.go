//go:build !go1.27 || fips140v1.0

package jws

var postQuantum map[string]*Algorithm
