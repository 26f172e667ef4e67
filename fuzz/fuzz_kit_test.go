package fuzz_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/tokencache"
)

// The fuzz targets use the same keys and the same clock for ever, so that a committed seed means tomorrow what it means
// today. The keys protect nothing: they are printed here.
const (
	fuzzIssuer   = "https://issuer.example"
	fuzzAudience = "https://api.example"
	fuzzLeeway   = 30 * time.Second
)

var (
	fuzzNow    = time.Unix(1_800_000_000, 0)
	fuzzSecret = bytes.Repeat([]byte("fuzzing!"), 8)
	fuzzEd     = ed25519.NewKeyFromSeed(fuzzSecret[:32])
	fuzzEC     = must(ecdsa.ParseRawPrivateKey(elliptic.P256(), fuzzSecret[:32]))
	fuzzRSA    = must(x509.ParsePKCS1PrivateKey(must(base64.StdEncoding.DecodeString(fuzzRSAKey))))

	// fuzzKeys are the keys of the issuer, as it publishes them in fuzzJWKS.
	fuzzKeys = []oracleKey{
		{"ed", "EdDSA", fuzzEd.Public()},
		{"ec", "ES256", fuzzEC.Public()},
		{"rs", "RS256", fuzzRSA.Public()},
		{"ps", "PS256", fuzzRSA.Public()},
	}
	fuzzJWKS = func() string {
		keys := make([]map[string]string, len(fuzzKeys))
		for i, k := range fuzzKeys {
			keys[i] = jwkOf(k)
		}
		return string(must(json.Marshal(map[string]any{"keys": keys})))
	}()
)

const fuzzRSAKey = "" +
	"MIIEpAIBAAKCAQEAvHBz8Vgs42jcJGKeRRf1D0yCqaJ2QqCTEMQVmqY3+8yuKaZheV06iunP0YN+g2jXM5ulY06v4bLEO6vw/y4HTy2N9Gco0O" +
	"xhXbI4+bDPusoNqUFpZzdHxxG96OcJPk0Lp4JBcZ62YJ3sYvNHr/XSE7QptOYJViTKFjth1ayNnO4WAV4zJRxqQKYxsuNL1qxt0O2x0MyO0sKi" +
	"1lGtz3L+ZwTuzOF5dDv+/M272iba8aaVoxPP/Z9SxOGkkxwzYnYy/pkr6rzKeMDbszFghknwBS9kW8ezfd+8TNP8a8XERGUrWV0mzMuKUjcjfF" +
	"RxR9twAxZe0WBVO085u4cYBW9uDwIDAQABAoIBAEneQS0CFjKdJ/Lhb86A+jEhmnTZ+UbcAFqJqzhg4UBFN56fGMXFDI5o4mzsgXsM7ZNO99HK" +
	"hjrQ44jKuaGmjvn0TxnYGJFxoCdlFl2W+I9t5lYLjMCH1IzOQSZb7u0rsZ5b+sCJ6U9NiN0vJdJt6AiOTu0ZYd6RdGCrrYnf5vF1W89ovO4G9L" +
	"GvLE5wiD3bCgpW0oHC8alAgbRuiDIb2A0HDMPoTSuWbZ3urPGikgWKWyU6q2/RndVyTETvjtLCKAaeHDN+1lLO6RdfcAqzB93W997BwOrH/rQx" +
	"1u6egmL1kZ2HFa3swPTK+qTVHBMhGLXZCvA/lldf4+rqQ9IICwkCgYEA+EpdMOjWdCPITyGELQt4PjJB5UuSNgJbbN8utB0DEL+Xxl5sMJqdMp" +
	"Kd5DHTM0zKat55lpNJDM/Q4TSh4MJhKK0sM2XWrrfUCt6CCR0RiwHPrc9wtdCXg03TglRvpfRT6QF8HvTebE+986ZF7zrJyhY5b+19qPmoQvo0" +
	"mHYMMvkCgYEAwkpWbam7g3tKDX/9WBjpTUGZ+ntrB9VZWGJiltcP9gQHLO+cY/rzlOwf5mb81IoGr1VfXFeOz9bXTJTm835TpCL1ZTLpzqE60i" +
	"xYQVKelSoMfsNeeQU/PVLrdb82qNksVSu2kZTZWnDIuKjLTTDGp6UMovxQVtvVtzd7k2HPY0cCgYEAry/BGz5d+io5LmQmn6XFHJVXW1L8AfGd" +
	"0m6SxHDn9cxJaaS7z3t4SPOcRiNFsp+O/uKkhbK8SzbiWdRKF4zvAsVVN5q2ZCa+jUC8HXQOKbeIckm4bACWtwWVpBKxiDWhcvkiO7FosqF9FE" +
	"oQdCBVuqn9stSt4ijtKPzjWWOJbfkCgYEApLTsTA8l3bK49nTYSsTjkxDX/hZ+h6eAFINjXMh4yXBkvN1sUP2/XTJHYMVR9MQGIsFXFCtN8DgL" +
	"UOqyVx1yvqS8L8xXlUntWZsqPkZSFdYNvbDV9/ZQxCX1Yl51cfKZuKJUJVpwYFFYd+LwZkHBRwGOkuUfHmNC7A1m/2xdqaUCgYA+sqtasjsUWg" +
	"EwvyOuJS1jHb5chYo51oL8aMo2ng4oe98i3eARkLcfmWUfmNAlXBtT/3aN0EApDXgCeUilila/XMwK5AQoJ5KHd35aPR2zULp+Im0XcAEFXAE+" +
	"uxZqCrmJc58Ke1UhLT4RQc0z/SgFm5QGzE3RoPg1HOCwQvV0pg=="

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func jwkOf(k oracleKey) map[string]string {
	encode := base64.RawURLEncoding.EncodeToString
	jwk := map[string]string{"kid": k.kid, "alg": k.alg, "use": "sig"}
	switch key := k.public.(type) {
	case ed25519.PublicKey:
		jwk["kty"], jwk["crv"], jwk["x"] = "OKP", "Ed25519", encode(key)
	case *ecdsa.PublicKey:
		point := must(key.Bytes())
		half := len(point) / 2
		jwk["kty"], jwk["crv"], jwk["x"], jwk["y"] = "EC", key.Params().Name, encode(point[1:1+half]), encode(point[1+half:])
	case *rsa.PublicKey:
		jwk["kty"], jwk["n"], jwk["e"] = "RSA", encode(key.N.Bytes()), encode(big.NewInt(int64(key.E)).Bytes())
	}
	return jwk
}

