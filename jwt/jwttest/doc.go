// Package jwttest is an issuer of access tokens for tests, and a client that they
// are bound to. The issuer serves metadata and a key set like a real one, signs any
// token a test can think of, and misbehaves on demand. Use it to test your own service: what the service does
// with the token of a stranger, with an expired one, and while its issuer is
// down, without a network and without a mock of the code that decides.
//
// # A protected handler
//
// Build the service as in production, with the issuer's URL, audience and
// client in the place of the real ones:
//
//	func TestProfile(t *testing.T) {
//		issuer := jwttest.NewIssuer(t)
//		api := httptest.NewServer(newAPI(issuer.URL(), issuer.Audience()))
//		defer api.Close()
//
//		token := issuer.Token(jwttest.Scope("profile"))
//		// send it as "Authorization: Bearer " + token, and expect 200
//
//		token = issuer.Token(jwttest.Scope("profile"), jwttest.ExpiresIn(-time.Hour))
//		// expect 401
//	}
//
// [NewIssuer] listens on loopback, and ends with the test. The package example
// is a complete program of this kind.
//
// # Tokens
//
// [Issuer.Token] gives a valid access token by RFC 9068; each option changes one
// thing about it. A test of a refusal so differs from the accepted token in one
// point, and cannot succeed for another reason:
//
//	issuer.Token(jwttest.Audience("https://other.example"))    // for another API
//	issuer.Token(jwttest.Without("sub"))                       // a claim missing
//	issuer.Token(jwttest.Claim("groups", []string{"staff"}))   // a claim more
//	issuer.Token(jwttest.Typ("JWT"))                           // not an access token
//	issuer.Token(jwttest.Tampered())                           // a broken signature
//	issuer.Token(jwttest.Unpublished())                        // a stranger's key
//	issuer.Token(jwttest.Alg("none"))                          // no signature at all
//	issuer.Token(jwttest.RawPayload(`{"iss":1e999}`))          // whatever you like
//
// # Keys
//
// An issuer starts with one key, for RS256 unless [FirstKey] says otherwise.
// [Issuer.Rotate] signs with a new one, [Issuer.Retire] withdraws an old one,
// [Issuer.Alter], [Issuer.PublishRaw] and [Issuer.SetJWKS] publish what no sane
// issuer would. Key pairs are reused when issuers close, so a suite pays for a
// slow RSA key once; no two open issuers share one.
//
// # Bound tokens
//
// [NewClient] makes a client with a key and a self-signed certificate. [BoundTo]
// binds a token to it, and [Client.Transport] sends what the client sends: a proof of
// possession for each request (RFC 9449), nonces included, and the certificate in TLS
// (RFC 8705). Whoever else has the token has a thief's chances:
//
//	client, thief := jwttest.NewClient(t), jwttest.NewClient(t)
//	token := issuer.Token(jwttest.Scope("profile"), jwttest.BoundTo(client))
//	request.Header.Set("Authorization", "DPoP "+token)
//	response, err := client.Transport(server.Client().Transport).RoundTrip(request) // expect 200
//	response, err = thief.Transport(server.Client().Transport).RoundTrip(request)   // expect 401
//
// The options that spoil tokens spoil proofs too. Give them to [Client.Transport], or
// to [Client.Proof] and send the proof yourself:
//
//	client.Proof("GET", url, token, jwttest.Claim("htm", "POST"))                   // for another method
//	client.Proof("GET", url+"/other", token)                                        // for another URI
//	client.Proof("GET", url, otherToken)                                            // for another token
//	client.Proof("GET", url, token, jwttest.IssuedAt(time.Now().Add(-time.Hour)))   // too old
//	client.Proof("GET", url, token, jwttest.Without("jti"))                         // a claim missing
//	client.Proof("GET", url, token, jwttest.Without("nonce"))                       // a nonce withheld
//	client.Proof("GET", url, token, jwttest.Header("jwk", thief.JWK()))             // another key named
//	client.Proof("GET", url, token, jwttest.Unpublished())                          // another key used
//	client.Proof("GET", url, token, jwttest.Secret([]byte("secret")))               // by HS256
//
// The same proof sent twice is a replay. [Client.Confirmation] has the thumbprints
// for tokens that are no JWT.
//
// # Trouble
//
// [Issuer.Fail], [Issuer.Garbage], [Issuer.Stall] and [Issuer.Refuse] break all
// endpoints or those you name, until [Issuer.Recover]. [Issuer.Requests] counts
// who asked for what.
//
// # Without a network
//
// [InMemory] starts an issuer without a socket or a goroutine, for use in a
// testing/synctest bubble, where time passes at will: give [Issuer.Client] to
// the code under test. An issuer is also a jwt.KeySource by itself, for tests
// that are about tokens only.
//
// # Outside tests
//
// [StartIssuer] and [StartClient] are for demonstrations. An issuer is not an
// authorization server: it authenticates nobody.
//
// # Stability
//
// The default token stays a valid access token by RFC 9068, and the default proof a
// valid one by RFC 9449. A token's subject, client and key ID, and the order of its
// members, may change between versions: a test that depends on one of them should
// set it.
package jwttest
