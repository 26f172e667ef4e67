package dpop_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/dpop"
)

// checklist 120, 121, 122, 125, 133, 134
func TestGoodProofs(t *testing.T) {
	all := dpop.Config{Algorithms: []string{"ES256", "EdDSA", "Ed25519", "RS256", "PS256"}}
	for _, alg := range all.Algorithms {
		t.Run(alg, func(t *testing.T) {
			c := newClient(t, alg)
			require.NoError(t, spent(verifier(t, all), c.proof(nil, nil), c.get()))
		})
	}
	c := newClient(t, "ES256")
	for name, claims := range map[string]members{
		"htu with query and fragment": {"htu": origin + "/user?id=7#top"},
		"host in capitals":            {"htu": "HTTPS://API.Example/user"},
		"the scheme's own port":       {"htu": origin + ":443/user"},
		"escapes that need not be":    {"htu": origin + "/%75ser"},
		"a fraction of a second":      {"iat": float64(time.Now().UnixMilli()) / 1000},
		"more claims":                 {"client": "x", "deep": []any{[]any{1}}},
		"a nonce nobody asked for":    {"nonce": "abc"},
	} {
		require.NoError(t, spent(verifier(t, dpop.Config{}), c.proof(nil, claims), c.get()), name)
	}
}

func TestBadProofs(t *testing.T) {
	c, other, rsa := newClient(t, "ES256"), newClient(t, "ES256"), newClient(t, "RS256")
	with := func(key string, value any) map[string]any {
		return members{key: value}.over(map[string]any{"kty": "EC", "crv": "P-256", "x": c.jwk["x"], "y": c.jwk["y"]})
	}
	hmac := map[string]any{"kty": "oct", "k": "c2VjcmV0"}
	for name, test := range map[string]struct {
		header, claims members
		reason         dpop.Reason
	}{
		"typ missing":           {members{"typ": nil}, nil, dpop.ReasonType},          // checklist 123
		"typ JWT":               {members{"typ": "JWT"}, nil, dpop.ReasonType},        // checklist 123
		"typ of a token":        {members{"typ": "at+jwt"}, nil, dpop.ReasonType},     // checklist 123
		"typ a number":          {members{"typ": 1}, nil, dpop.ReasonMalformed},       // checklist 123
		"alg none":              {members{"alg": "none"}, nil, dpop.ReasonAlgorithm},  // checklist 124
		"alg HS256":             {members{"alg": "HS256"}, nil, dpop.ReasonAlgorithm}, // checklist 124
		"alg not named":         {members{"alg": "RS256"}, nil, dpop.ReasonAlgorithm}, // checklist 124
		"alg missing":           {members{"alg": nil}, nil, dpop.ReasonAlgorithm},     // checklist 124
		"alg of another key":    {members{"alg": "EdDSA"}, nil, dpop.ReasonKey},       // checklist 147b
		"crit":                  {members{"crit": []any{"x"}}, nil, dpop.ReasonCritical},
		"b64":                   {members{"b64": true}, nil, dpop.ReasonCritical},
		"jwk missing":           {members{"jwk": nil}, nil, dpop.ReasonKey}, // checklist 125
		"jwk a string":          {members{"jwk": "x"}, nil, dpop.ReasonKey},
		"jwk empty":             {members{"jwk": map[string]any{}}, nil, dpop.ReasonKey},
		"jwk private":           {members{"jwk": with("d", "AQAB")}, nil, dpop.ReasonKey}, // checklist 126
		"jwk symmetric":         {members{"jwk": hmac}, nil, dpop.ReasonKey},              // checklist 126
		"jwk off its curve":     {members{"jwk": with("y", c.jwk["x"])}, nil, dpop.ReasonBinding},
		"jwk short":             {members{"jwk": with("x", "AQAB")}, nil, dpop.ReasonKey}, // checklist 147b
		"jwk for encryption":    {members{"jwk": with("use", "enc")}, nil, dpop.ReasonKey},
		"jwk for another alg":   {members{"jwk": with("alg", "ES384")}, nil, dpop.ReasonKey},
		"jwk of another":        {members{"jwk": other.jwk}, nil, dpop.ReasonBinding}, // checklist 134
		"jwk of RSA":            {members{"jwk": rsa.jwk}, nil, dpop.ReasonKey},       // checklist 147b
		"JWK as well":           {members{"JWK": other.jwk}, nil, dpop.ReasonKey},     // checklist 147a
		"kid a number":          {members{"kid": 1}, nil, dpop.ReasonMalformed},
		"jti missing":           {nil, members{"jti": nil}, dpop.ReasonClaim},            // checklist 122
		"jti empty":             {nil, members{"jti": ""}, dpop.ReasonClaim},             // checklist 122
		"jti a number":          {nil, members{"jti": 1}, dpop.ReasonClaim},              // checklist 122
		"htm missing":           {nil, members{"htm": nil}, dpop.ReasonClaim},            // checklist 122
		"htm in small letters":  {nil, members{"htm": "get"}, dpop.ReasonMethod},         // checklist 127
		"htm of another method": {nil, members{"htm": "POST"}, dpop.ReasonMethod},        // checklist 127
		"htu missing":           {nil, members{"htu": nil}, dpop.ReasonClaim},            // checklist 122
		"htu an array":          {nil, members{"htu": []any{"/user"}}, dpop.ReasonClaim}, // checklist 122
		"htu a path":            {nil, members{"htu": "/user"}, dpop.ReasonTarget},       // checklist 128
		"htu of another host":   {nil, members{"htu": "https://evil.example/user"}, dpop.ReasonTarget},
		"htu of another path":   {nil, members{"htu": origin + "/users"}, dpop.ReasonTarget}, // checklist 128
		"htu of another case":   {nil, members{"htu": origin + "/User"}, dpop.ReasonTarget},  // checklist 130
		"htu with a slash more": {nil, members{"htu": origin + "/user/"}, dpop.ReasonTarget},
		"htu of another port":   {nil, members{"htu": origin + ":8443/user"}, dpop.ReasonTarget},
		"htu of another scheme": {nil, members{"htu": "http://api.example/user"}, dpop.ReasonTarget},
		"htu with dots":         {nil, members{"htu": origin + "/a/../user"}, dpop.ReasonTarget},
		"htu with a user":       {nil, members{"htu": "https://api.example@evil.example/user"}, dpop.ReasonTarget},
		"htu with a user too":   {nil, members{"htu": "https://u@api.example/user"}, dpop.ReasonTarget},
		"htu with a bad escape": {nil, members{"htu": origin + "/%zz"}, dpop.ReasonTarget},
		"iat missing":           {nil, members{"iat": nil}, dpop.ReasonClaim},                      // checklist 122
		"iat a string":          {nil, members{"iat": "1"}, dpop.ReasonClaim},                      // checklist 122
		"iat negative":          {nil, members{"iat": -1}, dpop.ReasonClaim},                       // checklist 122
		"iat far away":          {nil, members{"iat": 1e300}, dpop.ReasonClaim},                    // checklist 122
		"ath missing":           {nil, members{"ath": nil}, dpop.ReasonClaim},                      // checklist 133
		"ath of another token":  {nil, members{"ath": encode(make([]byte, 32))}, dpop.ReasonToken}, // checklist 133
		"nonce a number":        {nil, members{"nonce": 1}, dpop.ReasonClaim},
	} {
		t.Run(name, func(t *testing.T) {
			requireReason(t, test.reason, spent(verifier(t, dpop.Config{}), c.proof(test.header, test.claims), c.get()))
		})
	}
}

