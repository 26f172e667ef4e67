package main

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// database is one to test against, and how to bring it down and back.
type database struct {
	source string
	// kill and revive end its process and start it again; nil for one without.
	kill, revive func(t *testing.T)
}

// errNoPostgres is why PostgreSQL cannot be tested here.
var errNoPostgres = errors.New("PostgreSQL cannot run here")

// eachDatabase runs a test against SQLite, and against a PostgreSQL of its own
// where its programs are installed.
func eachDatabase(t *testing.T, test func(t *testing.T, db database)) {
	t.Run("SQLite", func(t *testing.T) {
		test(t, database{source: filepath.Join(t.TempDir(), "tokens.db")})
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		db, err := startPostgres(t)
		if errors.Is(err, errNoPostgres) {
			t.Skip(err) // PostgreSQL's programs are not installed; SQLite is tested in any case
		}
		require.NoError(t, err)
		test(t, db)
	})
}
