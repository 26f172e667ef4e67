package fuzz_test

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"slices"
	"strings"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jws"

	"example.com/resourceserver/jwt/dpop"
)

// The oracle of proofs reads RFC 9449 §4.3 once more, with encoding/json, jwx and net/url, each of which the library
// does without: it has to allow whatever the library accepts.
type proofOracle struct {
	origins    []string
	algorithms []string
}

// judge returns the thumbprint of the key that has made a good proof for the request, or why it is none.
func (o *proofOracle) judge(proof string, r dpop.Request) (thumbprint string, err error) {
	parts := compactForm.FindStringSubmatch(proof)
	if len(proof) > 8<<10 || parts == nil {
		return "", errors.New("form")
	}
	var raw [3][]byte
	for i := range raw {
		if raw[i], err = base64.RawURLEncoding.Strict().DecodeString(parts[i+1]); err != nil {
			return "", err
		}
	}
	header, err := oracleObject(raw[0])
	if err != nil {
		return "", fmt.Errorf("header: %w", err)
	}
	claims, err := oracleObject(raw[1])
	if err != nil {
		return "", fmt.Errorf("claims: %w", err)
	}
	if err := o.judgeClaims(claims, r); err != nil {
		return "", err
	}
	return o.judgeSigner(header, parts[1]+"."+parts[2], raw[2])
}

func (o *proofOracle) judgeClaims(claims map[string]any, r dpop.Request) error {
	jti, _ := claims["jti"].(string)
	htu, _ := claims["htu"].(string)
	sum := sha256.Sum256([]byte(r.Token))
	iat, now := oracleDate(claims["iat"]), big.NewRat(fuzzNow.Unix(), 1)
	switch {
	case jti == "":
		return errors.New("jti")
	case claims["htm"] != r.Method:
		return errors.New("htm")
	case !o.sameURI(htu, r.Target):
		return errors.New("htu")
	case claims["ath"] != encode64(string(sum[:])):
		return errors.New("ath")
	case iat == nil || iat.Cmp(new(big.Rat).Add(now, big.NewRat(5, 1))) > 0:
		return errors.New("iat has not come")
	case iat.Cmp(new(big.Rat).Sub(now, big.NewRat(60, 1))) <= 0:
		return errors.New("iat is long ago")
	}
	if nonce := claims["nonce"]; nonce != nil && !isString(nonce) {
		return errors.New("nonce")
	}
	return nil
}

// sameURI compares as net/url reads: scheme and host without regard to case, the port or that of the scheme, and the
// path by what its segments denote.
func (o *proofOracle) sameURI(htu, target string) bool {
	end := strings.IndexAny(htu+"?", "?#")
	proved := readURI(htu[:end])
	target, _, _ = strings.Cut(target, "?")
	if !strings.HasPrefix(target, "/") {
		return proved != "" && proved == readURI(target) && slices.ContainsFunc(o.origins, func(origin string) bool {
			return strings.HasPrefix(proved, strings.TrimSuffix(readURI(origin), "/")+"/")
		})
	}
	return proved != "" && slices.ContainsFunc(o.origins, func(origin string) bool {
		return readURI(origin+target) == proved
	})
}

// readURI returns a URI with its segments decoded, or nothing.
func readURI(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.User != nil || u.Fragment != "" || u.RawQuery != "" || u.Hostname() == "" {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	b := strings.Builder{}
	fmt.Fprintf(&b, "%s://%s %s/", u.Scheme, strings.ToLower(u.Hostname()), port)
	for i, segment := range strings.Split(strings.TrimPrefix(u.EscapedPath(), "/"), "/") {
		decoded, err := url.PathUnescape(segment)
		if err != nil || decoded == "." || decoded == ".." {
			return ""
		}
		if i > 0 {
			b.WriteByte('/')
		}
		fmt.Fprintf(&b, "%s", strings.ReplaceAll(decoded, "/", "\x00"))
	}
	return b.String()
}

func (o *proofOracle) judgeSigner(header map[string]any, signed string, signature []byte) (string, error) {
	alg, _ := header["alg"].(string)
	typ, _ := header["typ"].(string)
	typ = strings.ToLower(typ)
	if typ != "dpop+jwt" && typ != "application/dpop+jwt" || !slices.Contains(o.algorithms, alg) {
		return "", errors.New("typ or alg")
	}
	for name := range header {
		if name == "crit" || name == "b64" || name != "jwk" && strings.EqualFold(name, "jwk") {
			return "", errors.New(name)
		}
	}
	key, err := oracleKeyOf(header["jwk"])
	if err != nil {
		return "", err
	}
	sum, err := key.Thumbprint(crypto.SHA256)
	if err != nil {
		return "", err
	}
	var public any
	if err := key.Raw(&public); err != nil {
		return "", err
	}
	if alg == "Ed25519" { // the name that RFC 9864 gives to it, which jwx does not know
		alg = "EdDSA"
	}
	verifier := must(jws.NewVerifier(jwa.SignatureAlgorithm(alg)))
	if verifier.Verify([]byte(signed), signature, public) != nil || !oracleVerify(alg, public, signed, signature) {
		return "", errors.New("signature")
	}
	return encode64(string(sum)), nil
}

// oracleKeyOf has jwx read a public key, of the members that make it up: it takes others for them whose names differ
// in letter case.
func oracleKeyOf(value any) (jwk.Key, error) {
	members, _ := value.(map[string]any)
	public := make(map[string]any)
	for _, name := range []string{"kty", "crv", "x", "y", "n", "e"} {
		if text, ok := members[name].(string); ok {
			public[name] = text
		}
	}
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		if _, ok := members[name]; ok {
			return nil, errors.New("not a public key")
		}
	}
	for _, name := range []string{"n", "e"} { // a zero octet in front is one that several libraries write
		if text, ok := public[name].(string); ok {
			number, err := base64.RawURLEncoding.Strict().DecodeString(text)
			if err != nil {
				return nil, err
			}
			public[name] = encode64(string(bytes.TrimLeft(number, "\x00")))
		}
	}
	return jwk.ParseKey(must(json.Marshal(public)))
}
