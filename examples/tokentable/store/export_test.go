package store

import "database/sql"

// DB lets tests see what is stored.
func (s *Store) DB() *sql.DB { return s.db }
