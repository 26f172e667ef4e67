package fuzz_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rsa"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The oracle is a second implementation of what the library promises, written from the RFCs and for these tests
// alone. It uses nothing of the library and no JOSE code: encoding/json behind checks of its own, regular
// expressions, math/big and the standard library's signatures. It may be as slow as it likes. Where the two disagree,
// one of them is wrong.

// An oracle says what a validator should accept.
type oracle struct {
	issuer    string
	audiences []string
	now       time.Time
	leeway    time.Duration
	keys      []oracleKey
	secret    []byte // for HS256, HS384 and HS512; then keys is empty
	profile   oracleProfile

	confirmations []string // the cnf methods that somebody enforces
}

type oracleKey struct {
	kid, alg string
	public   crypto.PublicKey
}

// An oracleProfile says what is particular about an issuer's tokens. Lists of claims are alternatives in their order.
type oracleProfile struct {
	types       []string
	typeMissing bool
	required    []string
	audience    []string
	client      []string
	id          []string
	scope       []string
	equal       map[string]string
	absent      []string

	anySubject     bool // a sub with a colon need not be a URI
	missingSubject bool // nor be there, beside a client
	missingIssuer  bool
	trustDomain    string // sub is a SPIFFE ID in it
}

var rfc9068 = oracleProfile{
	types:    []string{"at+jwt"},
	required: []string{"iss", "exp", "aud", "sub", "client_id", "iat", "jti"},
	audience: []string{"aud"},
	client:   []string{"client_id"},
	id:       []string{"jti"},
	scope:    []string{"scope", "scp"},
}

// compactForm is a JWS in compact serialization whose signature is not empty (RFC 7515 §7.1).
var compactForm = regexp.MustCompile(`\A([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\z`)

// judge returns the claims of a token that should be accepted, or why it should not.
func (o *oracle) judge(token string) (map[string]any, error) {
	parts := compactForm.FindStringSubmatch(token)
	if len(token) > 16<<10 || parts == nil || len(parts[1]) > 8<<10 || len(parts[3]) > 2731 {
		return nil, errors.New("form")
	}
	var raw [3][]byte
	for i := range raw {
		b, err := base64.RawURLEncoding.DecodeString(parts[i+1])
		if err != nil || base64.RawURLEncoding.EncodeToString(b) != parts[i+1] {
			return nil, errors.New("base64url")
		}
		raw[i] = b
	}
	header, err := oracleObject(raw[0])
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if oracleValues(header) > 64 {
		return nil, errors.New("header: too many values")
	}
	if err := o.judgeHeader(header); err != nil {
		return nil, err
	}
	if !o.verifies(header, parts[1]+"."+parts[2], raw[2]) {
		return nil, errors.New("signature")
	}
	claims, err := oracleObject(raw[1])
	if err != nil {
		return nil, fmt.Errorf("claims: %w", err)
	}
	for name, value := range claims {
		if value == nil {
			delete(claims, name)
		}
	}
	return claims, o.judgeClaims(claims)
}

func (o *oracle) judgeHeader(header map[string]any) error {
	for _, name := range []string{"crit", "b64"} {
		if _, ok := header[name]; ok {
			return errors.New(name)
		}
	}
	if kid, ok := header["kid"]; ok && !isString(kid) {
		return errors.New("kid")
	}
	typ, ok := header["typ"]
	if !ok && o.profile.typeMissing {
		return nil
	}
	name, ok := typ.(string)
	if !ok {
		return errors.New("typ")
	}
	for _, accepted := range o.profile.types {
		if regexp.MustCompile(`\A(?i:(application/)?` + regexp.QuoteMeta(accepted) + `)\z`).MatchString(name) {
			return nil
		}
	}
	return errors.New("typ")
}

var oracleHashes = map[string]crypto.Hash{"256": crypto.SHA256, "384": crypto.SHA384, "512": crypto.SHA512}

