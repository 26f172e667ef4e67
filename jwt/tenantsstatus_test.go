package jwt_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
)

// checklist 214
func TestTenantsStatusAsJSON(t *testing.T) {
	s := jwt.TenantsStatus{
		Live: 1, Refused: 2, Resolving: 3, Waiting: 4, Resolved: 5, Changed: 6, Unknown: 7, Failed: 8, Evicted: 9,
		Removed: 10, Turned: 11, Remembered: 12,
		LastError: errors.New("refused: \xff"), LastErrorAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
	}
	for i := range reflect.TypeFor[jwt.TenantsStatus]().NumField() {
		require.False(t, reflect.ValueOf(s).Field(i).IsZero(), "the test forgets a field")
	}
	document, err := json.Marshal(s)
	require.NoError(t, err)
	require.JSONEq(t, `{"live": 1, "refused": 2, "resolving": 3, "waiting": 4, "resolved": 5, "changed": 6,
		"unknown": 7, "failed": 8, "evicted": 9, "removed": 10, "turned": 11, "remembered": 12,
		"last_error": "refused: \ufffd", "last_error_at": "2026-01-02T03:04:05Z"}`, string(document))

	document, err = json.Marshal(jwt.TenantsStatus{})
	require.NoError(t, err)
	require.NotContains(t, string(document), "last_error")
}
