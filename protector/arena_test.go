package protector_test

import (
	"crypto/fips140"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/jwt/tokencache"
	"example.com/resourceserver/protector"
)

// An arena is a service with its issuer, another issuer, and the attacker's own server, which is to see no request.
type arena struct {
	t             *testing.T
	issuer, other *jwttest.Issuer
	rsa, pss      string                         // kids
	unfit         map[string]func([]byte) []byte // signers, by kid, of keys that are published and must not be used
	trap, api     *httptest.Server
	trapped, ran  atomic.Int64
	log           *reasons
	holder        []byte          // the certificate that tokens are bound to
	client        *jwttest.Client // that has the key which tokens are bound to
}

// newArena returns an arena whose API remembers verified tokens, or does not.
func newArena(t *testing.T, remember bool) *arena {
	a := &arena{t: t, issuer: jwttest.NewIssuer(t), other: jwttest.NewIssuer(t), log: &reasons{}}
	a.rsa, a.pss = a.issuer.KeyID(), a.issuer.AddKey("PS256")
	for _, alg := range []string{"ES256", "ES384", "EdDSA"} {
		a.issuer.AddKey(alg)
	}
	a.publishUnfit()
	a.trap = serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		a.trapped.Add(1)
		w.Write(a.other.JWKS())
	}))
	// A real key set is asked again for each unknown kid, so that none is refused for being asked too often.
	keys, err := jwks.NewRemote(jwks.Config{Issuer: a.issuer.URL(), Cooldown: time.Millisecond})
	require.NoError(t, err)
	tokens, err := jwt.NewValidator(jwt.Config{Issuer: a.issuer.URL(), Audiences: []string{a.issuer.Audience()},
		Keys: keys})
	require.NoError(t, err)
	cache, err := tokencache.New(tokens.Validate, tokencache.Config{})
	require.NoError(t, err)
	bearer := protector.Bearer(tokens.Validate)
	if remember {
		bearer = protector.Bearer(cache.Validate)
	}
	config := protector.Config{Validators: []protector.Validator{bearer}, Logger: slog.New(a.log)}
	mux := http.NewServeMux()
	handler := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { a.ran.Add(1) })
	mux.Handle("/", newGuard(t, config).Require("profile")(handler))
	strong := protector.Policy{Scopes: []string{"profile"}, ACR: []string{"phr", "mfa"}, MaxAge: time.Minute}
	config.Resource = apiOrigin + "/v1"
	mux.Handle("/strong", newGuard(t, config).RequirePolicy(strong)(handler))
	config.Resource = ""
	config.AmbientCookie, config.BufferedFormTokens, config.InsecureQueryTokens = "session", true, true
	mux.Handle("/all", newGuard(t, config).Require("profile")(handler))
	a.addSources(mux, keys, config, handler)
	a.addCertificates(mux, keys, handler)
	a.addProofs(mux, keys, handler)
	a.api = serve(t, mux)
	return a
}

// publishUnfit publishes keys that are good for something else, or for nothing, and one with e = 3, which is allowed.
func (a *arena) publishUnfit() {
	sign := func(key *rsa.PrivateKey) func([]byte) []byte {
		return func(input []byte) []byte {
			return power(key, encodedMessage(key.Size(), sha256Info, digestOf(input)))
		}
	}
	weak := weakKey()
	strong := a.other.PrivateKey(a.other.KeyID()).(*rsa.PrivateKey)
	a.unfit = map[string]func([]byte) []byte{"weak": sign(weak), "leaked": sign(strong), "enc": sign(strong),
		"sign": sign(strong)}
	n := func(key *rsa.PrivateKey) string { return b64(string(key.N.Bytes())) }
	a.issuer.PublishRaw(
		`{"kty":"oct","kid":"oct","k":"`+b64(octSecret)+`"}`,
		`{"kty":"RSA","kid":"weak","e":"AQAB","n":"`+n(weak)+`"}`,
		`{"kty":"RSA","kid":"leaked","e":"AQAB","n":"`+n(strong)+`","d":"AQAB"}`,
		`{"kty":"RSA","kid":"enc","use":"enc","e":"AQAB","n":"`+n(strong)+`"}`,
		`{"kty":"RSA","kid":"sign","key_ops":["sign"],"e":"AQAB","n":"`+n(strong)+`"}`,
		`{"kty":"RSA","kid":"e3","alg":"RS256","e":"Aw","n":"`+n(strong)+`"}`,
	)
}

// run makes the attacks, with a good token before and after them, and prints the table.
func (a *arena) run(attacks []attack) {
	a.welcome()
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "ATTACK\tA WEAKER VALIDATOR\tOUR ANSWER")
	requests := 0
	for _, attack := range attacks {
		a.t.Run(attack.name, func(t *testing.T) {
			var tokens []string
			// Attackers use what FIPS 140-3 does not approve of; those who refuse it run under its rules.
			fips140.WithoutEnforcement(func() { tokens = attack.tokens(a) })
			require.NotEmpty(t, tokens)
			requests += len(tokens)
			for _, token := range tokens {
				a.attempt(t, attack, token)
			}
		})
		fmt.Fprintf(w, "%s\t%s\t%s\n", attack.name, attack.weaker, attack.want)
	}
	a.welcome()
	require.Zero(a.t, a.trapped.Load(), "somebody asked the attacker's server")
	w.Flush()
	a.t.Logf("%d attacks in %d variants at least, none let in\n\n%s", len(attacks), requests, table.String())
}