// verifies tries the keys that have the header's kid, or all of them, one algorithm each.
func (o *oracle) verifies(header map[string]any, signed string, signature []byte) bool {
	alg, _ := header["alg"].(string)
	kid, _ := header["kid"].(string)
	if o.secret != nil {
		if !slices.Contains([]string{"HS256", "HS384", "HS512"}, alg) {
			return false
		}
		mac := hmac.New(oracleHashes[alg[2:]].New, o.secret)
		mac.Write([]byte(signed))
		return hmac.Equal(mac.Sum(nil), signature)
	}
	return slices.ContainsFunc(o.keys, func(k oracleKey) bool {
		return k.alg == alg && (kid == "" || kid == k.kid) && oracleVerify(alg, k.public, signed, signature)
	})
}

func oracleVerify(alg string, public crypto.PublicKey, signed string, signature []byte) bool {
	if key, ok := public.(ed25519.PublicKey); ok {
		return alg == "EdDSA" && len(key) == 32 && len(signature) == 64 && ed25519.Verify(key, []byte(signed), signature)
	}
	hash, ok := oracleHashes[strings.TrimLeft(alg, "RSPE")]
	if !ok {
		return false
	}
	h := hash.New()
	h.Write([]byte(signed))
	digest := h.Sum(nil)
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		curves := map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()}
		return curves[alg] == key.Curve && oracleECDSA(key, digest, signature)
	case *rsa.PublicKey:
		if len(signature) != key.Size() {
			return false
		}
		if strings.HasPrefix(alg, "PS") {
			return rsa.VerifyPSS(key, hash, digest, signature, &rsa.PSSOptions{SaltLength: hash.Size()}) == nil
		}
		return strings.HasPrefix(alg, "RS") && oraclePKCS1(key, hash, digest, signature)
	}
	return false
}

// oracleECDSA goes by way of ASN.1, which the library avoids.
func oracleECDSA(key *ecdsa.PublicKey, digest, signature []byte) bool {
	half := (key.Params().BitSize + 7) / 8
	if len(signature) != 2*half {
		return false
	}
	pair := struct{ R, S *big.Int }{new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])}
	if pair.R.Sign() == 0 || pair.S.Sign() == 0 || pair.R.Cmp(key.Params().N) >= 0 || pair.S.Cmp(key.Params().N) >= 0 {
		return false
	}
	der, err := asn1.Marshal(pair)
	return err == nil && ecdsa.VerifyASN1(key, digest, der)
}

// oraclePKCS1 builds the encoded message and compares all of it, as RFC 8017 §8.2.2 says: nothing is parsed, so there
// is nothing to parse carelessly.
func oraclePKCS1(key *rsa.PublicKey, hash crypto.Hash, digest, signature []byte) bool {
	s := new(big.Int).SetBytes(signature)
	if s.Cmp(key.N) >= 0 {
		return false
	}
	message := make([]byte, key.Size())
	s.Exp(s, big.NewInt(int64(key.E)), key.N).FillBytes(message)
	suffix := append(bytes.Clone(digestInfo[hash]), digest...)
	want := append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, key.Size()-len(suffix)-3)...)
	return bytes.Equal(message, append(append(want, 0), suffix...))
}

// digestInfo is what stands before the digest (RFC 8017 §9.2, note 1).
var digestInfo = map[crypto.Hash][]byte{
	crypto.SHA256: {
		0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60,
		0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20,
	},
	crypto.SHA384: {
		0x30, 0x41, 0x30, 0x0d, 0x06, 0x09, 0x60,
		0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0x04, 0x30,
	},
	crypto.SHA512: {
		0x30, 0x51, 0x30, 0x0d, 0x06, 0x09, 0x60,
		0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40,
	},
}

// judgeClaims gets claims without those that are null.
func (o *oracle) judgeClaims(claims map[string]any) error {
	for name, want := range o.profile.equal {
		if claims[name] != want {
			return errors.New(name)
		}
	}
	for _, name := range o.profile.absent {
		if _, ok := claims[name]; ok {
			return errors.New(name)
		}
	}
	if _, named := claims["iss"]; claims["iss"] != o.issuer && (named || !o.profile.missingIssuer) {
		return errors.New("iss")
	}
	for _, name := range append([]string{"exp"}, o.profile.required...) {
		if value, ok := claims[name]; !ok || saysNothing(value) {
			return errors.New(name)
		}
	}
	for _, name := range []string{"sub", oracleFirst(claims, o.profile.id), oracleFirst(claims, o.profile.client)} {
		if value, ok := claims[name]; ok && !isString(value) {
			return errors.New(name)
		}
	}
	if err := o.judgeSubject(claims); err != nil {
		return err
	}
	if scope, ok := claims[oracleFirst(claims, o.profile.scope)]; ok && !isString(scope) && !isStrings(scope) {
		return errors.New("scope")
	}
	if cnf, ok := claims["cnf"]; ok && !o.enforceable(cnf) {
		return errors.New("cnf")
	}
	return errors.Join(o.judgeAudience(claims), o.judgeTimes(claims))
}

