package protector_test

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/stretchr/testify/require"
)

// fieldAttacks bring a token that is good. Each line sends what a careless reader would take.
var fieldAttacks = []attack{
	{ // checklist 6
		"two Authorization fields", "reads the first where the proxy in front has read the last",
		good, raws(
			"Authorization: Bearer TOKEN\r\nAuthorization: Bearer x", "Authorization: Bearer x\r\nAuthorization: Bearer TOKEN",
			"Authorization: Bearer TOKEN\r\nauthorization: Bearer TOKEN", "Authorization:\r\nAUTHORIZATION: Bearer TOKEN",
			"Authorization: Basic YTpi\r\nAuthorization: Bearer TOKEN",
		), tooMany,
	},
	{ // checklist 3, 4
		"more than a token in the field", "takes the part that it likes",
		good, raws(
			"Authorization: Bearer TOKEN, Bearer x", "Authorization: Bearer TOKEN,x", "Authorization: Bearer x TOKEN",
			"Authorization: Bearer TOKEN x",
			"Authorization: Bearer \"TOKEN\"", "Authorization: Bearer token=TOKEN", "Authorization: Bearer\tTOKEN",
			"Authorization: Bearer \tTOKEN", "Authorization: Bearer,TOKEN",
			"Authorization: Bearer: TOKEN", "Authorization: Bearer", "Authorization: Bearer =TOKEN",
			"Authorization: Bearer TOKEN;x", "Authorization: Bearer\u00a0TOKEN", "Authorization: Bearer TOKEN\u200b",
		), badRequest,
	},
	{ // checklist 4
		"a token on two lines", "joins them",
		good, func(a *arena, token string) answer {
			return a.raw("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + token[:20] + "\r\n " + token[20:] + "\r\n\r\n")
		}, badRequest,
	},
	{ // checklist 4
		"line breaks, NUL and white space that no field has",
		"lets the client write a field of its own into the next hop's request",
		good, raws("Authorization: Bearer x\rAuthorization: Bearer TOKEN", "Authorization: Bearer TOKEN\x00",
			"Authorization: Bearer TOKEN\x01", "Authorization : Bearer TOKEN", "\x0bAuthorization: Bearer TOKEN"), byServer,
	},
	{ // checklist 13
		"another scheme, or nearly ours", "looks for the token behind the first space",
		good, raws(
			"Authorization: Basic TOKEN", "Authorization: Bearers TOKEN", "Authorization: XBearer TOKEN",
			"Authorization: BearerTOKEN", "Authorization: TOKEN", "Authorization: DPoP TOKEN",
			"Authorization: Bea\u0280er TOKEN", "Authorization: \u0412earer TOKEN", "Authorization: Token Bearer TOKEN",
		), verdict{401, "", "other_scheme"},
	},
	{ // checklist 147, 13
		"a field of a similar name", "takes what a proxy might have meant",
		good, raws("Proxy-Authorization: Bearer TOKEN", "X-Forwarded-Authorization: Bearer TOKEN",
			"X-Authorization: Bearer TOKEN", "Authorisation: Bearer TOKEN", "Authorization-: Bearer TOKEN",
			"X-Access-Token: TOKEN"), noCredentials,
	},
	{ // checklist 1
		"the field in a trailer", "merges trailers into the header",
		good, func(a *arena, token string) answer {
			return a.raw("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n" +
				"1\r\na\r\n0\r\nAuthorization: Bearer " + token + "\r\n\r\n")
		}, noCredentials,
	},
}

// placeAttacks bring a token that is good, in the wrong place.
var placeAttacks = []attack{
	{ // checklist 7
		"in the query", "takes tokens from addresses, which are logged by everyone",
		good, raw1("GET /?access_token=TOKEN HTTP/1.1\r\nHost: a\r\n\r\n"), noCredentials,
	},
	{ // checklist 1
		"in a cookie", "takes what browsers send on anybody's behalf",
		good, raws("Cookie: access_token=TOKEN; Authorization=Bearer TOKEN; token=TOKEN"), noCredentials,
	},
	{ // checklist 9
		"in a form", "reads the body before it knows who sends it",
		good, func(a *arena, token string) answer {
			return a.post("/", "application/x-www-form-urlencoded", "access_token="+token)
		}, noCredentials,
	},
	{ // checklist 9
		"in a form of several parts, or of a GET, where forms are enabled", "takes any body for a form",
		good, func(a *arena, token string) answer {
			multipart := "--b\r\nContent-Disposition: form-data; name=\"access_token\"\r\n\r\n" + token + "\r\n--b--\r\n"
			require.Equal(a.t, http.StatusUnauthorized, a.post("/all", "multipart/form-data; boundary=b", multipart).status)
			form := "access_token=" + token
			return a.raw(fmt.Sprintf("GET /all HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"+
				"Content-Length: %d\r\n\r\n%s", len(form), form))
		}, noCredentials,
	},
	{ // checklist 5
		"in two places, where all are enabled", "takes one, and logs the caller of the other",
		good, func(a *arena, token string) answer {
			for _, request := range []string{
				"GET /all?access_token=TOKEN HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer TOKEN\r\n\r\n",
				"GET /all?access_token=TOKEN HTTP/1.1\r\nHost: a\r\nCookie: session=TOKEN\r\n\r\n",
				"GET /all?access_token=TOKEN&access_token=x HTTP/1.1\r\nHost: a\r\n\r\n",
			} {
				require.Equal(a.t, http.StatusBadRequest, a.raw(strings.ReplaceAll(request, "TOKEN", token)).status)
			}
			return a.post("/all?access_token="+token, "application/x-www-form-urlencoded", "access_token="+token)
		}, tooMany,
	},
	{ // checklist 1
		"in a cookie, from another site", "takes cookies and does not ask where the request was made",
		good, raw1("POST /all HTTP/1.1\r\nHost: a\r\nOrigin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\n" +
			"Content-Length: 0\r\nCookie: session=TOKEN\r\n\r\n"),
		verdict{403, "access_denied", "cross_origin"},
	},
}