func TestProofsThatAreNone(t *testing.T) {
	c := newClient(t, "ES256")
	good := c.proof(nil, nil)
	parts := strings.Split(good, ".")
	header := fmt.Sprintf(`{"typ":"dpop+jwt","alg":"ES256","jwk":%s`, mustJSON(t, c.jwk))
	serialized := mustJSON(t, map[string]any{"protected": parts[0], "payload": parts[1], "signature": parts[2]})
	for name, test := range map[string]struct {
		proof  string
		reason dpop.Reason
	}{
		"nothing":          {"", dpop.ReasonMissing},
		"a word":           {"proof", dpop.ReasonMalformed},
		"two segments":     {parts[0] + "." + parts[1], dpop.ReasonMalformed},
		"four segments":    {good + ".x", dpop.ReasonMalformed},
		"padding":          {good + "=", dpop.ReasonSignature},
		"no signature":     {parts[0] + "." + parts[1] + ".", dpop.ReasonSignature},
		"JSON":             {serialized, dpop.ReasonMalformed},
		"long":             {parts[0] + "." + parts[1] + "." + strings.Repeat("A", 8<<10), dpop.ReasonTooLarge},
		"jwk twice":        {c.sign(header+`,"jwk":`+mustJSON(t, c.jwk)+"}", `{}`), dpop.ReasonMalformed}, // checklist 147a
		"header no object": {c.sign(`[]`, `{}`), dpop.ReasonMalformed},
		"claims no object": {c.sign(header+"}", `[]`), dpop.ReasonMalformed},
		"claims no JSON":   {c.sign(header+"}", `{`), dpop.ReasonMalformed},
		"jti twice":        {c.sign(header+"}", `{"jti":"a","jti":"b"}`), dpop.ReasonMalformed},
		"a thousand claims": {
			c.sign(header+"}", `{"a":[`+strings.Repeat("1,", 1000)+`1]}`), dpop.ReasonMalformed,
		},
	} {
		t.Run(name, func(t *testing.T) {
			requireReason(t, test.reason, spent(verifier(t, dpop.Config{}), test.proof, c.get()))
		})
	}
}

