// Package libraries measures what a look-up takes in caches that others keep, for
// comparison with the table of verified tokens in the package jwt/tokencache:
//
//	go test -bench . -cpu 1,2                                  # in this folder
//	go test -run '^$' -bench Table -cpu 1,2 ./jwt/tokencache   # in the project's
//
// It is a module of its own, so that nobody else downloads them.
package libraries
