// Package libraries measures what a look-up takes in caches that others keep, for
// comparison with the table of verified tokens in the package jwt:
//
//	go test -bench . -cpu 1,2
//	go test -run '^$' -bench Table -cpu 1,2 ../../..
//
// It is a module of its own, so that nobody else downloads them.
package libraries
