package protector_test

import (
	"net/http"
	"strings"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
)

// asserted is the audience of what the proxy asserts.
const asserted = "/projects/1/apps/a"

// addSources adds routes whose tokens are in the protocols of a WebSocket, and in a field that a proxy sets.
func (a *arena) addSources(mux *http.ServeMux, keys *jwks.Remote, config protector.Config, handler http.Handler) {
	config.WebSocketProtocol = "access_token"
	mux.Handle("/socket", newGuard(a.t, config).Require("profile")(handler))
	tokens, err := jwt.NewValidator(jwt.Config{Issuer: a.issuer.URL(), Audiences: []string{asserted}, Keys: keys})
	require.NoError(a.t, err)
	guard := newGuard(a.t, protector.Config{Logger: config.Logger,
		Validators: []protector.Validator{protector.Field("Cf-Access-Jwt-Assertion", tokens.Validate)}})
	mux.Handle("/assertion", guard.Require("profile")(handler))
}

// sockets opens WebSockets by these protocols.
func sockets(path string, offers ...string) func(*arena, string) answer {
	for i, offer := range offers {
		offers[i] = strings.Join(handshake(offering+offer), "\r\n")
	}
	return rawsTo(path, offers...)
}

// sourceAttacks bring a token where only some routes look for one.
var sourceAttacks = []attack{
	{ // checklist 205
		"in a WebSocket's protocols, where that is not enabled", "looks wherever a token might be",
		good, sockets("/", "chat, access_token.TOKEN", "access_token, TOKEN", "base64url.bearer.authorization.k8s.io.TOKEN"),
		noCredentials,
	},
	{ // checklist 205
		"in a WebSocket's protocols, of another site", "lets any page connect, since WebSockets have no CORS",
		good, sockets("/socket", "chat, access_token.TOKEN\r\nOrigin: https://evil.example",
			"chat, access_token.TOKEN\r\nOrigin: null", "chat, access_token.TOKEN\r\nSec-Fetch-Site: same-site"),
		verdict{403, "access_denied", "cross_origin"},
	},
	{ // checklist 205
		"in the protocols of what is no WebSocket", "takes the field from every request, which caches store",
		good, rawsTo("/socket", "Sec-WebSocket-Protocol: chat, access_token.TOKEN",
			"Upgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Protocol: chat, access_token.TOKEN",
			"Connection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Protocol: chat, access_token.TOKEN"),
		noCredentials,
	},
	{ // checklist 205
		"nearly in a WebSocket's protocols", "takes what follows the name, whatever stands between",
		good, sockets("/socket", "chat, access_token, TOKEN", "chat, access_token TOKEN", "chat, access_token=TOKEN",
			"chat, Bearer TOKEN", "chat, ACCESS_TOKEN.TOKEN", "chat, xaccess_token.TOKEN"), noCredentials,
	},
	{ // checklist 205
		"a WebSocket with nothing to answer but the token", "answers with the token",
		good, sockets("/socket", "access_token.TOKEN", ",access_token.TOKEN, ,", "access_token.TOKEN\t"), badRequest,
	},
	{ // checklist 205, 5
		"two tokens in a WebSocket's protocols", "takes the first, where the proxy in front has looked at the last",
		good, sockets("/socket", "access_token.TOKEN, access_token.x, chat", "access_token.x, access_token.TOKEN, chat",
			"access_token.TOKEN\r\nSec-WebSocket-Protocol: access_token.TOKEN, chat",
			"access_token.TOKEN, chat\r\nAuthorization: Bearer TOKEN", "access_token.TOKEN, chat\r\nCookie: session=TOKEN"),
		tooMany,
	},
	{ // checklist 206
		"in the field of a proxy that is not there", "looks wherever a token might be",
		good, raws("Cf-Access-Jwt-Assertion: TOKEN", "X-Goog-IAP-JWT-Assertion: TOKEN", "Txn-Token: TOKEN"), noCredentials,
	},
	{ // checklist 206
		"a user's own token in the field of a proxy", "takes any token of the issuer's",
		good, rawsTo("/assertion", "Cf-Access-Jwt-Assertion: TOKEN"), invalidToken(jwt.ReasonAudience),
	},
	{ // checklist 206
		"in the field of a proxy, by somebody who goes around it", "trusts the field, since the proxy sets it",
		func(a *arena) []string { return of(a.forged(jwttest.Audience(asserted))) },
		rawsTo("/assertion", "Cf-Access-Jwt-Assertion: TOKEN", "Sec-Fetch-Site: none\r\nCf-Access-Jwt-Assertion: TOKEN"),
		invalidToken(jwt.ReasonSignature),
	},
	{ // checklist 206
		"in the field of a proxy, beside the proxy's own", "reads the first, where the proxy has appended its own",
		assertion, rawsTo("/assertion", "Cf-Access-Jwt-Assertion: TOKEN\r\nCf-Access-Jwt-Assertion: x",
			"Cf-Access-Jwt-Assertion: TOKEN\r\ncf-access-jwt-assertion: TOKEN",
			"Cf-Access-Jwt-Assertion:\r\nCf-Access-Jwt-Assertion: TOKEN"), tooMany,
	},
	{ // checklist 206
		"in the field of a proxy, in a list or with a scheme", "takes the part that it likes",
		assertion, rawsTo("/assertion", "Cf-Access-Jwt-Assertion: TOKEN, x", "Cf-Access-Jwt-Assertion: x,TOKEN",
			"Cf-Access-Jwt-Assertion: Bearer TOKEN", "Cf-Access-Jwt-Assertion: TOKEN;x",
			"Cf-Access-Jwt-Assertion: \"TOKEN\""), badRequest,
	},
	{ // checklist 206
		"in the Authorization field, where the proxy's counts", "reads the field's name as a scheme's",
		assertion, rawsTo("/assertion", "Authorization: Bearer TOKEN", "Authorization: Cf-Access-Jwt-Assertion TOKEN",
			"Cookie: CF_Authorization=TOKEN", "Cf-Access-Jwt-Assertion-: TOKEN"), noCredentials,
	},
	{ // checklist 206
		"another site's form, behind a proxy that knows its users by a cookie", "takes it that a field cannot be forged",
		assertion, raw1("POST /assertion HTTP/1.1\r\nHost: a\r\nOrigin: https://evil.example\r\n" +
			"Content-Length: 0\r\nCf-Access-Jwt-Assertion: TOKEN\r\n\r\n"), verdict{403, "access_denied", "cross_origin"},
	},
}

// assertion is what the proxy says of a user.
func assertion(a *arena) []string { return of(a.token(jwttest.Audience(asserted))) }