// fuzzSign signs by one of the algorithms of which a signature is the same each time.
func fuzzSign(alg, signed string) []byte {
	switch alg {
	case "EdDSA":
		return ed25519.Sign(fuzzEd, []byte(signed))
	case "ES256":
		digest := fuzzDigest(crypto.SHA256, signed)
		signature := make([]byte, 64)
		pair := must(fuzzEC.Sign(nil, digest, crypto.SHA256)) // RFC 6979
		r, s := derPair(pair)
		r.FillBytes(signature[:32])
		s.FillBytes(signature[32:])
		return signature
	case "RS256":
		return must(rsa.SignPKCS1v15(nil, fuzzRSA, crypto.SHA256, fuzzDigest(crypto.SHA256, signed)))
	}
	mac := hmac.New(oracleHashes[strings.TrimPrefix(alg, "HS")].New, fuzzSecret)
	mac.Write([]byte(signed))
	return mac.Sum(nil)
}

func fuzzDigest(hash crypto.Hash, signed string) []byte {
	h := hash.New()
	h.Write([]byte(signed))
	return h.Sum(nil)
}

// fuzzToken is a token of this header and payload, properly signed.
func fuzzToken(alg, header, payload string) string {
	signed := encode64(header) + "." + encode64(payload)
	return signed + "." + encode64(string(fuzzSign(alg, signed)))
}

