// Package dpop checks proofs of possession (RFC 9449, DPoP): whether whoever sends
// an access token holds the key that the token is bound to. A token that is bound
// and demanded to be proved is of no use to a thief.
//
// [NewVerifier] makes a [Verifier], which is all that a service needs: the package
// protector puts it to work behind the authentication scheme DPoP. The Verifier
// itself knows nothing of HTTP. It gets the proof, the method, the request target,
// the token and the thumbprint that the token names, and answers with the one step
// that is left, spending the proof, or with an [*Error].
//
// # What a proof must be
//
// A JWS in compact serialization with typ dpop+jwt, an algorithm of
// [Config].Algorithms, and its public key in jwk, without a private half. Its
// signature verifies with that key. Its claims name the method of the request
// (htm), its URI without query and fragment (htu), the SHA-256 of the access token
// (ath), a moment within [Config].MaxAge (iat), and an identifier (jti) that was
// not seen before. The thumbprint of the key (RFC 7638) is the one that the token
// is bound to. Where nonces are demanded, its nonce is one that this service gave.
//
// The key is judged as an issuer's keys are, and the key that is judged, the key
// that verifies and the key of the thumbprint are one object.
//
// # Where the service is
//
// htu is compared with [Config].PublicOrigins and the request target as the client
// has sent it. The Host field is never looked at: whoever sends the request chooses
// it. Behind a proxy that removes a part of the path, name that part with the
// origin: https://api.example/v1.
//
// # Replay
//
// A proof counts once. [Memory] remembers proofs in this process, for as long as
// they would be accepted; replicas of a service need a [Replay] that they share. A
// store that cannot answer, or is full, is an outage: the request is not let in,
// and no proof is forgotten to make room. A client that floods a Memory with proofs of
// its key fills half of it at most, and is the one that is refused then.
//
// # Nonces
//
// With [Config].NonceKeys a proof must carry a nonce of this service (RFC 9449 §9),
// which bounds how long before its use a proof can have been made. Nonces are
// computed from a time step and a key, so replicas that share the keys agree, also
// after a restart, and nothing is stored.
//
// # Compatibility
//
// Exported names, and the values of [Reason], follow semantic versioning. The
// wording of errors does not.
package dpop
