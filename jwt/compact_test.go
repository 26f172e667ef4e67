package jwt_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// hs256 signs text, which need not be base64url, with secret. The kit spells
// whatever it signs rightly.
func hs256(text string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// checklist 65
func TestThreeSegments(t *testing.T) {
	issuer, v := strict(t)
	good := issuer.Token()
	header, rest, _ := strings.Cut(good, ".")
	for _, token := range []string{
		"", ".", "..", "...", "x", "x.y", "x.y.z", header, header + "." + header, good[:strings.LastIndexByte(good, '.')],
		good + ".", good + "." + header,
		"." + good, "." + rest, strings.Replace(good, ".", "", 1), "a.b.c.d.e", "....", good + "." + good + "." + header,
		"..." + good, strings.Repeat(".", 10_000), good + "\x00", "Bearer " + good, `"` + good + `"`,
	} {
		refuse(t, v, token, jwt.ReasonMalformed)
	}
	refuse(t, v, good+"..", jwt.ReasonEncrypted)
	refuse(t, v, good+","+good, jwt.ReasonEncrypted)
	refuse(t, v, strings.ReplaceAll(good, ".", ".."), jwt.ReasonEncrypted)
}

// checklist 66
func TestBase64IsStrict(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer, withSecret)
	// The 32 bytes of an HS256 signature and the header leave trailing bits.
	segments := strings.Split(issuer.Token(jwttest.Secret(secret), jwttest.RawHeader(`{"alg":"HS256","typ":"at+jwt" }`)),
		".")
	for n, where := range []string{"header", "payload", "signature"} {
		for name, spell := range map[string]func(string) string{
			"padding":             func(s string) string { return s + "=" },
			"much padding":        func(s string) string { return s + "==" },
			"a space before":      func(s string) string { return " " + s },
			"a space behind":      func(s string) string { return s + " " },
			"a space inside":      func(s string) string { return s[:4] + " " + s[4:] },
			"LF inside":           func(s string) string { return s[:4] + "\n" + s[4:] },
			"CR inside":           func(s string) string { return s[:4] + "\r" + s[4:] },
			"CRLF behind":         func(s string) string { return s + "\r\n" },
			"LF before":           func(s string) string { return "\n" + s },
			"TAB inside":          func(s string) string { return s[:4] + "\t" + s[4:] },
			"NUL behind":          func(s string) string { return s + "\x00" },
			"plus":                func(s string) string { return "+" + s[1:] },
			"slash":               func(s string) string { return "/" + s[1:] },
			"not ASCII":           func(s string) string { return s[:4] + "é" + s[6:] },
			"full width":          func(s string) string { return s[:4] + "Ａ" + s[5:] },
			"percent":             func(s string) string { return s + "%3D" },
			"impossible length":   func(s string) string { return s[:len(s)/4*4] + "A" },
			"a byte above ASCII":  func(s string) string { return s[:4] + "\xff" + s[5:] },
			"a quotation mark":    func(s string) string { return `"` + s },
			"zero width no break": func(s string) string { return "\ufeff" + s },
		} {
			t.Run(where+"/"+name, func(t *testing.T) {
				spelled := []string{segments[0], segments[1], segments[2]}
				spelled[n] = spell(segments[n])
				token := strings.Join(spelled, ".")
				if n < 2 {
					token = hs256(spelled[0] + "." + spelled[1])
				}
				refuse(t, v, token, jwt.ReasonMalformed)
			})
		}
	}
}

// Two or four of the last character's bits may be left over.
// checklist 67
func TestTrailingBitsAreZero(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer, withSecret)
	for _, header := range []string{`{"alg":"HS256","typ":"at+jwt" }`, `{"alg":"HS256","typ":"at+jwt"  }`} {
		for _, sub := range []string{"a", "ab", "abc"} {
			token := issuer.Token(jwttest.Secret(secret), jwttest.RawHeader(header), jwttest.Subject(sub),
				jwttest.Claim("jti", "fixed"))
			accept(t, v, token)
			segments := strings.Split(token, ".")
			for n, segment := range segments {
				spare := map[int]int{0: 0, 2: 4, 3: 2}[len(segment)%4]
				last := strings.IndexByte(base64url, segment[len(segment)-1])
				for bits := 1; bits < 1<<spare; bits++ {
					spelled := []string{segments[0], segments[1], segments[2]}
					spelled[n] = segment[:len(segment)-1] + base64url[last|bits:last|bits+1]
					other := strings.Join(spelled, ".")
					if n < 2 {
						other = hs256(spelled[0] + "." + spelled[1])
					}
					refuse(t, v, other, jwt.ReasonMalformed)
				}
			}
		}
	}
}