func (v verdict) String() string {
	text := fmt.Sprintf("%d", v.status)
	if v.code != "" {
		text += " " + v.code
	}
	switch {
	case v == byServer:
		return text + " (net/http)"
	case v.reason != v.code:
		return text + " (log: " + v.reason + ")"
	}
	return text
}

// welcome shows that whoever has a good token gets in, whichever key signed it. Without it, a service that is down
// would pass all of these tests.
func (a *arena) welcome() {
	for _, alg := range []string{"RS256", "PS256", "ES256", "ES384", "EdDSA"} {
		before := a.ran.Load()
		answer := get(a.t, a.api, "/", "Authorization: Bearer "+a.token(jwttest.Alg(alg)))
		require.Equal(a.t, http.StatusOK, answer.status, alg)
		require.Equal(a.t, before+1, a.ran.Load())
	}
	for _, path := range []string{"/proved", "/either"} {
		bound := a.token(jwttest.BoundTo(a.client))
		proof := "DPoP: " + a.client.Proof(http.MethodGet, apiOrigin+path, bound)
		require.Equal(a.t, http.StatusOK, get(a.t, a.api, path, "Authorization: DPoP "+bound, proof).status)
	}
	socket := handshake(offering + "chat, access_token." + a.token())
	require.Equal(a.t, http.StatusOK, get(a.t, a.api, "/socket", socket...).status)
	field := "Cf-Access-Jwt-Assertion: " + assertion(a)[0]
	require.Equal(a.t, http.StatusOK, get(a.t, a.api, "/assertion", field).status)
	strong := a.token(jwttest.Claim("acr", "mfa"), jwttest.Claim("auth_time", time.Now().Unix()))
	require.Equal(a.t, http.StatusOK, toStrong(a, strong).status)
	a.log.reset()
}

func (a *arena) attempt(t *testing.T, attack attack, token string) {
	t.Helper()
	before := a.ran.Load()
	a.log.reset()
	send := attack.send
	if send == nil {
		send = func(a *arena, token string) answer { return get(t, a.api, "/", "Authorization: Bearer "+token) }
	}
	got := send(a, token)
	require.Equal(t, before, a.ran.Load(), "the handler ran for %s", token)
	require.Equal(t, attack.want.status, got.status, "%s\n%s", token, got.body)
	if attack.want == byServer {
		return
	}
	require.Equal(t, attack.want.reason, a.log.last(), token)
	require.NotEmpty(t, got.challenges(), token)
	_, params := parseChallenge(t, got.challenges()[0])
	require.Equal(t, attack.want.code, params["error"], token)
	require.Equal(t, "no-store", got.header.Get("Cache-Control"))
	if len(token) > 40 { // nobody repeats what was sent, neither to the client nor to the log
		part := token[len(token)/2:][:16]
		require.NotContains(t, fmt.Sprint(got)+a.log.text(), part)
	}
}

// token is a good token, but for the options.
func (a *arena) token(options ...jwttest.TokenOption) string {
	return a.issuer.Token(append([]jwttest.TokenOption{jwttest.Scope("profile")}, options...)...)
}

// forged is a token of the attacker's own key under the kid of the issuer's.
func (a *arena) forged(options ...jwttest.TokenOption) string {
	return a.token(append([]jwttest.TokenOption{jwttest.Unpublished(), jwttest.Header("kid", a.rsa)}, options...)...)
}

func (a *arena) private() *rsa.PrivateKey { return a.issuer.PrivateKey(a.rsa).(*rsa.PrivateKey) }

// strangerJWK is the public half of what forged signs with.
func (a *arena) strangerJWK() map[string]any {
	header := strings.SplitN(a.token(jwttest.Unpublished()), ".", 2)[0]
	var names struct {
		Kid string `json:"kid"`
	}
	decoded, err := base64.RawURLEncoding.DecodeString(header)
	require.NoError(a.t, err)
	require.NoError(a.t, json.Unmarshal(decoded, &names))
	key := a.issuer.PublicKey(names.Kid).(*rsa.PublicKey)
	return map[string]any{"kty": "RSA", "n": b64(string(key.N.Bytes())), "e": "AQAB", "alg": "RS256", "use": "sig",
		"kid": a.rsa}
}

func (a *arena) certificate(t *testing.T) string {
	key := a.other.PrivateKey(a.other.KeyID())
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	return base64.StdEncoding.EncodeToString(der)
}

func (a *arena) raw(request string) answer { return raw(a.t, a.api, request) }

func (a *arena) post(path, contentType, body string) answer {
	return ask(a.t, a.api, http.MethodPost, path, body, "Content-Type: "+contentType)
}
