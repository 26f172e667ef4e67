package dpop_test

import (
	"fmt"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/dpop"
)

func TestConfigFaults(t *testing.T) {
	for fault, config := range map[string]dpop.Config{
		"Config.PublicOrigins is empty":                     {PublicOrigins: []string{}},
		`PublicOrigins[0] is not an https`:                  {PublicOrigins: []string{"api.example"}},
		`Config.PublicOrigins[0] is not an`:                 {PublicOrigins: []string{"http://api.example"}},
		"holds a user name":                                 {PublicOrigins: []string{"https://u:p@api.example"}},
		"a query or a fragment":                             {PublicOrigins: []string{"https://api.example?x"}},
		"holds a character that no URI has: write the host": {PublicOrigins: []string{"https://bücher.example"}},
		"holds a character that no URI has":                 {PublicOrigins: []string{"https://api.example/v1 "}},
		"without zeros in front":                            {PublicOrigins: []string{"https://api.example:0443"}},
		"in another spelling":                               {PublicOrigins: []string{"https://api.example:65536"}},
		"an IPv6 address in brackets without a zone":        {PublicOrigins: []string{"https://[fe80::1%25eth0]"}},
		"holds a dot segment":                               {PublicOrigins: []string{"https://api.example/a/.."}},
		`Config.Algorithms names "HS256"`:                   {Algorithms: []string{"HS256"}},
		`Config.Algorithms names "none"`:                    {Algorithms: []string{"none"}},
		`Config.Algorithms names "ML-DSA-44"`:               {Algorithms: []string{"ML-DSA-44"}},
		"Config.MaxAge is -1s":                              {MaxAge: -time.Second},
		"Config.MaxAge is 30ns":                             {MaxAge: 30},
		"Config.MaxAge is 2562047h":                         {MaxAge: math.MaxInt64},
		"Config.Leeway is 10m0s":                            {Leeway: 10 * time.Minute},
		"Config.NonceKeys is empty":                         {NonceKeys: [][]byte{}},
		"Config.NonceKeys[1] has 5 bytes":                   {NonceKeys: [][]byte{firstKey, []byte("short")}},
		"Config.NonceLifetime is set without":               {NonceLifetime: time.Minute},
		"Config.NonceLifetime is 48h0m0s: use up":           {NonceKeys: [][]byte{firstKey}, NonceLifetime: 48 * time.Hour},
		"Config.Replay is a nil *dpop.Memory":               {Replay: (*dpop.Memory)(nil)},
		"Config.MaxProofBytes is -1":                        {MaxProofBytes: -1},
		fmt.Sprint("Config.MaxProofBytes is ", math.MaxInt): {MaxProofBytes: math.MaxInt},
	} {
		if config.PublicOrigins == nil {
			config.PublicOrigins = []string{origin}
		}
		_, err := dpop.NewVerifier(config)
		require.ErrorContains(t, err, fault)
		require.Equal(t, true, strings.HasPrefix(err.Error(), "dpop: Config."), err)
	}
	_, err := dpop.NewVerifier(dpop.Config{MaxAge: -1, Leeway: -2, MaxProofBytes: -1})
	require.Len(t, strings.Split(err.Error(), "\n"), 4, "every fault at once: %v", err)
	_, err = dpop.NewMemory(dpop.MemoryConfig{MaxBytes: -1})
	require.ErrorContains(t, err, "dpop: MemoryConfig.MaxBytes is -1")
}

func TestConfigIsCopied(t *testing.T) {
	keys, origins := [][]byte{[]byte(strings.Repeat("k", 32))}, []string{origin}
	v := verifier(t, dpop.Config{NonceKeys: keys, PublicOrigins: origins})
	c := newClient(t, "ES256")
	nonce := demanded(t, v, c)
	keys[0][0], origins[0] = 'x', "https://evil.example"
	_, _, err := v.Verify(c.proof(nil, members{"nonce": nonce}), c.get())
	require.NoError(t, err)
}

func TestNonceKeysAreNotPrinted(t *testing.T) {
	secret := strings.Repeat("s3cret!!", 4)
	config := dpop.Config{PublicOrigins: []string{origin}, NonceKeys: [][]byte{[]byte(secret)}}
	v := verifier(t, config)
	for _, value := range []any{config, &config, v, *v} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x", "%q", "%t"} {
			text := fmt.Sprintf(verb, value)
			require.NotContains(t, text, secret, verb)
			require.NotContains(t, text, "115 51", verb)
			require.NotContains(t, text, fmt.Sprintf("%x", secret), verb)
		}
		var log strings.Builder
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", value)
		require.NotContains(t, log.String(), secret)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "value", config)
	require.Contains(t, log.String(), `"value":"dpop.Config(`+origin+`)"`)
}