// workloadForm and dotSegment are SPIFFE-ID §2.
var (
	workloadForm = regexp.MustCompile(`\Aspiffe://([a-z0-9._-]+)((?:/[A-Za-z0-9._-]+)+)\z`)
	dotSegment   = regexp.MustCompile(`/\.\.?(/|\z)`)
)

func (o *oracle) judgeSubject(claims map[string]any) error {
	sub, _ := claims["sub"].(string)
	client, _ := claims[oracleFirst(claims, o.profile.client)].(string)
	switch id := workloadForm.FindStringSubmatch(sub); {
	case sub == "" && (!o.profile.missingSubject || client == ""):
		return errors.New("sub")
	case !o.profile.anySubject && !oracleStringOrURI(sub):
		return errors.New("sub")
	case o.profile.trustDomain == "":
		return nil
	case id == nil || id[1] != o.profile.trustDomain || len(sub) > 2048 || dotSegment.MatchString(id[2]):
		return errors.New("sub")
	}
	return nil
}

// enforceable is RFC 7800 §3.1: what is named is enforced, what is known and not named refuses, and the rest is
// ignored.
func (o *oracle) enforceable(cnf any) bool {
	members, _ := cnf.(map[string]any)
	enforced := 0
	for name, value := range members {
		switch {
		case slices.Contains(o.confirmations, name):
			if !isString(value) || value == "" {
				return false
			}
			enforced++
		case slices.Contains([]string{"jwk", "jwe", "kid", "jku", "x5t", "x5t#S256", "jkt"}, name):
			return false
		}
	}
	return enforced > 0
}

func (o *oracle) judgeAudience(claims map[string]any) error {
	value := claims[oracleFirst(claims, o.profile.audience)]
	if isString(value) {
		value = []any{value}
	}
	if !isStrings(value) {
		return errors.New("aud type")
	}
	found := false
	for _, one := range value.([]any) {
		ours := slices.Contains(o.audiences, one.(string))
		found = found || ours
		if !ours && !oracleStringOrURI(one.(string)) {
			return errors.New("aud URI")
		}
	}
	if !found {
		return errors.New("aud")
	}
	return nil
}

func (o *oracle) judgeTimes(claims map[string]any) error {
	at := make(map[string]*big.Rat)
	for _, name := range []string{"exp", "nbf", "iat", "auth_time"} {
		value, ok := claims[name]
		if !ok {
			continue
		}
		if at[name] = oracleDate(value); at[name] == nil {
			return errors.New(name)
		}
	}
	now, leeway := new(big.Rat).SetInt64(o.now.Unix()), new(big.Rat).SetInt64(int64(o.leeway/time.Second))
	if now.Cmp(new(big.Rat).Add(at["exp"], leeway)) >= 0 {
		return errors.New("exp")
	}
	latest := new(big.Rat).Add(now, leeway)
	for _, name := range []string{"nbf", "iat"} {
		if at[name] != nil && at[name].Cmp(latest) > 0 {
			return errors.New(name)
		}
	}
	return nil
}

// oracleDate reads a NumericDate between 1970 and 9999, to the nanosecond: nobody's clock is finer.
func oracleDate(value any) *big.Rat {
	number, ok := value.(json.Number)
	if !ok || strings.HasPrefix(number.String(), "-") {
		return nil
	}
	seconds, err := number.Float64() // a Rat would write 1e999999 out
	if err != nil || seconds > 253402300799 {
		return nil
	}
	whole := new(big.Rat).SetInt64(int64(seconds))
	nanoseconds := int64((seconds - float64(int64(seconds))) * 1e9)
	return whole.Add(whole, big.NewRat(nanoseconds, 1e9))
}

