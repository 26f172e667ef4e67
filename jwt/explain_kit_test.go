package jwt_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
)

// maxExplanation bounds what is written about one token, however long and strange.
const maxExplanation = 16 << 10

// explains demands that the explanation by v, if it gives any, ends as its validation did, and that it is
// harmless, in every form. The refusals of all tests of this package come here.
func explains(t *testing.T, v validating, token string, invalid *jwt.Error) {
	t.Helper()
	explaining, ok := v.(interface {
		Explain(ctx context.Context, token string) jwt.Explanation
	})
	if _, tenants := v.(*jwt.Tenants); tenants || !ok { // each call may change what is known of tenants
		return
	}
	endsAs(t, token, explaining.Explain(t.Context(), token), invalid)
}

// endsAs demands that an explanation says what a validation did.
func endsAs(t *testing.T, token string, e jwt.Explanation, invalid *jwt.Error) {
	t.Helper()
	failed := slices.DeleteFunc(slices.Clone(e.Findings), func(f jwt.Finding) bool { return f.Outcome == jwt.Passed })
	if invalid == nil {
		require.NoError(t, e.Err())
		require.Empty(t, failed)
	} else {
		require.Equal(t, invalid, e.Err())
		require.Equal(t, invalid.Reason, e.Reason())
		require.Equal(t, jwt.Failed, failed[0].Outcome)
		require.Equal(t, invalid.Reason, failed[0].Reason)
	}
	for _, f := range e.Findings {
		require.NotEmpty(t, f.Check)
		switch f.Outcome {
		case jwt.Failed:
			require.NotEmpty(t, f.Remedy, "%+v", f)
			require.NotEmpty(t, f.Found+f.Expected, "%+v", f)
		case jwt.NotJudged:
			require.NotEmpty(t, f.Because, "%+v", f)
		}
	}
	tellsLittle(t, token, e)
}

// tellsLittle demands that nothing of the token's text is in an explanation, and no character that a terminal obeys.
func tellsLittle(t *testing.T, token string, e jwt.Explanation) {
	t.Helper()
	for how, text := range written(t, e) {
		require.LessOrEqual(t, len(text), maxExplanation, how)
		require.Empty(t, strings.TrimFunc(text, func(r rune) bool { return r == '\n' || ' ' <= r && r <= '~' }), how)
		for segment := range strings.SplitSeq(token, ".") {
			if len(segment) >= 16 {
				require.NotContains(t, text, segment, how)
			}
		}
	}
}

// written returns an explanation in every form that it has.
func written(t *testing.T, e jwt.Explanation) map[string]string {
	t.Helper()
	document, err := json.Marshal(e)
	require.NoError(t, err)
	var b bytes.Buffer
	slog.New(slog.NewJSONHandler(&b, nil)).Info("m", "token", e)
	return map[string]string{"text": e.String(), "JSON": string(document), "log": b.String()}
}
