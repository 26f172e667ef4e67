package protector_test

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

// A limit has a ceiling: beyond it, it bounds nothing, and sums with it overflow.
func TestLimitsHaveCeilings(t *testing.T) {
	for _, tt := range []struct {
		config protector.Config
		says   string
	}{
		{protector.Config{MaxTokenBytes: 1<<20 + 1}, "Config.MaxTokenBytes is 1048577: set at most 1048576"},
		{protector.Config{MaxTokenBytes: math.MaxInt}, "Config.MaxTokenBytes is"},
		{protector.Config{BufferedFormTokens: true, MaxFormBytes: 16<<20 + 1},
			"Config.MaxFormBytes is 16777217: set at most 16777216"},
		{protector.Config{BufferedFormTokens: true, MaxFormBytes: math.MaxInt64}, "Config.MaxFormBytes is"},
	} {
		tt.config.Validators = []protector.Validator{protector.Bearer(newTable().lookup)}
		_, err := protector.New(tt.config)
		require.ErrorContains(t, err, "protector: "+tt.says)
	}
	newGuard(t, protector.Config{MaxTokenBytes: 1 << 20, MaxFormBytes: 16 << 20, BufferedFormTokens: true})
}

// A refusal for length names the setting that refused, since there may be
// another in the validator.
func TestRefusalsNameTheLimit(t *testing.T) {
	var seen []protector.Decision
	guard := newGuard(t, protector.Config{
		OnDecision: record(&seen), MaxTokenBytes: 100, BufferedFormTokens: true, MaxFormBytes: 200,
	})
	server := serve(t, guard.Require()(hello))
	get(t, server, "/", "Authorization: Bearer "+strings.Repeat("a", 101))
	require.Equal(t, "too_large", seen[0].Reason)
	require.ErrorContains(t, seen[0].Err, "longer than protector.Config.MaxTokenBytes, which is 100")
	ask(t, server, "POST", "/", "a="+strings.Repeat("a", 200), urlencoded)
	require.Equal(t, "unreadable_form", seen[1].Reason)
	require.ErrorContains(t, seen[1].Err, "longer than protector.Config.MaxFormBytes, which is 200")
}
