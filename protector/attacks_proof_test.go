package protector_test

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
)

// addProofs adds paths for tokens that are bound to a client's key: one that takes no others, one that takes all that
// it gets, from everywhere, and one whose handler does nothing, for proofs that are used up.
func (a *arena) addProofs(mux *http.ServeMux, keys *jwks.Remote, handler http.Handler) {
	a.client = jwttest.NewClient(a.t)
	tokens, err := jwt.NewValidator(jwt.Config{
		Issuer: a.issuer.URL(), Audiences: []string{a.issuer.Audience()}, Keys: keys, Confirmations: []string{"jkt"},
	})
	require.NoError(a.t, err)
	proofs := protector.DPoP(tokens.Validate, newProofs(a.t, dpop.Config{}))
	config := protector.Config{Logger: slog.New(a.log), Validators: []protector.Validator{proofs}}
	mux.Handle("/proved", newGuard(a.t, config).Require("profile")(handler))
	mux.Handle("/used", newGuard(a.t, config).Require("profile")(says("in")))
	config.Validators = []protector.Validator{protector.Bearer(tokens.Validate), proofs}
	config.AmbientCookie, config.BufferedFormTokens, config.InsecureQueryTokens = "session", true, true
	mux.Handle("/either", newGuard(a.t, config).Require("profile")(handler))
}

// owned is a token that is good, and bound to the client's key.
func owned(a *arena) []string { return of(a.token(jwttest.BoundTo(a.client))) }

// proof is that of the client for GET /proved, but for the options.
func (a *arena) proof(token string, options ...jwttest.TokenOption) string {
	return a.client.Proof(http.MethodGet, apiOrigin+"/proved", token, options...)
}

// proved sends GET requests for a path, with these fields, in which GOOD stands for a good proof for GET /proved, TOKEN
// for the token, and MINE for a proof by another key. All answers have to be of one status.
func proved(path string, fields ...string) func(*arena, string) answer {
	return func(a *arena, token string) (last answer) {
		mine := jwttest.NewClient(a.t)
		for i, field := range fields {
			replace := strings.NewReplacer("TOKEN", token, "GOOD", a.proof(token),
				"MINE", mine.Proof(http.MethodGet, apiOrigin+"/proved", token))
			status := last.status
			last = a.raw("GET " + path + " HTTP/1.1\r\nHost: api.example\r\n" + replace.Replace(field) + "\r\n\r\n")
			require.True(a.t, i == 0 || status == last.status, field)
		}
		return last
	}
}

// provedBy sends a proof that is changed in each of these ways.
func provedBy(changes ...jwttest.TokenOption) func(*arena, string) answer {
	return func(a *arena, token string) (last answer) {
		for _, change := range changes {
			last = get(a.t, a.api, "/proved", "Authorization: DPoP "+token, "DPoP: "+a.proof(token, change))
			require.Equal(a.t, http.StatusUnauthorized, last.status)
		}
		return last
	}
}

func htu(uri string) jwttest.TokenOption { return jwttest.Claim("htu", uri) }

func invalidProof(reason dpop.Reason) verdict {
	return verdict{401, "invalid_dpop_proof", string(reason)}
}

