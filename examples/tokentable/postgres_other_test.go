//go:build !unix

package main

import (
	"fmt"
	"testing"
)

func startPostgres(*testing.T) (database, error) {
	return database{}, fmt.Errorf("%w: the test knows how to start it on Unix only", errNoPostgres)
}
