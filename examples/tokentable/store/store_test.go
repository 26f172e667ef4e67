package store_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/examples/tokentable/store"
)

var ada = store.User{Name: "ada", Email: "ada@example.com"}

func open(t *testing.T) *store.Store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a b?c#d%41.db") // a path is no URL
	s, err := store.Open(t.Context(), path)
	require.NoError(t, err)
	require.FileExists(t, path)
	t.Cleanup(func() { s.Close() })
	return s
}

// A closed database answers every query with an error, so that no error means
// no query.
func TestStrangeTokensNeverReachTheDatabase(t *testing.T) {
	s := open(t)
	good, err := s.Issue(t.Context(), ada, "profile", time.Now().Add(time.Hour))
	require.NoError(t, err)
	require.Len(t, good, 46)
	require.NoError(t, s.Close())

	_, err = s.Lookup(t.Context(), good)
	require.Error(t, err)

	for name, token := range map[string]string{
		"empty":            "",
		"prefix alone":     "tt_",
		"no prefix":        strings.TrimPrefix(good, "tt_"),
		"other prefix":     "xx_" + strings.TrimPrefix(good, "tt_"),
		"short":            good[:45],
		"long":             good + "A",
		"padded":           good + "=",
		"other alphabet":   "tt_" + strings.Repeat("+", 43),
		"line break":       good[:45] + "\n",
		"SQL":              "tt_' OR ''='",
		"JWT":              "eyJhbGciOiJub25lIn0.e30.",
		"a second way":     "tt_" + strings.Repeat("A", 42) + "B", // bits set where no secret has any
		"a megabyte":       strings.Repeat("A", 1<<20),
		"a megabyte of it": "tt_" + strings.Repeat("A", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			found, err := s.Lookup(t.Context(), token)
			require.NoError(t, err)
			require.Nil(t, found)
		})
	}
}

func TestTokensAreStoredHashed(t *testing.T) {
	s := open(t)
	first, err := s.Issue(t.Context(), ada, "", time.Now())
	require.NoError(t, err)
	second, err := s.Issue(t.Context(), ada, "", time.Now())
	require.NoError(t, err)
	require.NotEqual(t, first, second)

	for _, text := range []string{first, strings.TrimPrefix(first, "tt_")} {
		require.NotContains(t, strings.ToLower(dump(t, s)), strings.ToLower(text))
	}
}

// dump is everything in the table of tokens.
func dump(t *testing.T, s *store.Store) string {
	t.Helper()
	rows, err := s.DB().QueryContext(t.Context(), `SELECT hash || ' ' || user_name || ' ' || scope FROM tokens`)
	require.NoError(t, err)
	defer rows.Close()
	var all strings.Builder
	for rows.Next() {
		var row string
		require.NoError(t, rows.Scan(&row))
		all.WriteString(row + "\n")
	}
	require.NoError(t, rows.Err())
	require.NotEmpty(t, all.String())
	return all.String()
}

func TestTokensGoWithTheirUser(t *testing.T) {
	s := open(t)
	token, err := s.Issue(t.Context(), ada, "profile", time.Now().Add(time.Hour))
	require.NoError(t, err)
	_, err = s.DB().ExecContext(t.Context(), `DELETE FROM users WHERE name = $1`, ada.Name)
	require.NoError(t, err)
	found, err := s.Lookup(t.Context(), token)
	require.NoError(t, err)
	require.Nil(t, found)
}