func oracleFirst(claims map[string]any, names []string) string {
	for _, name := range names {
		if _, ok := claims[name]; ok {
			return name
		}
	}
	return names[0]
}

func isString(value any) bool { _, ok := value.(string); return ok }

func isStrings(value any) bool {
	list, ok := value.([]any)
	return ok && !slices.ContainsFunc(list, func(v any) bool { return !isString(v) })
}

func saysNothing(value any) bool {
	switch v := value.(type) {
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// uriForm is RFC 3986 §3 as far as a regular expression goes; net/url sees to the authority.
var uriForm = regexp.MustCompile(`\A[A-Za-z][A-Za-z0-9+.-]*:` +
	`([A-Za-z0-9._~:/?@!$&'()*+,;=\[\]-]|%[0-9A-Fa-f]{2})*(#([A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?\z`)

var ipLiteral = regexp.MustCompile(`\A[A-Za-z][A-Za-z0-9+.-]*://` +
	`([^/?#\[\]]*@)?\[[^/?#\[\]]*\](:[0-9]*)?([/?#][^\[\]]*)?\z`)

func oracleStringOrURI(s string) bool {
	if !strings.Contains(s, ":") {
		return true
	}
	if strings.ContainsAny(s, "[]") && !ipLiteral.MatchString(s) {
		return false
	}
	_, err := url.Parse(s)
	return err == nil && uriForm.MatchString(s)
}

// oracleObject reads one JSON object by the rules of I-JSON (RFC 7493) and nothing beside it: UTF-8, no name twice in
// any object, no half of a surrogate pair, no more than 32 levels.
func oracleObject(text []byte) (map[string]any, error) {
	if !utf8.Valid(text) || !json.Valid(text) {
		return nil, errors.New("not JSON in UTF-8")
	}
	if halfSurrogate(text) {
		return nil, errors.New("half of a surrogate pair")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	value, err := oracleValue(d, 0)
	if err != nil {
		return nil, err
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("not an object")
	}
	return object, nil
}

func oracleValue(d *json.Decoder, depth int) (any, error) {
	token, err := d.Token()
	delim, ok := token.(json.Delim)
	if err != nil || !ok {
		return token, err
	}
	if depth++; depth > 32 {
		return nil, errors.New("too deep")
	}
	list, object := []any{}, map[string]any{}
	for d.More() {
		var name string
		if delim == '{' {
			token, err := d.Token()
			if err != nil {
				return nil, err
			}
			name = token.(string)
			if _, ok := object[name]; ok {
				return nil, errors.New("name twice")
			}
		}
		value, err := oracleValue(d, depth)
		if err != nil {
			return nil, err
		}
		object[name], list = value, append(list, value)
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if delim == '{' {
		return object, nil
	}
	return list, nil
}

// oracleValues counts the members and elements in value, however deep.
func oracleValues(value any) (n int) {
	switch value := value.(type) {
	case map[string]any:
		n = len(value)
		for _, inner := range value {
			n += oracleValues(inner)
		}
	case []any:
		n = len(value)
		for _, inner := range value {
			n += oracleValues(inner)
		}
	}
	return n
}

var (
	escapes   = regexp.MustCompile(`\\(u[0-9A-Fa-f]{4}|.)`)
	wholePair = regexp.MustCompile(`(?i)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})`)
	half      = regexp.MustCompile(`(?i)\\ud[89a-f]`)
)

// halfSurrogate gets valid JSON, where a backslash begins an escape and stands nowhere else. Escapes other than \u are
// taken out first, for in "\\ud800" the second backslash is no beginning.
func halfSurrogate(text []byte) bool {
	text = escapes.ReplaceAllFunc(text, func(escape []byte) []byte {
		if escape[1] == 'u' {
			return escape
		}
		return []byte("..") // and what was apart stays apart
	})
	return half.Match(wholePair.ReplaceAll(text, nil))
}

// derPair reads what crypto/ecdsa writes.
func derPair(der []byte) (r, s *big.Int) {
	var pair struct{ R, S *big.Int }
	if rest, err := asn1.Unmarshal(der, &pair); err != nil || len(rest) > 0 {
		panic("not a pair of integers in DER")
	}
	return pair.R, pair.S
}
