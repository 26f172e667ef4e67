// Package jwks keeps the public keys that access tokens are verified with.
//
// # Which type
//
// [NewRemote] is for an issuer on the network. Give it the issuer's identifier,
// and it finds the key set by discovery (RFC 8414, OpenID Connect Discovery), or
// give it the URL of the JWK Set (RFC 7517), or the File that is mounted, and replaced
// while the process runs. [NewKeyEndpoint] is for an issuer that publishes each key at a URL of
// its own, named after the kid. [ParseStatic] is for keys that never change: in the
// configuration, in a test. All have the method VerificationKeys, which is all that
// a token validator asks for:
//
//   - keys, and a nil error: one of these made the signature, or it is forged;
//   - no keys, and a nil error: there is no such key, reject the token;
//   - an error, which is [ErrUnavailable]: it could not be found out. Answer 503,
//     with the time its RetryAfter method gives, and not 401, which would make
//     clients throw good tokens away.
//
// # Two names of one issuer
//
// In a container network a service may not reach its issuer by the name that stands in
// tokens. Keep that name as Config.Issuer, and say where the metadata is:
//
//	jwks.Config{
//		Issuer:                 "https://id.example/realms/shop",
//		DiscoveryURL:           "http://keycloak:8080/realms/shop/.well-known/openid-configuration",
//		InsecureAllowPlainHTTP: true, // whoever is in that network could choose the keys
//	}
//
// The issuer in the metadata must still be Config.Issuer, and its jwks_uri is asked as it
// stands. If that names the outside host, which cannot be reached, give URL in place of
// DiscoveryURL: the keys are there, and nothing is discovered.
//
// # Keys that are no JWK Set
//
// [Config].Encoding names another way to write keys: [EncodingCertificates] for a map of
// certificates by kid, such as Google publishes, and [EncodingPEM] for a file.
//
// # Keys that are published one at a time
//
// A [KeyEndpoint] fetches the key of a kid when a token first names it, and judges it as any
// other. The kid is from a token that nobody has verified, and so it is let into the URL only if it
// is plain: letters, digits, hyphens and underscores. Fetches of unknown kids are
// limited: twelve in quick succession, and then one per cool-down. What the endpoint does not have is
// remembered for that long, apart from the keys, which no made-up kid can push out.
//
// While a flood of made-up kids lasts, a key that is new, or was forgotten for 1024 others, may be
// unavailable (503): a set would tell with the same fetch that one kid is made up and the other is
// not, and such an endpoint cannot. Keys that are known take no notice of a flood. Where you can choose
// how an issuer publishes, choose a JWK Set.
//
// A key is withdrawn when the endpoint answers 404 or 410, and is refused at the next
// refresh. Since nothing asks for a key that nobody uses, one whose last fetch is longer ago than the
// refresh interval is asked for before it is used again. 403, and a key that may not be used,
// count when an answer a refresh later says the same.
//
// # What happens when keys change
//
// A set is refreshed every 15 minutes, in the background, a little early and at random so that a
// fleet does not move in step. Cache-Control: max-age and ETag of the issuer are honoured within
// bounds. A token with an unknown kid, or with one under which no key fits its alg, causes a fetch
// at once, shared by all who wait, so that the first token of a new key is accepted. Three such
// fetches may come in quick succession, and after that one per cool-down (8 seconds), so that a
// flood of made-up kids costs next to nothing and delays a real new key by no more than that. A key
// that is withdrawn is refused from the next refresh on, and so is a key that was replaced under
// the same kid: a bad signature under a known kid causes no fetch, or forgers could. A token
// without a kid names no key that could be missed; while such tokens arrive the set is refreshed
// once a minute.
//
// Refreshes are begun by lookups that find one due; none of them waits for it.
// If traffic may pause for longer than the refresh interval, call [Remote.Run] in
// a goroutine of your own: then the set is also refreshed without traffic.
//
// # What happens when the issuer is down
//
// The last good set serves on for up to a day ([Config].MaxStale), known keys
// never wait for the network, and fetches back off from a second to at most a
// minute. An answer that is no key set replaces nothing. A set without a usable key
// does so only when another one, a refresh later, has none either: the issuer has
// then withdrawn its keys. A process that starts while the issuer is down answers 503 and tries
// again every few seconds, or serves from [Config].SnapshotFile if it has one.
//
// # What is accepted as a key
//
// RSA of 2048 to 16384 bits, EC on P-256, P-384 and P-521, and Ed25519, for signatures, by the
// rules of package jwk; with Go 1.27 also ML-DSA (RFC 9964), which serves the validators that name
// it. Each key is judged alone, and one that is malformed, private, symmetric, of another use, off
// its curve, beside a certificate of another key, or weak is skipped, with a reason that
// [Remote.Status] shows. Weak are RSA keys that anybody can factor: those of ROCA (CVE-2017-15361),
// with a small prime factor, or with primes close together (CVE-2022-26320). Of a SPIFFE
// bundle, keys for jwt-svid are used and those for x509-svid are not. The document is at most 1 MiB
// and 1024 keys.
//
// # What an operator sees
//
// [Remote.Status] and [Remote.StatusHandler] say whether the set is fresh, stale
// but serving, or unavailable, which keys it holds, which it skips and why, and
// what the last error was. Config.Logger gets a record when a key is added,
// removed, changed or skipped, when a fetch fails, and when the issuer's key set
// moves to another origin. No record holds a token: this package never sees one.
//
// # Compatibility
//
// Exported names and the member names of the status document follow semantic
// versioning. The wording of errors, reasons and log records does not.
package jwks
