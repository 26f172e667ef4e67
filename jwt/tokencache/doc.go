// Package tokencache remembers verified tokens, so that the second request with a
// token costs no signature check.
//
// A [Cache] is a decorator: its Validate has the signature of the Validate that
// it stands in front of, and is used in its place.
//
//	cache, err := tokencache.New(tokens.Validate, tokencache.Config{})
//	guard, err := protector.New(protector.Config{
//		Validators: []protector.Validator{protector.Bearer(cache.Validate)},
//	})
//
// Services use one when the same token comes again and again. It is never needed
// for correctness, and package jwt keeps no tokens without it. It works with any
// type of token that is an [Entry]: *jwt.Token is one, and so is a type of the
// application's own that embeds it.
//
// # What is remembered
//
// Only tokens that were found valid enter, and a remembered one is good for nothing
// more than the same bytes again. At each hit the token says whether it is still
// good: a *jwt.Token then asks for the issuer's keys, and compares its exp and
// nbf with the time. A token whose key was withdrawn or replaced is forgotten when
// it comes next.
//
// The cache does not hold tokens that could be used. It keeps the header and the
// payload, whose claims the token that it hands out holds anyway, and compares
// them byte by byte. Of what follows, the signature, it keeps a 128-bit message
// authentication code under a key that is made at random when the cache is made
// and never leaves it. The signature cannot be computed back from that. In a
// program restricted to FIPS 140 (GODEBUG=fips140=only) the code is HMAC-SHA-256,
// cut to 128 bits; otherwise it is AES-GMAC, which takes less time.
//
// # What is not seen
//
// A check that depends on anything but the token belongs in front of the cache: a
// list of revoked tokens, a context value, a tenant that was closed. Behind the
// cache it would not be asked again.
//
// So is whether a token that was encrypted could still be decrypted: what was inside
// is judged again, and not the key that it was encrypted to.
//
// The same is true of the choice among several issuers. A token remembers the
// terms on which it was accepted, and an issuer that is taken out of the service,
// for instance by building jwt.ByIssuer anew, is not missed by the tokens that
// the cache holds: they live on until they expire. Tell the cache:
//
//	cache.Forget(func(token *jwt.Token) bool { return token.Issuer() == removed })
//
// # Concurrency
//
// A Cache may be used by any number of goroutines. A hit takes no lock. When
// many requests bring the same new token at once, one of them verifies it and the
// others wait for the result, each no longer than its own context lasts.
//
// # Compatibility
//
// Within a major version, nothing enters a cache that is refused without it, and
// no hit outlives what its token says about itself. How much is remembered, and for
// how long, may change.
package tokencache
