package jwt_test

import "example.com/resourceserver/jwt"

var services = []vendor{
	{
		name: "Auth0", profile: jwt.Auth0,
		issuer: "https://shop.eu.auth0.example/", audiences: []string{"https://api.example/orders", "k9Qx2fVb0cTz"},
		header: `{"typ": "JWT"}`,
		access: `{
			"iss": "https://shop.eu.auth0.example/", "sub": "auth0|65f0c0ffee",
			"aud": ["https://api.example/orders", "https://shop.eu.auth0.example/userinfo"],
			"azp": "k9Qx2fVb0cTz", "iat": 1767225600, "exp": 1767312000, "scope": "openid read:orders",
			"permissions": ["read:orders", "refund:orders"], "https://shop.example/roles": ["clerk"]}`,
		idTokens: map[string]idToken{
			"of a sign-in": {`{
				"iss": "https://shop.eu.auth0.example/", "sub": "auth0|65f0c0ffee", "aud": "k9Qx2fVb0cTz",
				"iat": 1767225600, "exp": 1767261600, "nonce": "c3RhdGU", "sid": "WFfXk1",
				"name": "Jane Doe", "nickname": "jane", "email": "jane@shop.example"}`, jwt.ReasonType, "nonce"},
			"without nonce": {`{
				"iss": "https://shop.eu.auth0.example/", "sub": "auth0|65f0c0ffee", "aud": "k9Qx2fVb0cTz",
				"iat": 1767225600, "exp": 1767261600, "sid": "WFfXk1", "name": "Jane Doe"}`, jwt.ReasonMissingClaim, "azp"},
			"of the hybrid flow": {`{
				"iss": "https://shop.eu.auth0.example/", "sub": "auth0|65f0c0ffee", "aud": "k9Qx2fVb0cTz",
				"iat": 1767225600, "exp": 1767261600, "c_hash": "LDktKdoQak3Pk0cnXxCltA", "name": "Jane Doe"}`, jwt.ReasonType,
				"c_hash"},
		},
		subject: "auth0|65f0c0ffee", client: "k9Qx2fVb0cTz", scopes: "openid read:orders",
		audience:     []string{"https://api.example/orders", "https://shop.eu.auth0.example/userinfo"},
		entitlements: "read:orders refund:orders",
		required:     "iss exp aud sub azp iat", optional: "scope permissions",
		otherTypes: []string{"jwt"}, refusedTypes: []string{"", "at+jwt", "logout+jwt", "dpop+jwt"},
		acceptedVariations: map[string]claims{
			"of a machine": {"sub": "k9Qx2fVb0cTz@clients", "aud": "https://api.example/orders", "gty": "client-credentials",
				"scope": nil},
		},
		nearMisses: map[string]nearMiss{
			"client_id instead of azp": {claims{"azp": nil, "client_id": "k9Qx2fVb0cTz"}, jwt.ReasonMissingClaim},
			"with at_hash":             {claims{"at_hash": "HK6E_P6Dh8Y93mRNtsDB1Q"}, jwt.ReasonType},
			"issuer without the slash": {claims{"iss": "https://shop.eu.auth0.example"}, jwt.ReasonIssuer},
		},
	},
	{
		name: "Okta", profile: jwt.Okta,
		issuer: "https://shop.okta.example/oauth2/default", audiences: []string{"api://default", "0oa1nwebapp"},
		header: `{}`,
		access: `{
			"ver": 1, "jti": "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE",
			"iss": "https://shop.okta.example/oauth2/default", "aud": "api://default",
			"iat": 1767225600, "exp": 1767229200, "auth_time": 1767225590, "cid": "0oa1nwebapp", "uid": "00ujane",
			"scp": ["openid", "orders"], "sub": "jane@shop.example", "groups": ["Everyone", "Staff"]}`,
		idTokens: map[string]idToken{
			"of a sign-in": {`{
				"ver": 1, "sub": "00ujane", "iss": "https://shop.okta.example/oauth2/default", "aud": "0oa1nwebapp",
				"iat": 1767225600, "exp": 1767229200, "jti": "ID.4eAWJOCMB3SX8XewDfVR", "amr": ["pwd"],
				"idp": "00oidp", "nonce": "n-0S6", "auth_time": 1767225590, "at_hash": "cpqKfdQA5eH891Ff5oJr_Q",
				"name": "Jane Doe"}`, jwt.ReasonType, "nonce"},
			"without nonce": {`{
				"ver": 1, "sub": "00ujane", "iss": "https://shop.okta.example/oauth2/default", "aud": "0oa1nwebapp",
				"iat": 1767225600, "exp": 1767229200, "jti": "ID.4eAWJOCMB3SX8XewDfVR", "amr": ["pwd"],
				"idp": "00oidp", "auth_time": 1767225590, "name": "Jane Doe"}`, jwt.ReasonMissingClaim, "cid"},
		},
		subject: "jane@shop.example", client: "0oa1nwebapp", id: "AT.0mP4JKAZX1iACIT4vbEDF7LpvDVjxypPMf0D7uX39RE",
		scopes: "openid orders", audience: []string{"api://default"}, groups: "Everyone Staff",
		required: "iss exp aud sub cid iat jti scp", optional: "uid groups auth_time",
		otherTypes:   []string{"at+jwt"},
		refusedTypes: []string{"JWT", "application/okta-internal-at+jwt", "okta-internal-at+jwt", "dpop+jwt"},
		acceptedVariations: map[string]claims{
			"of a service": {"sub": "0oa1nwebapp", "uid": nil, "groups": nil, "auth_time": nil},
		},
		nearMisses: map[string]nearMiss{
			"of the org authorization server": {claims{"iss": "https://shop.okta.example", "aud": "https://shop.okta.example"},
				jwt.ReasonIssuer},
			"no scopes":                {claims{"scp": []string{}}, jwt.ReasonMissingClaim},
			"client_id instead of cid": {claims{"cid": nil, "client_id": "0oa1nwebapp"}, jwt.ReasonMissingClaim},
		},
	},
	{
		name: "EntraID", profile: jwt.EntraID,
		issuer:    "https://login.microsoftonline.example/7f1c2d3e-aaaa-4bbb-8ccc-0123456789ab/v2.0",
		audiences: []string{"6e74172b-be56-4843-9ff4-e66a39bb12e3"},
		header:    `{"typ": "JWT"}`,
		access: `{
			"aud": "6e74172b-be56-4843-9ff4-e66a39bb12e3",
			"iss": "https://login.microsoftonline.example/7f1c2d3e-aaaa-4bbb-8ccc-0123456789ab/v2.0",
			"iat": 1767225600, "nbf": 1767225600, "exp": 1767229500, "aio": "AXQAi/8IAAAA",
			"azp": "1f5c1d0e-5b0f-4a55-8c7e-2f3f4b5a6c7d", "azpacr": "0", "name": "Jane Doe",
			"oid": "690222be-ff1a-4d56-abd1-7e4f7d38e474", "preferred_username": "jane@shop.example", "rh": "0.ARoA",
			"scp": "Orders.Read Orders.Write", "roles": ["Clerk"], "groups": ["c0f6a6a5-13bb-4a3d-9c4e-5d2f0b6e7a81"],
			"sub": "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ", "tid": "7f1c2d3e-aaaa-4bbb-8ccc-0123456789ab",
			"uti": "fqiBqXLPj0eQa82S-IYFAA", "ver": "2.0"}`,
		idTokens: map[string]idToken{
			"of an app that is its own API": {`{
				"aud": "6e74172b-be56-4843-9ff4-e66a39bb12e3",
				"iss": "https://login.microsoftonline.example/7f1c2d3e-aaaa-4bbb-8ccc-0123456789ab/v2.0",
				"iat": 1767225600, "nbf": 1767225600, "exp": 1767229500, "aio": "AXQAi/8IAAAA", "name": "Jane Doe",
				"nonce": "12345", "oid": "690222be-ff1a-4d56-abd1-7e4f7d38e474", "roles": ["Clerk"], "rh": "0.ARoA",
				"sub": "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ", "tid": "7f1c2d3e-aaaa-4bbb-8ccc-0123456789ab",
				"uti": "fqiBqXLPj0eQa82S-IYFAA", "ver": "2.0"}`, jwt.ReasonType, "nonce"},
			"without nonce": {`{
				"aud": "6e74172b-be56-4843-9ff4-e66a39bb12e3",
				"iss": "https://login.microsoftonline.example/7f1c2d3e-aaaa-4bbb-8ccc-0123456789ab/v2.0",
				"iat": 1767225600, "nbf": 1767225600, "exp": 1767229500, "roles": ["Clerk"],
				"sub": "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ", "tid": "7f1c2d3e-aaaa-4bbb-8ccc-0123456789ab",
				"uti": "fqiBqXLPj0eQa82S-IYFAA", "ver": "2.0"}`, jwt.ReasonMissingClaim, "azp"},
		},
		subject: "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ", client: "1f5c1d0e-5b0f-4a55-8c7e-2f3f4b5a6c7d",
		id: "fqiBqXLPj0eQa82S-IYFAA", scopes: "Orders.Read Orders.Write",
		audience: []string{"6e74172b-be56-4843-9ff4-e66a39bb12e3"},
		groups:   "c0f6a6a5-13bb-4a3d-9c4e-5d2f0b6e7a81", roles: "Clerk",
		required: "iss exp aud sub azp iat", optional: "scp roles groups uti nbf oid",
		otherTypes: []string{"jwt"}, refusedTypes: []string{"", "at+jwt", "dpop+jwt"},
		acceptedVariations: map[string]claims{
			"of an application": {"scp": nil, "idtyp": "app", "sub": "690222be-ff1a-4d56-abd1-7e4f7d38e474"},
		},
		nearMisses: map[string]nearMiss{
			"version 1.0":         {claims{"ver": "1.0"}, jwt.ReasonType},
			"no version":          {claims{"ver": nil}, jwt.ReasonType},
			"uti of a wrong type": {claims{"uti": 7}, jwt.ReasonClaimType},
			"appid instead of azp": {claims{"azp": nil, "appid": "1f5c1d0e-5b0f-4a55-8c7e-2f3f4b5a6c7d"},
				jwt.ReasonMissingClaim},
			"of another tenant": {claims{
				"iss": "https://login.microsoftonline.example/00000000-aaaa-4bbb-8ccc-0123456789ab/v2.0",
			}, jwt.ReasonIssuer},
			"for Graph": {claims{"aud": "00000003-0000-0000-c000-000000000000"}, jwt.ReasonAudience},
		},
	},
	{
		name: "EntraIDv1", profile: jwt.EntraIDv1,
		issuer:    "https://sts.windows.example/7f1c2d3e-aaaa-4bbb-8ccc-0123456789ab/",
		audiences: []string{"api://shop", "6e74172b-be56-4843-9ff4-e66a39bb12e3"},
		header:    `{"typ": "JWT", "x5t": "i6lGk3FZzxRcUb2C3nEQ7syHJlY"}`,
		access: `{
			"aud": "api://shop", "iss": "https://sts.windows.example/7f1c2d3e-aaaa-4bbb-8ccc-0123456789ab/",
			"iat": 1767225600, "nbf": 1767225600, "exp": 1767229500, "acr": "1", "aio": "AXQAi/8IAAAA",
			"amr": ["pwd", "mfa"], "appid": "1f5c1d0e-5b0f-4a55-8c7e-2f3f4b5a6c7d", "appidacr": "0",
			"ipaddr": "192.0.2.7", "oid": "690222be-ff1a-4d56-abd1-7e4f7d38e474", "scp": "Orders.Read", "roles": ["Clerk"],
			"sub": "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ", "tid": "7f1c2d3e-aaaa-4bbb-8ccc-0123456789ab",
			"unique_name": "jane@shop.example", "uti": "fqiBqXLPj0eQa82S-IYFAA", "ver": "1.0"}`,
		idTokens: map[string]idToken{
			"of an app that is its own API": {`{
				"aud": "6e74172b-be56-4843-9ff4-e66a39bb12e3",
				"iss": "https://sts.windows.example/7f1c2d3e-aaaa-4bbb-8ccc-0123456789ab/",
				"iat": 1767225600, "nbf": 1767225600, "exp": 1767229500, "amr": ["pwd"], "name": "Jane Doe",
				"nonce": "12345", "oid": "690222be-ff1a-4d56-abd1-7e4f7d38e474", "roles": ["Clerk"],
				"sub": "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ", "tid": "7f1c2d3e-aaaa-4bbb-8ccc-0123456789ab",
				"unique_name": "jane@shop.example", "uti": "fqiBqXLPj0eQa82S-IYFAA", "ver": "1.0"}`, jwt.ReasonType, "nonce"},
			"without nonce": {`{
				"aud": "6e74172b-be56-4843-9ff4-e66a39bb12e3",
				"iss": "https://sts.windows.example/7f1c2d3e-aaaa-4bbb-8ccc-0123456789ab/",
				"iat": 1767225600, "nbf": 1767225600, "exp": 1767229500, "amr": ["pwd"], "roles": ["Clerk"],
				"sub": "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ", "ver": "1.0"}`, jwt.ReasonMissingClaim, "appid"},
		},
		subject: "HKZpfaHyWadeOouYlitjrI-KffTm222X5rrV3xDqfKQ", client: "1f5c1d0e-5b0f-4a55-8c7e-2f3f4b5a6c7d",
		id: "fqiBqXLPj0eQa82S-IYFAA", scopes: "Orders.Read", audience: []string{"api://shop"}, roles: "Clerk",
		required: "iss exp aud sub appid iat", optional: "scp roles uti nbf oid amr",
		otherTypes: []string{"jwt"}, refusedTypes: []string{"", "at+jwt", "dpop+jwt"},
		acceptedVariations: map[string]claims{
			"addressed by client ID": {"aud": "6e74172b-be56-4843-9ff4-e66a39bb12e3"},
		},
		nearMisses: map[string]nearMiss{
			"version 2.0":         {claims{"ver": "2.0"}, jwt.ReasonType},
			"version as a number": {claims{"ver": 1}, jwt.ReasonType},
			"azp instead of appid": {claims{"appid": nil, "azp": "1f5c1d0e-5b0f-4a55-8c7e-2f3f4b5a6c7d"},
				jwt.ReasonMissingClaim},
		},
	},
	{
		name: "Cognito", profile: jwt.Cognito,
		issuer:    "https://cognito-idp.eu-west-1.amazonaws.example/eu-west-1_Sh0p",
		audiences: []string{"57cbishk4j24pabc", "https://api.example/orders"},
		header:    `{}`,
		access: `{
			"sub": "c2e5e4f4-1081-70d3-8f2b-5f6f2a0c9b1e", "device_key": "eu-west-1_2f0a", "cognito:groups": ["staff"],
			"iss": "https://cognito-idp.eu-west-1.amazonaws.example/eu-west-1_Sh0p", "version": 2,
			"client_id": "57cbishk4j24pabc", "origin_jti": "9f7bd3a1-0b1c-4d2e-8f3a-4b5c6d7e8f90",
			"event_id": "64f513be-32db-42b0-b78e-b02127b4f463", "token_use": "access", "scope": "openid orders/read",
			"auth_time": 1767225590, "exp": 1767229200, "iat": 1767225600,
			"jti": "8ae0d0c4-91f4-4e58-95a5-4be1ad1f5f01", "username": "jane"}`,
		idTokens: map[string]idToken{
			"of a sign-in": {`{
				"sub": "c2e5e4f4-1081-70d3-8f2b-5f6f2a0c9b1e", "cognito:groups": ["staff"], "email_verified": true,
				"cognito:roles": ["arn:aws:iam::111122223333:role/staff"], "cognito:username": "jane",
				"iss": "https://cognito-idp.eu-west-1.amazonaws.example/eu-west-1_Sh0p", "nonce": "abcdefg",
				"origin_jti": "9f7bd3a1-0b1c-4d2e-8f3a-4b5c6d7e8f90", "aud": "57cbishk4j24pabc", "token_use": "id",
				"auth_time": 1767225590, "exp": 1767229200, "iat": 1767225600,
				"jti": "5b9f50a3-05da-454a-8b99-b79c2349de77", "email": "jane@shop.example"}`, jwt.ReasonType, "token_use"},
		},
		subject: "c2e5e4f4-1081-70d3-8f2b-5f6f2a0c9b1e", client: "57cbishk4j24pabc",
		id: "8ae0d0c4-91f4-4e58-95a5-4be1ad1f5f01", scopes: "openid orders/read",
		audience: []string{"57cbishk4j24pabc"}, groups: "staff",
		required: "iss exp sub client_id iat jti", optional: "scope cognito:groups username origin_jti",
		otherTypes: []string{"at+jwt"}, refusedTypes: []string{"JWT", "id_token+jwt", "dpop+jwt"},
		acceptedVariations: map[string]claims{
			"of a machine":           {"sub": "57cbishk4j24pabc", "username": nil, "cognito:groups": nil},
			"bound to this resource": {"aud": "https://api.example/orders", "client_id": "7unknown"},
		},
		nearMisses: map[string]nearMiss{
			"bound to another resource": {claims{"aud": "https://api.example/invoices"}, jwt.ReasonAudience},
			"of another app client":     {claims{"client_id": "7unknown"}, jwt.ReasonAudience},
			"bound, of no client":       {claims{"aud": "https://api.example/orders", "client_id": nil}, jwt.ReasonMissingClaim},
			"token_use absent":          {claims{"token_use": nil}, jwt.ReasonType},
			"token_use in capitals":     {claims{"token_use": "ACCESS"}, jwt.ReasonType},
			"of another pool": {claims{"iss": "https://cognito-idp.eu-west-1.amazonaws.example/eu-west-1_0ther"},
				jwt.ReasonIssuer},
		},
	},
	{
		name: "PingOne", profile: jwt.PingOne,
		issuer:    "https://auth.pingone.example/c2c2c4f8-4b4f-4a4e-9a4e-6e74172bbe56/as",
		audiences: []string{"https://api.example/orders", "3b7b5d9c-web"},
		header:    `{}`,
		access: `{
			"iss": "https://auth.pingone.example/c2c2c4f8-4b4f-4a4e-9a4e-6e74172bbe56/as", "client_id": "3b7b5d9c-web",
			"sub": "60d5a6f5-9f3c-4e5b-8ad4-6c4d2f1e0b9a", "aud": ["https://api.example/orders"], "scope": "orders refund",
			"iat": 1767225600, "exp": 1767229200, "auth_time": 1767225590, "acr": "Single_Factor", "sid": "d2b8a8f0"}`,
		idTokens: map[string]idToken{
			"of a sign-in": {`{
				"iss": "https://auth.pingone.example/c2c2c4f8-4b4f-4a4e-9a4e-6e74172bbe56/as", "aud": "3b7b5d9c-web",
				"sub": "60d5a6f5-9f3c-4e5b-8ad4-6c4d2f1e0b9a", "iat": 1767225600, "exp": 1767229200, "acr": "Single_Factor",
				"amr": ["pwd"], "auth_time": 1767225590, "at_hash": "JyMVmkVDihFu5cignwASQQ", "nonce": "n-0S6",
				"sid": "d2b8a8f0", "name": "Jane Doe"}`, jwt.ReasonType, ""},
			"without nonce": {`{
				"iss": "https://auth.pingone.example/c2c2c4f8-4b4f-4a4e-9a4e-6e74172bbe56/as", "aud": "3b7b5d9c-web",
				"sub": "60d5a6f5-9f3c-4e5b-8ad4-6c4d2f1e0b9a", "iat": 1767225600, "exp": 1767229200, "acr": "Single_Factor",
				"auth_time": 1767225590, "sid": "d2b8a8f0"}`, jwt.ReasonMissingClaim, ""},
		},
		subject: "60d5a6f5-9f3c-4e5b-8ad4-6c4d2f1e0b9a", client: "3b7b5d9c-web", scopes: "orders refund",
		audience: []string{"https://api.example/orders"},
		required: "iss exp aud client_id iat scope", optional: "sub auth_time acr sid",
		otherTypes: []string{"at+jwt", "application/at+jwt"}, refusedTypes: []string{"JWT", "dpop+jwt"},
		acceptedVariations: map[string]claims{
			"of a machine": {"sub": nil, "auth_time": nil, "acr": nil, "sid": nil, "client_id": "5c1d-batch"},
		},
		nearMisses: map[string]nearMiss{
			"of a machine that is not named":   {claims{"sub": nil, "client_id": nil}, jwt.ReasonMissingClaim},
			"for the platform, without scopes": {claims{"scope": ""}, jwt.ReasonMissingClaim},
			"of another environment": {claims{"iss": "https://auth.pingone.example/00000000-4b4f-4a4e-9a4e-6e74172bbe56/as"},
				jwt.ReasonIssuer},
		},
	},
	{
		name: "Clerk", profile: jwt.Clerk,
		issuer: "https://clerk.shop.example", audiences: []string{"https://shop.example", "shop-web"}, audienceClaim: "azp",
		header: `{"typ": "JWT"}`,
		access: `{
			"azp": "https://shop.example", "exp": 1767225690, "iat": 1767225600, "nbf": 1767225590, "jti": "1234567890",
			"iss": "https://clerk.shop.example", "sid": "sess_123", "sub": "user_123", "v": 2, "sts": "active",
			"fva": [7, -1], "pla": "u:free,o:pro", "fea": "o:dashboard,o:teams",
			"o": {"id": "org_123", "slg": "shop", "rol": "admin", "per": "manage,read", "fpm": "3,2"}}`,
		idTokens: map[string]idToken{
			"of its OAuth server": {`{
				"iss": "https://clerk.shop.example", "aud": "shop-web", "azp": "shop-web", "sub": "user_123", "exp": 1767229200,
				"iat": 1767225600, "at_hash": "JyMVmkVDihFu5cignwASQQ", "nonce": "n", "sid": "sess_123"}`, jwt.ReasonType, ""},
		},
		subject: "user_123", client: "https://shop.example", id: "1234567890", audience: []string{"https://shop.example"},
		roles: "admin", required: "iss exp azp sub iat", present: "sid v", optional: "jti nbf fva pla fea o",
		otherTypes: []string{"jwt"}, refusedTypes: []string{"", "at+jwt", "dpop+jwt"},
		acceptedVariations: map[string]claims{
			"with an audience of its own": {"aud": "https://elsewhere.example"},
		},
		nearMisses: map[string]nearMiss{
			"of a pending session":       {claims{"sts": "pending"}, jwt.ReasonType},
			"of a template":              {claims{"sid": nil, "v": nil, "sts": nil}, jwt.ReasonType},
			"of version 1":               {claims{"v": nil, "sts": nil, "o": nil, "org_role": "org:admin"}, jwt.ReasonType},
			"of another page":            {claims{"azp": "https://evil.example"}, jwt.ReasonAudience},
			"of a browser that hides it": {claims{"azp": nil}, jwt.ReasonMissingClaim},
		},
	},
	{
		name: "Supabase", profile: jwt.Supabase,
		issuer: "https://abcdefghijklmnopqrst.supabase.example/auth/v1", audiences: []string{"authenticated", "shop-web"},
		header: `{"typ": "JWT"}`,
		access: `{
			"aal": "aal1", "amr": [{"method": "password", "timestamp": 1767225590}],
			"app_metadata": {"provider": "email", "providers": ["email"], "roles": ["clerk"]}, "aud": "authenticated",
			"email": "jane@shop.example", "exp": 1767229200, "iat": 1767225600,
			"iss": "https://abcdefghijklmnopqrst.supabase.example/auth/v1", "phone": "", "role": "authenticated",
			"session_id": "b1c6f7d0-2a55-4f43-9c07-58c9a1c1a9b1", "sub": "123e4567-e89b-12d3-a456-426614174000",
			"user_metadata": {"name": "Jane Doe", "roles": ["admin"]}, "is_anonymous": false}`,
		idTokens: map[string]idToken{
			"of its OAuth server": {`{
				"iss": "https://abcdefghijklmnopqrst.supabase.example/auth/v1", "aud": "shop-web",
				"sub": "123e4567-e89b-12d3-a456-426614174000", "exp": 1767229200, "iat": 1767225600, "auth_time": 1767225590,
				"email": "jane@shop.example", "email_verified": true}`, jwt.ReasonMissingClaim, ""},
			"with nonce": {`{
				"iss": "https://abcdefghijklmnopqrst.supabase.example/auth/v1", "aud": "shop-web", "nonce": "n",
				"sub": "123e4567-e89b-12d3-a456-426614174000", "exp": 1767229200, "iat": 1767225600}`, jwt.ReasonType, "nonce"},
		},
		subject: "123e4567-e89b-12d3-a456-426614174000", audience: []string{"authenticated"}, roles: "authenticated",
		required: "iss exp aud sub iat", present: "session_id role",
		optional:   "aal amr email app_metadata phone is_anonymous",
		otherTypes: []string{"jwt"}, refusedTypes: []string{"", "at+jwt", "dpop+jwt"},
		acceptedVariations: map[string]claims{
			"of its OAuth server": {"client_id": "9a8b7c6d", "scope": "openid email", "aud": []string{"authenticated"}},
		},
		nearMisses: map[string]nearMiss{
			"the key anon": {claims{"iss": "supabase", "ref": "abcdefghijklmnopqrst", "role": "anon", "aud": nil, "sub": nil,
				"session_id": nil}, jwt.ReasonIssuer},
			"the key service_role": {claims{"iss": "supabase", "role": "service_role", "aud": nil, "sub": nil},
				jwt.ReasonIssuer},
			"for nobody": {claims{"aud": "anon", "role": "anon"}, jwt.ReasonAudience},
		},
	},
}