// Every mutation of a good proof is refused: what is accepted has one spelling.
func TestEveryByteOfAProofCounts(t *testing.T) {
	c := newClient(t, "EdDSA") // whose signatures have one spelling
	v := verifier(t, dpop.Config{})
	good := c.proof(nil, nil)
	for i := range good {
		for _, b := range []byte{good[i] ^ 1, 'A', '.', '='} {
			if b == good[i] {
				continue
			}
			_, _, err := v.Verify(good[:i]+string(rune(b))+good[i+1:], c.get())
			require.Error(t, err, "%d: %q", i, b)
		}
	}
	require.NoError(t, spent(v, good, c.get()))
}

// checklist 135
func TestTokenThatIsNotBound(t *testing.T) {
	c := newClient(t, "ES256")
	r := c.get()
	r.Thumbprint = ""
	err := spent(verifier(t, dpop.Config{}), c.proof(nil, nil), r)
	requireReason(t, dpop.ReasonBinding, err)
}

// checklist 140, 141
func TestCodes(t *testing.T) {
	for reason, code := range map[dpop.Reason]string{
		dpop.ReasonNonce: "use_dpop_nonce", dpop.ReasonBinding: "invalid_token",
		dpop.ReasonSignature: "invalid_dpop_proof", dpop.ReasonReplay: "invalid_dpop_proof",
		dpop.ReasonMissing: "invalid_dpop_proof",
	} {
		require.Equal(t, code, (&dpop.Error{Reason: reason}).Code(), reason)
	}
}

// checklist 132
func TestFreshness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, "ES256")
		v := verifier(t, dpop.Config{})
		for _, test := range []struct {
			ago  time.Duration
			good bool
		}{{0, true}, {59 * time.Second, true}, {60 * time.Second, false}, {-5 * time.Second, true},
			{-6 * time.Second, false}} {
			err := spent(v, c.proof(nil, members{"iat": time.Now().Add(-test.ago).Unix()}), c.get())
			if test.good {
				require.NoError(t, err, test.ago)
			} else {
				requireReason(t, dpop.ReasonTime, err, test.ago)
			}
		}
	})
}

// checklist 144
func TestProofCountsOnce(t *testing.T) {
	c := newClient(t, "ES256")
	v := verifier(t, dpop.Config{})
	proof := c.proof(nil, nil)
	var accepted atomic.Int32
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if spent(v, proof, c.get()) == nil {
				accepted.Add(1)
			}
		})
	}
	all.Wait()
	require.EqualValues(t, 1, accepted.Load())
	requireReason(t, dpop.ReasonReplay, spent(v, proof, c.get()))

	// A jti is its key's own.
	other := newClient(t, "ES256")
	same := members{"jti": "the same"}
	require.NoError(t, spent(v, c.proof(nil, same), c.get()))
	require.NoError(t, spent(v, other.proof(nil, same), other.get()))
	requireReason(t, dpop.ReasonReplay, spent(v, c.proof(nil, same), c.get()))
	long := members{"jti": strings.Repeat("j", 4000)} // checklist 144
	require.NoError(t, spent(v, c.proof(nil, long), c.get()))
	requireReason(t, dpop.ReasonReplay, spent(v, c.proof(nil, long), c.get()))
}

// Verify alone uses nothing up: what refuses a request later leaves the proof good.
func TestVerifySpendsNothing(t *testing.T) { // checklist 145
	c := newClient(t, "ES256")
	v := verifier(t, dpop.Config{})
	proof := c.proof(nil, nil)
	for range 3 {
		_, _, err := v.Verify(proof, c.get())
		require.NoError(t, err)
	}
	require.NoError(t, spent(v, proof, c.get()))
}

type store func(context.Context, [32]byte, time.Time) (bool, error)

func (s store) Spend(ctx context.Context, proof [32]byte, until time.Time) (bool, error) {
	return s(ctx, proof, until)
}

// checklist 145
func TestStoreThatFails(t *testing.T) {
	c := newClient(t, "ES256")
	broken := errors.New("connection refused")
	v := verifier(t, dpop.Config{Replay: store(func(context.Context, [32]byte, time.Time) (bool, error) {
		return true, broken
	})})
	err := spent(v, c.proof(nil, nil), c.get())
	require.ErrorIs(t, err, broken)
	var e *dpop.Error
	require.NotErrorAs(t, err, &e, "an outage is no bad proof")
}

// A proof stays remembered for as long as it would be accepted, counted from iat.
func TestProofIsRememberedUntilItEnds(t *testing.T) { // checklist 144
	c := newClient(t, "ES256")
	iat := time.Now().Add(4 * time.Second).Truncate(time.Second)
	var got time.Time
	v := verifier(t, dpop.Config{Replay: store(func(_ context.Context, _ [32]byte, until time.Time) (bool, error) {
		got = until
		return true, nil
	})})
	require.NoError(t, spent(v, c.proof(nil, members{"iat": iat.Unix()}), c.get()))
	require.Equal(t, iat.Add(time.Minute), got)
}

func mustJSON(t *testing.T, v any) string {
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}
