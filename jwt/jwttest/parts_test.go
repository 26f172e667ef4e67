package jwttest_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/jwttest"
)

func opts(o ...jwttest.TokenOption) []jwttest.TokenOption { return o }

func sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }

func number(n int64) string { return strconv.FormatInt(n, 10) }

func part(t *testing.T, token string, i int) string {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	decoded, err := base64.RawURLEncoding.DecodeString(parts[i])
	require.NoError(t, err)
	return string(decoded)
}

func header(t *testing.T, token string) map[string]any { return decode(t, part(t, token, 0)) }

func claims(t *testing.T, token string) map[string]any { return decode(t, part(t, token, 1)) }

func decode(t *testing.T, text string) map[string]any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var members map[string]any
	require.NoError(t, decoder.Decode(&members))
	return members
}
