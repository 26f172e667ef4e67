package jwt_test

import "example.com/resourceserver/jwt"

var servers = []vendor{
	{
		name: "Keycloak", profile: jwt.Keycloak,
		issuer: "https://id.example/realms/shop", audiences: []string{"shop-api", "shop-web"},
		header: `{"typ": "JWT"}`,
		access: `{
			"exp": 1767225900, "iat": 1767225600, "auth_time": 1767225590,
			"jti": "onrtac:5f1d8a52-6c1e-4c66-9c1f-0d3a1b8e7f10", "iss": "https://id.example/realms/shop",
			"aud": ["shop-api", "account"], "sub": "8befeac4-8963-49da-a9ac-f310e8d922d8", "typ": "Bearer",
			"azp": "shop-web", "sid": "54db1502-a5dc-4a27-af62-eeef0694a628", "acr": "1",
			"allowed-origins": ["https://shop.example"],
			"realm_access": {"roles": ["offline_access", "clerk"]},
			"resource_access": {"shop-api": {"roles": ["refund"]}, "account": {"roles": ["view-profile"]}},
			"scope": "orders profile", "email_verified": true, "groups": ["/staff"], "preferred_username": "jane"}`,
		idTokens: map[string]idToken{
			"of a sign-in": {`{
				"exp": 1767225900, "iat": 1767225600, "auth_time": 1767225590,
				"jti": "d2b8a8f0-90c9-4c2b-a6c6-0ad2b3f9d0a7", "iss": "https://id.example/realms/shop",
				"aud": "shop-web", "sub": "8befeac4-8963-49da-a9ac-f310e8d922d8", "typ": "ID",
				"azp": "shop-web", "nonce": "Dgm3-itbf", "sid": "54db1502-a5dc-4a27-af62-eeef0694a628",
				"at_hash": "JyMVmkVDihFu5cignwASQQ", "acr": "1", "preferred_username": "jane"}`, jwt.ReasonType, "typ"},
			"logout token": {`{
				"exp": 1767225900, "iat": 1767225600, "jti": "0c4f3b3e-7f3f-4b39-a4a4-0f5b1f1f2f3c",
				"iss": "https://id.example/realms/shop", "aud": "shop-web", "azp": "shop-web",
				"sub": "8befeac4-8963-49da-a9ac-f310e8d922d8", "typ": "Logout", "sid": "54db1502-a5dc-4a27-af62-eeef0694a628",
				"events": {"http://schemas.openid.net/event/backchannel-logout": {}}}`, jwt.ReasonType, "typ"},
		},
		subject: "8befeac4-8963-49da-a9ac-f310e8d922d8", client: "shop-web",
		id: "onrtac:5f1d8a52-6c1e-4c66-9c1f-0d3a1b8e7f10", scopes: "orders profile",
		audience: []string{"shop-api", "account"}, groups: "/staff", roles: "clerk offline_access",
		required: "iss exp aud sub azp iat jti", optional: "scope realm_access groups",
		otherTypes: []string{"jwt", "at+jwt", "application/at+jwt"}, refusedTypes: []string{"", "logout+jwt", "dpop+jwt"},
		nearMisses: map[string]nearMiss{
			"typ of a refresh token":     {claims{"typ": "Offline"}, jwt.ReasonType},
			"typ of a DPoP-bound token":  {claims{"typ": "DPoP"}, jwt.ReasonType},
			"typ in another letter case": {claims{"typ": "bearer"}, jwt.ReasonType},
			"no claim typ":               {claims{"typ": nil}, jwt.ReasonType},
		},
	},
	{
		name: "Zitadel", profile: jwt.Zitadel,
		issuer: "https://id.example", audiences: []string{"69234237810729019", "69234237810729234"},
		header: `{"typ": "JWT"}`,
		access: `{
			"iss": "https://id.example", "sub": "77776025198584418", "aud": ["69234237810729234", "69234237810729019"],
			"exp": 1767268800, "iat": 1767225600, "nbf": 1767225600, "client_id": "69234237810729234",
			"jti": "V2_293847561029384756-at_293847561029384757", "urn:zitadel:iam:user:resourceowner:id": "org-1",
			"urn:zitadel:iam:org:project:roles": {"clerk": {"org-1": "shop.example"}, "owner": {"org-2": "other.example"}}}`,
		idTokens: map[string]idToken{
			"of a sign-in": {`{
				"iss": "https://id.example", "sub": "77776025198584418", "aud": ["69234237810729234", "69234237810729019"],
				"exp": 1767268800, "iat": 1767225600, "auth_time": 1767225590, "nonce": "blQtVEJH", "amr": ["pwd", "mfa"],
				"azp": "69234237810729234", "client_id": "69234237810729234", "at_hash": "JyMVmkVDihFu5cignwASQQ", "sid": "V1_1",
				"urn:zitadel:iam:org:project:roles": {"clerk": {"org-1": "shop.example"}}}`, jwt.ReasonType, ""},
			"without nonce, with a jti by an action": {`{
				"iss": "https://id.example", "sub": "77776025198584418", "aud": ["69234237810729234", "69234237810729019"],
				"exp": 1767268800, "iat": 1767225600, "auth_time": 1767225590, "amr": ["pwd"], "jti": "j",
				"azp": "69234237810729234", "client_id": "69234237810729234"}`, jwt.ReasonType, ""},
			"without traces of the sign-in": {`{
				"iss": "https://id.example", "sub": "77776025198584418", "aud": ["69234237810729234", "69234237810729019"],
				"exp": 1767268800, "iat": 1767225600, "azp": "69234237810729234", "client_id": "69234237810729234"}`,
				jwt.ReasonMissingClaim, "jti"},
		},
		subject: "77776025198584418", client: "69234237810729234", id: "V2_293847561029384756-at_293847561029384757",
		audience: []string{"69234237810729234", "69234237810729019"}, roles: "clerk owner",
		required: "iss exp aud sub client_id iat jti", optional: "nbf urn:zitadel:iam:org:project:roles",
		otherTypes: []string{"jwt"}, refusedTypes: []string{"", "at+jwt", "logout+jwt"}, differsInTypeAlone: true,
		acceptedVariations: map[string]claims{
			"of a machine": {"sub": "1234", "client_id": "shop-batch", "urn:zitadel:iam:org:project:roles": nil},
		},
		nearMisses: map[string]nearMiss{
			"of a sign-in at some time": {claims{"auth_time": 1767225590}, jwt.ReasonType},
			"by some method":            {claims{"amr": []string{"pwd"}}, jwt.ReasonType},
			"of another project":        {claims{"aud": []string{"1", "2"}}, jwt.ReasonAudience},
		},
	},
	{
		name: "Authentik", profile: jwt.Authentik,
		issuer: "https://id.example/application/o/shop/", audiences: []string{"y1TQ2mBc"},
		header: `{"typ": "JWT"}`,
		access: `{
			"iss": "https://id.example/application/o/shop/", "sub": "5f1d8a526c1e4c66", "aud": "y1TQ2mBc",
			"exp": 1767229200, "iat": 1767225600, "auth_time": 1767225590, "acr": "goauthentik.io/providers/oauth2/default",
			"amr": ["pwd", "mfa"], "sid": "9f86d081884c7d65", "email": "jane@shop.example", "name": "Jane Doe",
			"groups": ["staff"], "azp": "y1TQ2mBc", "uid": "0qf9Zt8m"}`,
		idTokens: map[string]idToken{
			"of a sign-in": {`{
				"iss": "https://id.example/application/o/shop/", "sub": "5f1d8a526c1e4c66", "aud": "y1TQ2mBc",
				"exp": 1767229200, "iat": 1767225600, "auth_time": 1767225590, "nonce": "n-0S6", "amr": ["pwd"],
				"acr": "goauthentik.io/providers/oauth2/default", "at_hash": "JyMVmkVDihFu5cignwASQQ", "sid": "9f86d081884c7d65",
				"groups": ["staff"]}`, jwt.ReasonType, "at_hash"},
			"without at_hash": {`{
				"iss": "https://id.example/application/o/shop/", "sub": "5f1d8a526c1e4c66", "aud": "y1TQ2mBc",
				"exp": 1767229200, "iat": 1767225600, "auth_time": 1767225590, "amr": ["pwd"],
				"acr": "goauthentik.io/providers/oauth2/default", "groups": ["staff"]}`, jwt.ReasonMissingClaim, ""},
			"with azp by a mapping": {`{
				"iss": "https://id.example/application/o/shop/", "sub": "5f1d8a526c1e4c66", "aud": "y1TQ2mBc", "azp": "y1TQ2mBc",
				"exp": 1767229200, "iat": 1767225600, "auth_time": 1767225590, "amr": ["pwd"]}`, jwt.ReasonMissingClaim, "uid"},
		},
		subject: "5f1d8a526c1e4c66", client: "y1TQ2mBc", id: "0qf9Zt8m", audience: []string{"y1TQ2mBc"}, groups: "staff",
		required: "iss exp aud sub azp uid iat", optional: "auth_time acr amr sid groups email",
		otherTypes: []string{"jwt"}, refusedTypes: []string{"", "at+jwt", "dpop+jwt"},
		acceptedVariations: map[string]claims{
			"of a machine": {"sub": "ak-shop-client_credentials", "sid": nil, "amr": nil, "groups": nil},
			"with nonce":   {"nonce": "n-0S6"},
		},
		nearMisses: map[string]nearMiss{
			"issuer without the slash": {claims{"iss": "https://id.example/application/o/shop"}, jwt.ReasonIssuer},
			"of another application":   {claims{"iss": "https://id.example/application/o/other/"}, jwt.ReasonIssuer},
		},
	},
	{
		name: "FusionAuth", profile: jwt.FusionAuth,
		issuer: "shop.example", audiences: []string{"85a03867-dccf-4882-adde-1a79aeec50df"},
		header: `{"typ": "JWT", "gty": ["authorization_code"]}`,
		access: `{
			"aud": "85a03867-dccf-4882-adde-1a79aeec50df", "exp": 1767229200, "iat": 1767225600, "iss": "shop.example",
			"sub": "00000000-0000-0001-0000-000000000000", "jti": "ffffffff-3f1c-4f6c-9c1f-0d3a1b8e7f10",
			"authenticationType": "PASSWORD", "email": "jane@shop.example", "email_verified": true,
			"applicationId": "85a03867-dccf-4882-adde-1a79aeec50df", "roles": ["clerk"], "scope": "openid orders",
			"auth_time": 1767225590, "tid": "30663132-6464-6665-3032-326466613934"}`,
		idTokens: map[string]idToken{
			"of a sign-in": {`{
				"aud": "85a03867-dccf-4882-adde-1a79aeec50df", "exp": 1767229200, "iat": 1767225600, "iss": "shop.example",
				"sub": "00000000-0000-0001-0000-000000000000", "jti": "eeeeeeee-3f1c-4f6c-9c1f-0d3a1b8e7f10",
				"authenticationType": "PASSWORD", "email": "jane@shop.example", "email_verified": true,
				"at_hash": "O4z7I-S8vNoPb0hzLbYxPQ", "scope": "openid orders", "sid": "f0e1", "auth_time": 1767225590,
				"tid": "30663132-6464-6665-3032-326466613934"}`, jwt.ReasonType, "at_hash"},
			"without at_hash": {`{
				"aud": "85a03867-dccf-4882-adde-1a79aeec50df", "exp": 1767229200, "iat": 1767225600, "iss": "shop.example",
				"sub": "00000000-0000-0001-0000-000000000000", "jti": "eeeeeeee-3f1c-4f6c-9c1f-0d3a1b8e7f10",
				"authenticationType": "PASSWORD", "scope": "openid orders"}`, jwt.ReasonMissingClaim, "applicationId"},
			"from before 1.24": {`{
				"aud": "85a03867-dccf-4882-adde-1a79aeec50df", "exp": 1767229200, "iat": 1767225600, "iss": "shop.example",
				"sub": "00000000-0000-0001-0000-000000000000", "jti": "eeeeeeee-3f1c-4f6c-9c1f-0d3a1b8e7f10",
				"applicationId": "85a03867-dccf-4882-adde-1a79aeec50df", "at_hash": "O4z7I-S8vNoPb0hzLbYxPQ",
				"authenticationType": "PASSWORD", "roles": ["clerk"]}`, jwt.ReasonType, "at_hash"},
		},
		subject: "00000000-0000-0001-0000-000000000000", client: "85a03867-dccf-4882-adde-1a79aeec50df",
		id: "ffffffff-3f1c-4f6c-9c1f-0d3a1b8e7f10", scopes: "openid orders", roles: "clerk",
		audience: []string{"85a03867-dccf-4882-adde-1a79aeec50df"},
		required: "iss exp aud sub applicationId iat jti", optional: "scope roles authenticationType auth_time tid",
		otherTypes: []string{"jwt"}, refusedTypes: []string{"", "at+jwt", "dpop+jwt"},
		nearMisses: map[string]nearMiss{
			"of another application": {claims{"aud": "other", "applicationId": "other"}, jwt.ReasonAudience},
			"of an entity":           {claims{"applicationId": nil, "permissions": []string{"read"}}, jwt.ReasonMissingClaim},
		},
	},
	{
		name: "Hydra", profile: jwt.Hydra,
		issuer:    "https://hydra.example/",
		audiences: []string{"https://api.example/orders", "64f78bf1-f388-4eeb-9fee-e7207226c6be"},
		header:    `{"typ": "JWT"}`,
		access: `{
			"aud": ["https://api.example/orders"], "client_id": "64f78bf1-f388-4eeb-9fee-e7207226c6be",
			"exp": 1767229200, "ext": {"groups": ["staff"], "roles": ["clerk"], "entitlements": ["refund"]},
			"iat": 1767225600, "iss": "https://hydra.example/", "jti": "3a9a1e0f-9f6a-4a9a-8a52-0d1f0a3c5b7e",
			"nbf": 1767225600, "scp": ["openid", "orders"], "sub": "jane"}`,
		idTokens: map[string]idToken{
			"of a sign-in": {`{
				"at_hash": "JyMVmkVDihFu5cignwASQQ", "aud": ["64f78bf1-f388-4eeb-9fee-e7207226c6be"], "auth_time": 1767225590,
				"exp": 1767229200, "iat": 1767225600, "iss": "https://hydra.example/", "nonce": "bm9uY2Vub25jZQ",
				"jti": "b1c6f7d0-2a55-4f43-9c07-58c9a1c1a9b1", "rat": 1767225580, "sid": "8e9b4f3a", "sub": "jane"}`,
				jwt.ReasonType, ""},
			"with client_id by the consent application": {`{
				"aud": ["64f78bf1-f388-4eeb-9fee-e7207226c6be"], "auth_time": 1767225590,
				"client_id": "64f78bf1-f388-4eeb-9fee-e7207226c6be",
				"exp": 1767229200, "iat": 1767225600, "iss": "https://hydra.example/",
				"jti": "b1c6f7d0-2a55-4f43-9c07-58c9a1c1a9b1", "rat": 1767225580, "sid": "8e9b4f3a", "sub": "jane"}`,
				jwt.ReasonType, "rat"},
			"refreshed, without rat": {`{
				"aud": ["64f78bf1-f388-4eeb-9fee-e7207226c6be"], "auth_time": 1767225590,
				"exp": 1767229200, "iat": 1767225600, "iss": "https://hydra.example/",
				"jti": "b1c6f7d0-2a55-4f43-9c07-58c9a1c1a9b1", "sid": "8e9b4f3a", "sub": "jane"}`, jwt.ReasonMissingClaim,
				"client_id"},
		},
		subject: "jane", client: "64f78bf1-f388-4eeb-9fee-e7207226c6be", id: "3a9a1e0f-9f6a-4a9a-8a52-0d1f0a3c5b7e",
		scopes: "openid orders", audience: []string{"https://api.example/orders"},
		groups: "staff", roles: "clerk", entitlements: "refund",
		required: "iss exp aud sub client_id iat jti", optional: "scp ext nbf",
		otherTypes: []string{"jwt"}, refusedTypes: []string{"", "at+jwt", "dpop+jwt"}, differsInTypeAlone: true,
		nearMisses: map[string]nearMiss{
			"no audience granted": {claims{"aud": []string{}}, jwt.ReasonAudience},
		},
	},
}
