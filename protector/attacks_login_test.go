package protector_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// signedIn makes tokens of a user who has signed in as the claims say. /strong asks for phr or mfa, a minute ago.
func signedIn(claims ...map[string]any) func(*arena) []string {
	return each(claims, func(a *arena, claims map[string]any) string {
		var options []jwttest.TokenOption
		for name, value := range claims {
			options = append(options, jwttest.Claim(name, value))
		}
		return a.token(options...)
	})
}

func toStrong(a *arena, token string) answer {
	return get(a.t, a.api, "/strong", "Authorization: Bearer "+token)
}

var (
	just     = time.Now().Unix()
	weak     = verdict{401, "insufficient_user_authentication", "insufficient_acr"}
	untimely = verdict{401, "insufficient_user_authentication", "insufficient_auth_time"}
)

// loginAttacks bring a token that is good, of a user who has not signed in as is asked for.
var loginAttacks = []attack{
	{ // checklist 155, 160
		"a password where more is asked for", "looks for any acr, or for a part of one",
		signedIn(
			map[string]any{"auth_time": just}, map[string]any{"acr": "pwd", "auth_time": just},
			map[string]any{"acr": "PHR", "auth_time": just}, map[string]any{"acr": "phr mfa", "auth_time": just},
			map[string]any{"acr": "ph", "auth_time": just}, map[string]any{"acr": "phr\x00", "auth_time": just},
			map[string]any{"acr": "", "auth_time": just}, map[string]any{"ACR": "phr", "auth_time": just},
			map[string]any{"amr": []string{"phr"}, "auth_time": just},
		), toStrong, weak,
	},
	{ // checklist 160
		"an acr that is no string", "takes the first of a list, or prints what is there",
		signedIn(
			map[string]any{"acr": []string{"phr"}, "auth_time": just}, map[string]any{"acr": true, "auth_time": just},
			map[string]any{"acr": map[string]any{"value": "phr"}, "auth_time": just},
			map[string]any{"acr": nil, "auth_time": just},
		), toStrong, weak,
	},
	{ // checklist 159
		"no time of the login, or one that is to come", "takes no time for now, or any age below the limit",
		signedIn(
			map[string]any{"acr": "phr"}, map[string]any{"acr": "phr", "auth_time": nil},
			map[string]any{"acr": "phr", "auth_time": 0}, map[string]any{"acr": "phr", "auth_time": just - 3600},
			map[string]any{"acr": "phr", "auth_time": just + 3600},
			map[string]any{"acr": "phr", "auth_time": int64(253402300799)}, // 9999-12-31
			map[string]any{"acr": "phr", "AUTH_TIME": just}, map[string]any{"acr": "phr", "iat": just},
		), toStrong, untimely,
	},
	{ // checklist 159
		"a time of the login that is no number", "reads what it can",
		signedIn(
			map[string]any{"acr": "phr", "auth_time": fmt.Sprint(just)}, map[string]any{"acr": "phr", "auth_time": true},
			map[string]any{"acr": "phr", "auth_time": []any{just}}, map[string]any{"acr": "phr", "auth_time": -just},
			map[string]any{"acr": "phr", "auth_time": 1e300},
		), toStrong, invalidToken(jwt.ReasonClaimType),
	},
}

// hostAttacks try to have the challenge lead clients to the attacker for their next token.
var hostAttacks = []attack{
	{ // checklist 166
		"a host of the attacker's", "makes the URL of the metadata from Host or X-Forwarded-Host",
		fixed("evil.example", "api.example@evil.example", "evil.example:443", "api.example\", error=\"evil"),
		func(a *arena, host string) answer {
			got := a.raw("GET /strong HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: " + host +
				"\r\nX-Forwarded-Proto: evil\r\nForwarded: host=\"evil.example\"\r\n\r\n")
			require.NotContains(a.t, fmt.Sprint(got), "evil")
			_, params := parseChallenge(a.t, got.challenges()[0])
			require.True(a.t, strings.HasPrefix(params["resource_metadata"], apiOrigin+"/"), params)
			return got
		}, noCredentials,
	},
}