func encode64(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// A judge is a validator, with the cache in front of it and without, and the oracle that knows what it should say.
type judge struct {
	validator *jwt.Validator
	cache     *tokencache.Cache[*jwt.Token]
	oracle    *oracle
	now       time.Time
	elsewhere []*jwt.Validator // each differs in one thing: issuer, audience, time, or key
}

// byIssuer is how many of elsewhere, the first ones, differ in the issuer. A token without iss says nothing of that.
const byIssuer = 2

// newJudge makes the judges of a profile: one for the issuer's keys, or one for the shared secret.
func newJudge(profile jwt.Profile, model oracleProfile, symmetric bool) *judge {
	j := &judge{
		now: fuzzNow,
		oracle: &oracle{issuer: fuzzIssuer, audiences: []string{fuzzAudience}, now: fuzzNow, leeway: fuzzLeeway,
			profile: model},
	}
	config := func() jwt.Config {
		c := jwt.Config{
			Issuer: fuzzIssuer, Audiences: []string{fuzzAudience}, Profile: profile,
			Now: func() time.Time { return j.now },
		}
		if symmetric {
			c.Algorithms, c.Secret = []string{"HS256", "HS384", "HS512"}, fuzzSecret
		} else {
			c.Keys, c.Confirmations = must(jwks.ParseStatic([]byte(fuzzJWKS))), []string{"jkt", "x5t#S256"}
		}
		return c
	}
	j.validator = must(jwt.NewValidator(config()))
	j.cache = must(tokencache.New(j.validator.Validate, tokencache.Config{MaxEntries: 64}))
	if symmetric {
		j.oracle.secret = fuzzSecret
	} else {
		j.oracle.keys, j.oracle.confirmations = fuzzKeys, []string{"jkt", "x5t#S256"}
	}
	for _, differ := range []func(*jwt.Config){
		func(c *jwt.Config) { c.Issuer = "https://other.example" },
		func(c *jwt.Config) { c.Issuer += "/" },
		func(c *jwt.Config) { c.Audiences = []string{"https://elsewhere.example"} },
		func(c *jwt.Config) { c.Now = func() time.Time { return time.Unix(253402300799, 0).Add(time.Hour) } },
		func(c *jwt.Config) {
			if symmetric {
				c.Secret = bytes.Repeat([]byte("another!"), 8)
			} else {
				c.Keys = must(jwks.ParseStatic([]byte(strangerJWKS)))
			}
		},
	} {
		c := config()
		differ(&c)
		j.elsewhere = append(j.elsewhere, must(jwt.NewValidator(c)))
	}
	return j
}

// strangerJWKS has another issuer's keys under the kids and algorithms of ours.
var strangerJWKS = func() string {
	ed := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32)).Public()
	ec := must(ecdsa.ParseRawPrivateKey(elliptic.P256(), bytes.Repeat([]byte{7}, 32))).Public()
	rs := &rsa.PublicKey{N: rough(new(big.Int).Xor(fuzzRSA.N, big.NewInt(1<<20))), E: 65537}
	var keys []map[string]string
	for _, k := range []oracleKey{{"ed", "EdDSA", ed}, {"ec", "ES256", ec}, {"rs", "RS256", rs}, {"ps", "PS256", rs}} {
		keys = append(keys, jwkOf(k))
	}
	return string(must(json.Marshal(map[string]any{"keys": keys})))
}()

// rough returns n, or the first number after it that no small number divides: one that could be of a key.
func rough(n *big.Int) *big.Int {
	small := big.NewInt(1)
	for i := int64(2); i < 752; i++ {
		small.Mul(small, big.NewInt(i))
	}
	n = new(big.Int).Set(n)
	for new(big.Int).GCD(nil, nil, n, small).Cmp(big.NewInt(1)) != 0 {
		n.Add(n, big.NewInt(1))
	}
	return n
}

// A roundTripper answers requests without a network.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func respond(r *http.Request, status int, contentType string, body []byte) *http.Response {
	return &http.Response{
		StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Request: r, ContentLength: int64(len(body)),
		Header: http.Header{"Content-Type": {contentType}}, Body: io.NopCloser(bytes.NewReader(body)),
	}
}

// checkRefusal fails the test unless err says that a token is no good, in words of a fixed stock. Texts are counted,
// not listed: whatever leaks a part of the input makes a new text each time.
func checkRefusal(t *testing.T, err error) {
	invalid, ok := err.(*jwt.Error)
	if !ok {
		t.Fatalf("refused with a %T: %v", err, err)
	}
	text := invalid.Error()
	if _, known := refusals[text]; known {
		return
	}
	refusals[text] = struct{}{}
	if len(refusals) > 300 || len(text) > 160 || invalid.Reason == "" || !invalid.InvalidToken() {
		t.Fatalf("the %dth text of a refusal: %q", len(refusals), text)
	}
}

var refusals = make(map[string]struct{}, 256)

func TestFuzzKeysAreOfTheirKind(t *testing.T) {
	set, err := jwks.ParseStatic([]byte(fuzzJWKS))
	require.NoError(t, err)
	require.Empty(t, set.Skipped())
	_, err = jwks.ParseStatic([]byte(strangerJWKS))
	require.NoError(t, err)
	for _, alg := range []string{"EdDSA", "ES256", "RS256"} {
		require.Equal(t, fuzzSign(alg, "a.b"), fuzzSign(alg, "a.b"), "%s: a seed could not be made again", alg)
	}
}
