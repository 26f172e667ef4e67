package jwt_test

import "example.com/resourceserver/jwt"

var platforms = []vendor{
	{
		name: "GoogleIDToken", profile: jwt.GoogleIDToken,
		issuer:    "https://accounts.google.example",
		audiences: []string{"https://orders.example", "1234.apps.googleusercontent.example"},
		header:    `{"typ": "JWT"}`,
		access: `{
			"aud": "https://orders.example", "azp": "113774264463038321964",
			"email": "checkout@shop.iam.gserviceaccount.example", "sub": "113774264463038321964", "email_verified": true,
			"exp": 1767229200, "iat": 1767225600, "iss": "https://accounts.google.example"}`,
		idTokens: map[string]idToken{
			"of a person": {`{
				"iss": "https://accounts.google.example", "azp": "1234.apps.googleusercontent.example",
				"aud": "1234.apps.googleusercontent.example", "sub": "10769150350006150715", "email": "jane@shop.example",
				"email_verified": true, "at_hash": "HK6E_P6Dh8Y93mRNtsDB1Q", "nonce": "0394852-3190485",
				"name": "Jane Doe", "picture": "https://pictures.example/jane", "iat": 1767225600, "exp": 1767229200}`,
				jwt.ReasonType, ""},
			"of the button": {`{
				"iss": "https://accounts.google.example", "nbf": 1767225300, "azp": "1234.apps.googleusercontent.example",
				"aud": "1234.apps.googleusercontent.example", "sub": "10769150350006150715", "email": "jane@gmail.example",
				"email_verified": true, "name": "Jane Doe", "picture": "https://pictures.example/jane", "given_name": "Jane",
				"iat": 1767225600, "exp": 1767229200, "jti": "f0e1d2c3b4a5"}`, jwt.ReasonType, "name"},
			"of a command line": {`{
				"iss": "https://accounts.google.example", "azp": "1234.apps.googleusercontent.example",
				"aud": "1234.apps.googleusercontent.example", "sub": "10769150350006150715", "hd": "shop.example",
				"email": "jane@shop.example", "email_verified": true, "at_hash": "HK6E_P6Dh8Y93mRNtsDB1Q",
				"iat": 1767225600, "exp": 1767229200}`, jwt.ReasonType, "at_hash"},
		},
		subject: "113774264463038321964", client: "113774264463038321964", audience: []string{"https://orders.example"},
		required: "iss exp aud sub azp iat", optional: "email email_verified",
		otherTypes: []string{"jwt"}, refusedTypes: []string{"", "at+jwt", "dpop+jwt"},
		nearMisses: map[string]nearMiss{
			"name of a person":      {claims{"name": "Jane Doe"}, jwt.ReasonType},
			"given name":            {claims{"given_name": "Jane"}, jwt.ReasonType},
			"picture of a person":   {claims{"picture": "https://pictures.example/jane"}, jwt.ReasonType},
			"domain of a person":    {claims{"hd": "shop.example"}, jwt.ReasonType},
			"nonce of a sign-in":    {claims{"nonce": "0394852-3190485"}, jwt.ReasonType},
			"code of a sign-in":     {claims{"c_hash": "LDktKdoQak3Pk0cnXxCltA"}, jwt.ReasonType},
			"issuer without scheme": {claims{"iss": "accounts.google.example"}, jwt.ReasonIssuer},
		},
	},
	{
		name: "GoogleIAP", profile: jwt.GoogleIAP,
		issuer: "https://cloud.google.example/iap", audiences: []string{"/projects/1234/global/backendServices/5678"},
		header: `{}`,
		access: `{
			"iss": "https://cloud.google.example/iap", "aud": "/projects/1234/global/backendServices/5678",
			"azp": "/projects/1234/global/backendServices/5678", "sub": "accounts.google.com:10769150350006150715",
			"email": "jane@shop.example", "hd": "shop.example", "exp": 1767226200, "iat": 1767225600,
			"identity_source": "GOOGLE", "google": {"access_levels": ["accessPolicies/1/accessLevels/office"]}}`,
		subject: "accounts.google.com:10769150350006150715", audience: []string{"/projects/1234/global/backendServices/5678"},
		required: "iss exp aud sub iat", optional: "email hd azp google identity_source",
		otherTypes: []string{"JWT", "jwt"}, refusedTypes: []string{"at+jwt", "dpop+jwt"},
		nearMisses: map[string]nearMiss{
			"of Google's own sign-in": {claims{"iss": "https://accounts.google.example"}, jwt.ReasonIssuer},
			"for another back end":    {claims{"aud": "/projects/1234/global/backendServices/1"}, jwt.ReasonAudience},
			"an external identity":    {claims{"sub": "securetoken.google.com/shop-1234:7TyRH07q7t"}, jwt.ReasonClaimType},
		},
	},
	{
		name: "CloudflareAccess", profile: jwt.CloudflareAccess,
		issuer:    "https://shop.cloudflareaccess.example",
		audiences: []string{"32eafc7626e974616deaf0dc3ce63d7bcbed58a2731e84d06bc3cdf1b53c4228"},
		header:    `{"typ": "JWT"}`,
		access: `{
			"aud": ["32eafc7626e974616deaf0dc3ce63d7bcbed58a2731e84d06bc3cdf1b53c4228"], "email": "jane@shop.example",
			"exp": 1767225900, "iat": 1767225600, "nbf": 1767225600, "iss": "https://shop.cloudflareaccess.example",
			"type": "app", "identity_nonce": "6ei69kawdKzMIAPF", "sub": "7335d417-61da-459d-899c-0a01c76a2f94",
			"country": "CH"}`,
		subject:  "7335d417-61da-459d-899c-0a01c76a2f94",
		audience: []string{"32eafc7626e974616deaf0dc3ce63d7bcbed58a2731e84d06bc3cdf1b53c4228"},
		required: "iss exp aud iat", optional: "email nbf identity_nonce country",
		otherTypes: []string{"jwt"}, refusedTypes: []string{"", "at+jwt", "dpop+jwt"},
		acceptedVariations: map[string]claims{
			"of a service token": {"sub": "", "common_name": "e367826f93b8d71185e03fe518aff3b4.access", "email": nil,
				"identity_nonce": nil, "nbf": nil, "country": nil},
		},
		nearMisses: map[string]nearMiss{
			"of the team's session":         {claims{"type": "org"}, jwt.ReasonType},
			"of no type":                    {claims{"type": nil}, jwt.ReasonType},
			"of nobody":                     {claims{"sub": ""}, jwt.ReasonMissingClaim},
			"for another application":       {claims{"aud": []string{"97e2aae1"}}, jwt.ReasonAudience},
			"of another team":               {claims{"iss": "https://evil.cloudflareaccess.example"}, jwt.ReasonIssuer},
			"ID token for a hosted service": {claims{"nonce": "n"}, jwt.ReasonType},
		},
	},
	{
		name: "FirebaseIDToken", profile: jwt.FirebaseIDToken,
		issuer: "https://securetoken.google.example/shop-1234", audiences: []string{"shop-1234"},
		header: `{"typ": "JWT"}`,
		access: `{
			"iss": "https://securetoken.google.example/shop-1234", "aud": "shop-1234", "auth_time": 1767225590,
			"user_id": "7TyRH07q7tW01IDlTVnOu2MGHKf1", "sub": "7TyRH07q7tW01IDlTVnOu2MGHKf1", "iat": 1767225600,
			"exp": 1767229200, "email": "jane@shop.example", "email_verified": true, "roles": ["clerk"],
			"firebase": {"identities": {"email": ["jane@shop.example"]}, "sign_in_provider": "password"}}`,
		subject: "7TyRH07q7tW01IDlTVnOu2MGHKf1", audience: []string{"shop-1234"}, roles: "clerk",
		required: "iss exp aud sub iat auth_time", present: "firebase", optional: "user_id email roles",
		otherTypes: []string{"jwt"}, refusedTypes: []string{"", "at+jwt", "dpop+jwt"},
		nearMisses: map[string]nearMiss{
			"a session cookie":        {claims{"iss": "https://session.firebase.google.example/shop-1234"}, jwt.ReasonIssuer},
			"of another project":      {claims{"iss": "https://securetoken.google.example/other"}, jwt.ReasonIssuer},
			"of Google's own sign-in": {claims{"at_hash": "HK6E_P6Dh8Y93mRNtsDB1Q"}, jwt.ReasonType},
		},
	},
}
