package redisstore_test

import (
	"io"
	"log"
	"os"
	"testing"

	"github.com/redis/go-redis/v9/logging"
)

// TestMain runs the tests, or a replica for one of them.
func TestMain(m *testing.M) {
	logging.Disable() // what happens to connections; the tests look at what comes of it
	if os.Getenv(replicaSocket) == "" {
		os.Exit(m.Run())
	}
	if err := runReplica(os.Stdout); err != nil {
		log.Fatal(err)
	}
	io.Copy(io.Discard, os.Stdin) // a replica ends with the test that started it
}
