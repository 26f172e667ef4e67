package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"example.com/resourceserver/scopes"
)

// lookupTimeout bounds one look-up, the wait for a connection included. A
// database that takes longer is down, as far as a request is concerned.
const lookupTimeout = 2 * time.Second

// Store is the application's users and their tokens. It is safe for concurrent
// use.
type Store struct {
	db       *sql.DB
	takeAway string // see TakeAway
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// Lookup finds a token for protector.Bearer. Nil without an error is "there is
// no such token": the protector answers 401. An error is "the database could
// not say": it answers 503, so that no client throws a good token away because
// of an outage.
//
// What is not made like one of our tokens never reaches the database.
func (s *Store) Lookup(ctx context.Context, token string) (*Token, error) {
	hash, ok := hashOf(token)
	if !ok {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	const query = `SELECT users.name, users.email, tokens.scope, tokens.expires_at, tokens.revoked_at IS NOT NULL
		FROM tokens JOIN users ON users.name = tokens.user_name WHERE tokens.hash = $1`
	found, scope, expires := &Token{hash: hash}, "", int64(0)
	err := s.db.QueryRowContext(ctx, query, hash).Scan(&found.User.Name, &found.User.Email, &scope, &expires,
		&found.revoked)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("store: look up a token: %w", err)
	}
	found.scopes, found.expires = scopes.Parse(scope), time.Unix(expires, 0)
	return found, nil
}

// Issue makes a token for a user, who is added if new. The token returned is
// the only copy.
func (s *Store) Issue(ctx context.Context, user User, scope string, expires time.Time) (string, error) {
	token := newSecret()
	hash, _ := hashOf(token)
	err := s.inTransaction(ctx, func(tx *sql.Tx) error {
		const add = `INSERT INTO users (name, email) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`
		if _, err := tx.ExecContext(ctx, add, user.Name, user.Email); err != nil {
			return err
		}
		const issue = `INSERT INTO tokens (hash, user_name, scope, expires_at) VALUES ($1, $2, $3, $4)`
		_, err := tx.ExecContext(ctx, issue, hash, user.Name, scope, expires.Unix())
		return err
	})
	if err != nil {
		return "", fmt.Errorf("store: issue a token: %w", err)
	}
	return token, nil
}

// Revoke withdraws a token for good. It takes effect with the next request: the
// table is asked for each.
func (s *Store) Revoke(ctx context.Context, token *Token) error {
	const revoke = `UPDATE tokens SET revoked_at = $1 WHERE hash = $2 AND revoked_at IS NULL`
	if _, err := s.db.ExecContext(ctx, revoke, time.Now().Unix(), token.hash); err != nil {
		return fmt.Errorf("store: revoke a token: %w", err)
	}
	return nil
}

// TakeAway makes the table unreadable until release is called, as a careless
// migration would. It is here to show what requests get meanwhile.
func (s *Store) TakeAway(ctx context.Context) (release func() error, err error) {
	connection, err := s.db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("store: take the table away: %w", err)
	}
	if _, err := connection.ExecContext(ctx, s.takeAway); err != nil {
		return nil, errors.Join(fmt.Errorf("store: take the table away: %w", err), connection.Close())
	}
	return func() error {
		_, err := connection.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return errors.Join(err, connection.Close())
	}, nil
}

func (s *Store) inTransaction(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