// proofAttacks bring a token that is good, and bound to a key which the attacker has not got.
var proofAttacks = []attack{
	{ // checklist 136
		"a bound token as a bearer token", "takes a token for what it says, however it comes",
		owned, proved("/either", "Authorization: Bearer TOKEN", "Authorization: Bearer TOKEN\r\nDPoP: GOOD",
			"Authorization: bearer TOKEN\r\nDPoP: MINE"), invalidToken(jwt.ReasonConfirmation),
	},
	{ // checklist 136, 7
		"a bound token in the query, in a cookie or in a form", "looks for the proof in the header only",
		owned, func(a *arena, token string) answer {
			fields := "Host: api.example\r\nDPoP: " + a.proof(token, htu(apiOrigin+"/either")) + "\r\n"
			for _, request := range []string{
				"GET /either?access_token=" + token + " HTTP/1.1\r\n" + fields + "\r\n",
				"GET /either HTTP/1.1\r\n" + fields + "Cookie: session=" + token + "\r\n\r\n",
			} {
				require.Equal(a.t, http.StatusUnauthorized, a.raw(request).status)
			}
			return a.post("/either", "application/x-www-form-urlencoded", "access_token="+token)
		}, invalidToken(jwt.ReasonConfirmation),
	},
	{ // checklist 135
		"a bound token without a proof", "checks the proof only if there is one",
		owned, proved("/proved", "Authorization: DPoP TOKEN", "Authorization: dpop TOKEN\r\nDPoP:",
			"Authorization: DPoP TOKEN\r\nX-DPoP: GOOD", "Authorization: DPoP TOKEN\r\nProxy-DPoP: GOOD",
			"Authorization: DPoP TOKEN\r\nDPoP-Proof: GOOD"), invalidProof(dpop.ReasonMissing),
	},
	{ // checklist 120
		"two proofs", "reads the first where the proxy in front has read the last",
		owned, proved("/proved", "Authorization: DPoP TOKEN\r\nDPoP: GOOD\r\nDPoP: GOOD",
			"Authorization: DPoP TOKEN\r\nDPoP: MINE\r\ndpop: GOOD", "Authorization: DPoP TOKEN\r\nDPOP: GOOD\r\nDPoP:"),
		invalidProof("proof_repeated"),
	},
	{ // checklist 120, 121
		"two proofs in one field", "takes the one that it likes",
		owned, proved("/proved", "Authorization: DPoP TOKEN\r\nDPoP: GOOD,GOOD",
			"Authorization: DPoP TOKEN\r\nDPoP: GOOD, MINE", "Authorization: DPoP TOKEN\r\nDPoP: MINE GOOD",
			"Authorization: DPoP TOKEN\r\nDPoP: GOOD.GOOD"), invalidProof(dpop.ReasonMalformed),
	},
	{ // checklist 6
		"two credentials, one with a proof", "authenticates one, and logs the other",
		owned, proved("/proved", "Authorization: DPoP TOKEN\r\nAuthorization: Bearer TOKEN\r\nDPoP: GOOD",
			"Authorization: DPoP TOKEN\r\nAuthorization: DPoP TOKEN\r\nDPoP: GOOD"), tooMany,
	},
	{ // checklist 147
		"the scheme in Proxy-Authorization", "takes what a proxy might have meant",
		owned, proved("/proved", "Proxy-Authorization: DPoP TOKEN\r\nDPoP: GOOD",
			"X-Authorization: DPoP TOKEN\r\nDPoP: GOOD"), noCredentials,
	},
	{ // checklist 135
		"a token that is bound to nobody, with a proof", "checks the proof, and not whose it is",
		good, proved("/proved", "Authorization: DPoP TOKEN\r\nDPoP: GOOD", "Authorization: DPoP TOKEN\r\nDPoP: MINE"),
		invalidToken(jwt.Reason(dpop.ReasonBinding)),
	},
	{ // checklist 134
		"a proof by the thief's own key", "checks the signature, and not whose key it is",
		owned, proved("/proved", "Authorization: DPoP TOKEN\r\nDPoP: MINE"),
		invalidToken(jwt.Reason(dpop.ReasonBinding)),
	},
	{ // checklist 125
		"the holder's key in the header, and another that signs", "compares the thumbprint, and never checks the signature",
		owned, provedBy(jwttest.Unpublished(), jwttest.Signature(func([]byte) []byte { return make([]byte, 64) }),
			jwttest.Signature(func([]byte) []byte { return []byte{1} })), invalidProof(dpop.ReasonSignature),
	},
	{ // checklist 124
		"a proof without a signature, or by a secret", "takes the algorithm from the header",
		owned, provedBy(jwttest.Alg("none"), jwttest.Header("alg", "HS256"), jwttest.Header("alg", "nOnE")),
		invalidProof(dpop.ReasonAlgorithm),
	},
	{ // checklist 123
		"another JWT of the client as a proof", "forgets to look at typ",
		owned, provedBy(jwttest.Header("typ", "JWT"), jwttest.Header("typ", "at+jwt"), jwttest.Header("typ", "")),
		invalidProof(dpop.ReasonType),
	},
	{ // checklist 123
		"the token as its own proof", "has one reader for both",
		owned, proved("/proved", "Authorization: DPoP TOKEN\r\nDPoP: TOKEN"), invalidProof(dpop.ReasonAlgorithm),
	},
	{ // checklist 28
		"the proof as the token", "has one reader for both",
		func(a *arena) []string { return of(a.proof("x", jwttest.Header("alg", "ES256"))) },
		proved("/proved", "Authorization: DPoP TOKEN\r\nDPoP: TOKEN"), invalidToken(jwt.ReasonType),
	},
	{ // checklist 128, 129, 130
		"a proof for another resource", "compares the end of it, or what the router has made of it",
		owned, provedBy(htu(apiOrigin+"/used"), htu(apiOrigin+"/proved/"), htu(apiOrigin+"/Proved"), htu(apiOrigin),
			htu(apiOrigin+"//proved"), htu(apiOrigin+"/x/../proved"), htu(apiOrigin+"/%2fproved"), htu("/proved"),
			htu("https://evil.example/proved"), htu("https://api.example.evil.example/proved"),
			htu("https://api.example@evil.example/proved"), htu("http://api.example/proved"),
			htu("https://api.example:8443/proved"), htu("https://api.example::443/proved"),
			htu("https://api.example:0443/proved"), htu("https://api.example./proved")), invalidProof(dpop.ReasonTarget),
	},
	{ // checklist 130
		"a proof for a host of the sender's choice", "takes its own name from the request",
		owned, func(a *arena, token string) (last answer) {
			fields := "Authorization: DPoP " + token + "\r\nDPoP: " + a.proof(token, htu("https://evil.example/proved")) + "\r\n"
			for _, request := range []string{
				"GET /proved HTTP/1.1\r\nHost: evil.example\r\n", "GET https://evil.example/proved HTTP/1.1\r\nHost: a\r\n",
				"GET /proved HTTP/1.1\r\nHost: a\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\n",
				"GET /proved HTTP/1.1\r\nHost: a\r\nForwarded: host=evil.example;proto=https\r\n",
			} {
				last = a.raw(request + fields + "\r\n")
				require.Equal(a.t, http.StatusUnauthorized, last.status, request)
			}
			return last
		}, invalidProof(dpop.ReasonTarget),
	},
	{ // checklist 127
		"a proof for another method", "lets a field say what the method is, or minds no letter case",
		owned, func(a *arena, token string) answer {
			a.raw("GET /proved HTTP/1.1\r\nHost: a\r\nX-HTTP-Method-Override: POST\r\nAuthorization: DPoP " + token +
				"\r\nDPoP: " + a.proof(token, jwttest.Claim("htm", "POST")) + "\r\n\r\n")
			return provedBy(jwttest.Claim("htm", "get"), jwttest.Claim("htm", "HEAD"), jwttest.Claim("htm", "*"))(a, token)
		}, invalidProof(dpop.ReasonMethod),
	},
	{ // checklist 133
		"the holder's proof for another token", "looks at ath only if it is there",
		owned, func(a *arena, token string) answer {
			return get(a.t, a.api, "/proved", "Authorization: DPoP "+token, "DPoP: "+a.proof(token+"x"))
		}, invalidProof(dpop.ReasonToken),
	},
	{ // checklist 122, 133
		"a proof that leaves something out", "checks what is there",
		owned, provedBy(jwttest.Without("ath"), jwttest.Without("jti"), jwttest.Without("iat"), jwttest.Without("htu"),
			jwttest.Without("htm"), jwttest.Claim("ath", nil), jwttest.Claim("jti", ""), jwttest.Claim("iat", "1")),
		invalidProof(dpop.ReasonClaim),
	},
	{ // checklist 132
		"a proof from another time", "remembers a proof for less time than it accepts it",
		owned, provedBy(jwttest.IssuedAt(time.Now().Add(-61*time.Second)), jwttest.IssuedAt(time.Now().Add(time.Hour))),
		invalidProof(dpop.ReasonTime),
	},
	{ // checklist 144
		"a proof that was used", "remembers the token, or the field's text, and not the proof",
		owned, func(a *arena, token string) answer {
			proof := "DPoP: " + a.proof(token, htu(apiOrigin+"/used"))
			require.Equal(a.t, http.StatusOK, get(a.t, a.api, "/used", "Authorization: DPoP "+token, proof).status)
			return get(a.t, a.api, "/used?again", "Authorization: dpop "+token, proof)
		}, invalidProof(dpop.ReasonReplay),
	},
	{ // checklist 126, 147a
		"the proof's key twice, or with its private half", "reads the header twice, in two ways",
		owned, func(a *arena, token string) answer {
			jwk := a.client.JWK()
			jwk["d"] = "AQAB"
			text, err := json.Marshal(a.client.JWK())
			require.NoError(a.t, err)
			return provedBy(jwttest.Header("jwk", jwk), jwttest.Header("JWK", json.RawMessage(text)))(a, token)
		}, invalidProof(dpop.ReasonKey),
	},
}
