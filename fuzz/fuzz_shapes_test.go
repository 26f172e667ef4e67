package fuzz_test

import (
	"fmt"
	"strings"
)

// A shape is a text with a name, from which seeds are made.
type shape struct{ name, text string }

const (
	fuzzHeader = `{"alg":"HS256","typ":"at+jwt","kid":"k"}`
	fuzzClaims = `{"iss":"https://issuer.example","sub":"canary-53551","aud":"https://api.example","client_id":"c",` +
		`"iat":1799999900,"exp":1800000300,"jti":"j","scope":"read write"}`
)

// headerShapes reach every branch of what reads a header; ALG is the algorithm.
var headerShapes = []shape{
	{"plain", `{"alg":"ALG","typ":"at+jwt"}`},
	{"kid", `{"alg":"ALG","typ":"at+jwt","kid":"KID"}`},
	{"kid-unknown", `{"alg":"ALG","typ":"at+jwt","kid":"canary-53551"}`},
	{"kid-empty", `{"alg":"ALG","typ":"at+jwt","kid":""}`},
	{"kid-number", `{"alg":"ALG","typ":"at+jwt","kid":1}`},
	{"kid-null", `{"alg":"ALG","typ":"at+jwt","kid":null}`},
	{"typ-long", `{"alg":"ALG","typ":"application/at+jwt"}`},
	{"typ-case", `{"alg":"ALG","typ":"APPLICATION/AT+JWT"}`},
	{"typ-twice", `{"alg":"ALG","typ":"application/application/at+jwt"}`},
	{"typ-longer", `{"alg":"ALG","typ":"at+jwt2"}`},
	{"typ-shorter", `{"alg":"ALG","typ":"t+jwt"}`},
	{"typ-jwt", `{"alg":"ALG","typ":"JWT"}`},
	{"typ-empty", `{"alg":"ALG","typ":""}`},
	{"typ-missing", `{"alg":"ALG"}`},
	{"typ-null", `{"alg":"ALG","typ":null}`},
	{"typ-array", `{"alg":"ALG","typ":["at+jwt"]}`},
	{"typ-escaped", `{"alg":"ALG","\u0074yp":"\u0061t+jwt"}`},
	{"alg-missing", `{"typ":"at+jwt"}`},
	{"alg-none", `{"alg":"none","typ":"at+jwt"}`},
	{"alg-None", `{"alg":"NoNe","typ":"at+jwt"}`},
	{"alg-lower", `{"alg":"hs256","typ":"at+jwt"}`},
	{"alg-null", `{"alg":null,"typ":"at+jwt"}`},
	{"alg-object", `{"alg":{"ALG":1},"typ":"at+jwt"}`},
	{"alg-other", `{"alg":"ES384","typ":"at+jwt"}`},
	{"alg-canary", `{"alg":"canary-53551","typ":"at+jwt"}`},
	{"alg-twice", `{"alg":"ALG","alg":"none","typ":"at+jwt"}`},
	{"alg-twice-escaped", `{"alg":"ALG","\u0061lg":"none","typ":"at+jwt"}`},
	{"alg-case-variant", `{"alg":"ALG","Alg":"none","typ":"at+jwt"}`},
	{"crit", `{"alg":"ALG","typ":"at+jwt","crit":["exp"],"exp":1}`},
	{"crit-empty", `{"alg":"ALG","typ":"at+jwt","crit":[]}`},
	{"crit-null", `{"alg":"ALG","typ":"at+jwt","crit":null}`},
	{"b64", `{"alg":"ALG","typ":"at+jwt","b64":false,"crit":["b64"]}`},
	{"b64-alone", `{"alg":"ALG","typ":"at+jwt","b64":true}`},
	{"jwk", `{"alg":"ALG","typ":"at+jwt","jwk":{"kty":"oct","k":"AAAA"},"jku":"https://x.example",` +
		`"x5u":"https://x.example","x5c":["AAAA"]}`},
	{"zip", `{"alg":"ALG","typ":"at+jwt","zip":"DEF","cty":"JWT"}`},
	{"many", `{"alg":"ALG","typ":"at+jwt"` + members(60) + `}`},
	{"many-and-twice", `{"alg":"ALG","typ":"at+jwt"` + members(60) + `,"m7":7}`},
	{"array", `[{"alg":"ALG","typ":"at+jwt"}]`},
	{"string", `"at+jwt"`},
	{"empty", `{}`},
	{"nothing", ``},
	{"indented", "{\r\n\t\"alg\" : \"ALG\" ,\r\n\t\"typ\" : \"at+jwt\"\r\n}\n"},
	{"trailing", `{"alg":"ALG","typ":"at+jwt"}{}`},
	{"BOM", "\ufeff" + `{"alg":"ALG","typ":"at+jwt"}`},
}

