package procedures_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/internal/procedures"
)

func newGuard(t *testing.T) *protector.Protector {
	guard, err := protector.New(protector.Config{Validators: []protector.Validator{protector.Bearer(
		func(context.Context, string) (protector.Token, error) { return nil, nil })}})
	require.NoError(t, err)
	return guard
}

// checklist 218
func TestRefusalOf(t *testing.T) {
	guard := newGuard(t)
	internals := errors.New("https://issuer.internal refused")
	for name, tt := range map[string]struct {
		err    error
		code   uint32
		reason string
		after  time.Duration
	}{
		"malformed":    {&protector.Error{Status: 400, Err: internals}, 3, "INVALID_REQUEST", 0},
		"bad":          {&protector.Error{Code: "invalid_token", Err: internals}, 16, "INVALID_TOKEN", 0},
		"nobody":       {&protector.Error{Status: 401}, 16, "UNAUTHORIZED", 0},
		"forbidden":    {&protector.Error{Err: internals}, 7, "INSUFFICIENT_SCOPE", 0},
		"hidden":       {&protector.Error{Status: 404, Code: "not_found"}, 5, "NOT_FOUND", 0},
		"too often":    {&protector.Error{Status: 429, Code: "slow", RetryAfter: time.Minute}, 8, "SLOW", time.Minute},
		"other":        {&protector.Error{Status: 451, Code: "unlawful"}, 7, "UNLAWFUL", 0},
		"outage":       {internals, 14, "TEMPORARILY_UNAVAILABLE", 5 * time.Second},
		"soon":         {&protector.Error{Status: 503, RetryAfter: 1}, 14, "TEMPORARILY_UNAVAILABLE", time.Second},
		"gateway":      {&protector.Error{Status: 502}, 14, "SERVER_ERROR", 0},
		"gateway late": {&protector.Error{Status: 504}, 14, "SERVER_ERROR", 0},
		"mistake":      {&protector.Error{Status: 500, Err: internals}, 13, "SERVER_ERROR", 0},
		"not there":    {&protector.Error{Status: 501}, 13, "SERVER_ERROR", 0},
		"nothing":      {nil, 13, "SERVER_ERROR", 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := procedures.RefusalOf(guard, tt.err)
			require.Equal(t, []any{tt.code, tt.reason, tt.after}, []any{r.Code, r.Reason, r.RetryAfter})
			require.NotContains(t, r.Message, "internal")
		})
	}
	r := procedures.RefusalOf(guard, &protector.Error{Status: http.StatusForbidden, Code: "\xff", Description: "\xff"})
	require.Equal(t, []string{"\uFFFD", "\uFFFD"}, []string{r.Reason, r.Message})
}