// checklist 52, 66, 67
func TestEveryMutationIsRefused(t *testing.T) {
	issuer, v := strict(t)
	good := issuer.Token(jwttest.Scope("profile"))
	cache := cacheOf(t, v)
	acceptOnce(t, cache, good)
	refused := func(token string) {
		t.Helper()
		for _, v := range []validating{v, cache} {
			claims, err := v.Validate(t.Context(), token)
			require.Nil(t, claims)
			var invalid *jwt.Error
			require.ErrorAs(t, err, &invalid)
		}
	}
	for i := range len(good) {
		refused(good[:i])
		refused(good[:i] + good[i+1:])
		for _, c := range "A_.=\n" {
			refused(good[:i] + string(c) + good[i:])
			if good[i] != byte(c) {
				refused(good[:i] + string(c) + good[i+1:])
			}
		}
		for bit := range 8 {
			refused(good[:i] + string([]byte{good[i] ^ 1<<bit}) + good[i+1:])
		}
	}
	for _, c := range "A_.=\n " {
		refused(good + string(c))
	}
}

// checklist 79
func TestJSONSerializationIsRefused(t *testing.T) {
	issuer, v := strict(t)
	segments := strings.Split(issuer.Token(), ".")
	for _, token := range []string{
		fmt.Sprintf(`{"protected":"%s","payload":"%s","signature":"%s"}`, segments[0], segments[1], segments[2]),
		fmt.Sprintf(`{"payload":"%s","signatures":[{"protected":"%s","signature":"%s"}]}`, segments[1], segments[0],
			segments[2]),
		fmt.Sprintf(`{"payload":"%s","x":"..","signatures":[]}`, segments[1]),
	} {
		refuse(t, v, token, jwt.ReasonMalformed)
		require.False(t, jwt.IsCompact(token))
	}
}

// checklist 64
func TestTokenSize(t *testing.T) {
	issuer, v := strict(t)
	sized := func(size int) string {
		for pad := size*3/4 - 400; ; pad++ {
			token := issuer.Token(jwttest.Claim("pad", strings.Repeat("x", pad)))
			if len(token) >= size {
				return token
			}
		}
	}
	token := sized(defaultMaxTokenBytes - 600)
	accept(t, v, token)
	refuse(t, v, sized(defaultMaxTokenBytes+1), jwt.ReasonTooLarge)
	refuse(t, v, strings.Repeat("x", 1<<20), jwt.ReasonTooLarge)

	limited := func(limit int) func(*jwt.Config) { return func(c *jwt.Config) { c.MaxTokenBytes = limit } }
	accept(t, validatorOf(t, issuer, limited(len(token))), token)
	refuse(t, validatorOf(t, issuer, limited(len(token)-1)), token, jwt.ReasonTooLarge)
	accept(t, validatorOf(t, issuer, limited(1<<20)), sized(defaultMaxTokenBytes+1))
}

// No key makes a signature of more than 2048 bytes.
// checklist 64
func TestSignatureSize(t *testing.T) {
	issuer, v := strict(t)
	sized := func(n int) string {
		return issuer.Token(jwttest.Signature(func([]byte) []byte { return make([]byte, n) }))
	}
	refuse(t, v, sized(4627), jwt.ReasonSignature)
	refuse(t, v, sized(4628), jwt.ReasonTooLarge)
}

// Whatever is too large is refused before the key source is asked.
// checklist 64
func TestMalformedTokensCostNoKeyLookup(t *testing.T) {
	issuer, _ := strict(t)
	good := issuer.Token()
	v := validatorOf(t, issuer, withKeys(panicking{}), func(c *jwt.Config) { c.MaxTokenBytes = len(good) })
	refuse(t, v, good+"A", jwt.ReasonTooLarge)
	refuse(t, v, good[1:], jwt.ReasonMalformed)
	refuse(t, v, good[:strings.LastIndexByte(good, '.')+1], jwt.ReasonSignature)
	refuse(t, v, good[:len(good)-1]+"=", jwt.ReasonMalformed)
	require.Panics(t, func() { _, _ = v.Validate(t.Context(), good) })
}

func TestIsCompact(t *testing.T) {
	issuer, v := strict(t)
	good := issuer.Token()
	require.True(t, jwt.IsCompact(good))
	indented := issuer.Token(jwttest.RawHeader("{\n  \"alg\": \"EdDSA\",\n  \"typ\": \"at+jwt\"\n}"))
	accept(t, v, indented)
	require.True(t, jwt.IsCompact(indented))
	require.True(t, jwt.IsCompact(issuer.Token(jwttest.RawHeader(`{ "alg":1}`))))
	for _, token := range []string{"", ".", "..", "ey", "ey..x.", "2YotnFZFEjr1zCsicMWpAA", "a.b.c", good[1:],
		good + ".", good + "..", strings.ToUpper(good), "{}.."} {
		require.False(t, jwt.IsCompact(token), "%q", token)
	}
}