// claimShapes reach every branch of what reads claims and JSON.
var claimShapes = concat([]shape{
	{"valid", fuzzClaims},
	{"aud-array", with(`"aud":["https://other.example","https://api.example"]`)},
	{"aud-mixed", with(`"aud":["https://api.example",1]`)},
	{"aud-empty", with(`"aud":[]`)},
	{"aud-spaces", with("\"aud\":[ \"https://api.example\" ,\t\"b\" ]")},
	{"aud-not-URI", with(`"aud":["https://api.example","canary-53551: "]`)},
	{"aud-percent", with(`"aud":["https://api.example","a:%2"]`)},
	{"aud-percent-encoded", with(`"aud":["https://api.example","a:%2f%C3%A9"]`)},
	{"aud-other", with(`"aud":"https://canary-53551.example"`)},
	{"aud-substring", with(`"aud":"https://api.example.evil.example"`)},
	{"aud-object", with(`"aud":{"https://api.example":true}`)},
	{"iss-other", with(`"iss":"https://canary-53551.example"`)},
	{"iss-slash", with(`"iss":"https://issuer.example/"`)},
	{"iss-case", with(`"iss":"https://ISSUER.example"`)},
	{"iss-array", with(`"iss":["https://issuer.example"]`)},
	{"iss-empty", with(`"iss":""`)},
	{"sub-number", with(`"sub":1`)},
	{"sub-URI", with(`"sub":"urn:x:[y]"`)},
	{"sub-IPv6", with(`"sub":"https://[::1]/#a"`)},
	{"sub-two-fragments", with(`"sub":"a:b#c#d"`)},
	{"sub-escaped", with(`"sub":"\u0061\ud83d\ude00\n\"\\\/\b\f\r\t\u00E9"`)},
	{"sub-half-surrogate", with(`"sub":"\ud83d"`)},
	{"sub-wrong-half", with(`"sub":"\ud83d\u0061"`)},
	{"sub-halves-swapped", with(`"sub":"\ude00\ud83d"`)},
	{"sub-escaped-backslash", with(`"sub":"\\ud83d"`)},
	{"sub-bad-escape", with(`"sub":"\x41"`)},
	{"sub-short-escape", with(`"sub":"\u12"`)},
	{"sub-control", with("\"sub\":\"a\x01b\"")},
	{"sub-UTF-8", with(`"sub":"é漢😀"`)},
	{"sub-not-UTF-8", with("\"sub\":\"\xff\"")},
	{"sub-overlong", with("\"sub\":\"\xc0\xaf\"")},
	{"sub-replacement", with("\"sub\":\"\ufffd\"")},
	{"sub-empty", with(`"sub":""`)},
	{"exp-fraction", with(`"exp":1800000300.5`)},
	{"exp-exponent", with(`"exp":1.8000003E+9`)},
	{"exp-negative-exponent", with(`"exp":18000003000e-1`)},
	{"exp-zero", with(`"exp":0`)},
	{"exp-minus-zero", with(`"exp":-0`)},
	{"exp-negative", with(`"exp":-1`)},
	{"exp-string", with(`"exp":"1800000300"`)},
	{"exp-huge", with(`"exp":1e999`)},
	{"exp-tiny", with(`"exp":1e-999`)},
	{"exp-after-9999", with(`"exp":253402300800`)},
	{"exp-overflow", with(`"exp":18446744073709551616`)},
	{"exp-leeway", with(`"exp":1799999971`)},
	{"exp-at-leeway", with(`"exp":1799999970`)},
	{"exp-null", with(`"exp":null`)},
	{"exp-leading-zero", with(`"exp":01`)},
	{"exp-plus", with(`"exp":+1`)},
	{"exp-dot", with(`"exp":1.`)},
	{"exp-e", with(`"exp":1e`)},
	{"exp-NaN", with(`"exp":NaN`)},
	{"iat-future", with(`"iat":1800000031`)},
	{"iat-leeway", with(`"iat":1800000030`)},
	{"iat-true", with(`"iat":true`)},
	{"nbf-future", with(`"nbf":1800000031`)},
	{"nbf-past", with(`"nbf":1799999999.999999999`)},
	{"nbf-false", with(`"nbf":false`)},
	{"nbf-array", with(`"nbf":[1]`)},
	{"nbf-string", with(`"nbf":"1"`)},
	{"auth_time", with(`"auth_time":1799999000,"acr":"2","amr":["pwd","otp"]`)},
	{"auth_time-string", with(`"auth_time":"1"`)},
	{"acr-number", with(`"acr":2`)},
	{"amr-string", with(`"amr":"pwd"`)},
	{"scope-array", with(`"scope":["read","write"]`)},
	{"scope-array-spaces", with(`"scope":["read write",""]`)},
	{"scope-mixed", with(`"scope":["read",null]`)},
	{"scope-number", with(`"scope":1`)},
	{"scope-empty", with(`"scope":""`)},
	{"scope-spaces", with(`"scope":"  read  write\tall  read"`)},
	{"scope-many", with(`"scope":"` + strings.Repeat("a b c d e f ", 9) + `g h i j k l m n o p q r s t"`)},
	{"scp", strings.Replace(fuzzClaims, `"scope":"read write"`, `"scp":["read"]`, 1)},
	{"cnf", with(`"cnf":{"jkt":"canary-53551"}`)},
	{"cnf-both", with(`"cnf":{"jkt":"canary-53551","x5t#S256":"y"}`)},
	{"cnf-unknown", with(`"cnf":{"jkt":"x","canary-53551":"y"}`)},
	{"cnf-blank", with(`"cnf":{"jkt":""}`)},
	{"cnf-number", with(`"cnf":{"jkt":1}`)},
	{"cnf-twice", with(`"cnf":{"jkt":"x","jkt":"x"}`)},
	{"cnf-empty", with(`"cnf":{}`)},
	{"cnf-string", with(`"cnf":"x"`)},
	{"cnf-null", with(`"cnf":null`)},
	{"groups", with(`"groups":["a","b"],"roles":[{"value":"r"}],"entitlements":"x"`)},
	{"unknown", with(`"x":[1,2.5,-3e-7,true,false,null,"s",{"y":{}},[[]],{"a":[ ],"b":{ "c":1 }}]`)},
	{"big-number", with(`"x":123456789012345678901234567890`)},
	{"claim-twice", with(`"jti":"k","jti":"k"`)},
	{"claim-twice-escaped", with(`"x":1,"\u0078":2`)},
	{"claim-twice-inside", with(`"x":{"y":1,"y":2}`)},
	{"claim-case-variant", with(`"ISS":"https://evil.example","Aud":1`)},
	{"many", with(`"x":1` + members(60))},
	{"many-and-twice", with(`"x":1` + members(60) + `,"m9":0`)},
	{"many-inside", with(`"x":{"y":1` + members(60) + `}`)},
	{"deep", with(`"x":` + strings.Repeat("[", 31) + strings.Repeat("]", 31))},
	{"too-deep", with(`"x":` + strings.Repeat("[", 32) + strings.Repeat("]", 32))},
	{"too-deep-objects", with(`"x":` + strings.Repeat(`{"a":`, 32) + "1" + strings.Repeat("}", 32))},
	{"literal-wrong", with(`"x":trua`)},
	{"literal-cut", `{"x":tr`},
	{"array-cut", `{"x":[1`},
	{"array-comma", with(`"x":[1,]`)},
	{"array-no-comma", with(`"x":[1 2]`)},
	{"object-comma", `{"x":1,}`},
	{"object-no-comma", `{"x":1 "y":2}`},
	{"object-no-colon", `{"x" 1}`},
	{"object-no-name", `{1:2}`},
	{"object-name-cut", `{"x`},
	{"escape-cut", `{"x\`},
	{"escape-cut-later", `{"x\ud83d\`},
	{"object-value-missing", `{"x":`},
	{"object-cut", `{"x":{}`},
	{"empty", `{}`},
	{"space", " \t\r\n" + fuzzClaims + " \t\r\n"},
	{"trailing", fuzzClaims + "x"},
	{"trailing-comma", fuzzClaims + ","},
	{"array", `[` + fuzzClaims + `]`},
	{"string", `"x"`},
	{"number", `1`},
	{"nothing", ``},
	{"NUL", "\x00"},
	{"BOM", "\ufeff" + fuzzClaims},
	{"comment", `{/**/}`},
	{"single-quotes", `{'iss':'x'}`},
	{"JWS", `eyJhbGciOiJub25lIn0.e30.`},
}, withoutEach("iss", "sub", "aud", "client_id", "iat", "exp", "jti", "scope"))

// with sets members of the claims: it replaces those that are there, each of which stands on its own in fuzzClaims.
func with(text string) string {
	name := text[:strings.Index(text, ":")]
	return strings.TrimSuffix(without(name), "}") + "," + text + "}"
}

func without(name string) string {
	inside := strings.Trim(fuzzClaims, "{}")
	var kept []string
	for member := range strings.SplitSeq(inside, ",") {
		if !strings.HasPrefix(member, name+":") {
			kept = append(kept, member)
		}
	}
	return "{" + strings.Join(kept, ",") + "}"
}

func withoutEach(names ...string) (shapes []shape) {
	for _, name := range names {
		shapes = append(shapes, shape{"no-" + name, without(`"` + name + `"`)})
	}
	return shapes
}

func members(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"m%d":%d`, i, i)
	}
	return b.String()
}

func concat(lists ...[]shape) (all []shape) {
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}
