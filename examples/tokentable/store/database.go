package store

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite", in pure Go
)

//go:embed schema.sql
var schema string

// maxConnections bounds what a crowd of requests can do to the database. Those
// that get none wait, within lookupTimeout.
const maxConnections = 16

// Open opens the database and makes the tables where there are none. A source
// that begins with postgres:// or postgresql:// is PostgreSQL's; any other is
// the path of an SQLite file.
func Open(ctx context.Context, source string) (*Store, error) {
	s, err := connect(source)
	if err != nil {
		return nil, err
	}
	if _, err := s.db.ExecContext(ctx, schema); err != nil {
		return nil, errors.Join(fmt.Errorf("store: make the tables: %w", err), s.Close())
	}
	return s, nil
}

func connect(source string) (*Store, error) {
	s := &Store{takeAway: "BEGIN EXCLUSIVE"}
	driver, dsn := "sqlite", sqliteDSN(source)
	if strings.HasPrefix(source, "postgres://") || strings.HasPrefix(source, "postgresql://") {
		driver, dsn, s.takeAway = "pgx", source, "BEGIN; LOCK TABLE tokens"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, fmt.Errorf("store: open the database: %w", err)
	}
	db.SetMaxOpenConns(maxConnections)
	db.SetMaxIdleConns(maxConnections)
	s.db = db
	return s, nil
}

// sqliteDSN waits half a second for a locked file, well within lookupTimeout.
// SQLite enforces foreign keys only where it is asked to.
func sqliteDSN(path string) string {
	file := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	file.RawQuery = url.Values{"_pragma": {"busy_timeout(500)", "foreign_keys(1)"}}.Encode()
	return file.String()
}
