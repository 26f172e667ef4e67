// Package jwk reads and judges one public key for signatures.
//
// [Parse] reads a JSON Web Key (RFC 7517) and answers with a [Key] that is ready for use: a public
// key of the standard library, its kid, its RFC 7638 thumbprint, and the algorithms it may verify.
// [Fits] judges a public key that is there already, whoever made it, for one algorithm. It
// allocates nothing and takes nanoseconds, so that it can stand in front of every signature check:
// what was looked up is not trusted to be sound.
//
// # What is accepted
//
// RSA of 2048 to 16384 bits with an odd exponent from 3 to 2^31-1, EC on P-256, P-384 and P-521,
// and Ed25519. In a program that is built with Go 1.27 or later also ML-DSA-44, ML-DSA-65 and
// ML-DSA-87, as a JWK of kty AKP (RFC 9964). A JWK has to say so in the one way that the RFCs give:
// a strict JSON object, each member once and of its type, base64url without padding, coordinates of
// full length, points on their curve. A key for another use, a symmetric key, and a key that came with its private half
// are refused, each with its reason. Ed25519 points of low order are refused, because anybody can
// make signatures that verify with them.
//
// So are RSA keys that were made in one of the ways that are known to be broken, because anybody
// can compute their private half: a small prime factor, primes that are close together
// (CVE-2022-26320), and the chips of ROCA (CVE-2017-15361). To find out takes as long as a
// signature check, so it is a part of reading a key. [Fits] does not repeat it: keys that come from
// elsewhere than [Parse] have not been looked at.
//
// # What it does not do
//
// The package does no I/O and keeps no state. It does not verify a certificate chain: that a key is
// to be trusted comes from where it was found. A whole JWK Set is the subject of the package above
// this one.
//
// # Compatibility
//
// Exported names follow semantic versioning. The wording of errors does not.
package jwk
