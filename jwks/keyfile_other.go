//go:build !unix

package jwks

// openWithoutWaiting: where a name cannot be that of a pipe, nothing needs to be said.
const openWithoutWaiting = 0
