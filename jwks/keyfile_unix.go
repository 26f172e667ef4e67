//go:build unix

package jwks

import "syscall"

// openWithoutWaiting keeps a pipe that was put in the place of the file from holding up who opens it.
const openWithoutWaiting = syscall.O_NONBLOCK
