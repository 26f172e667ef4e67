package jwttest

import "time"

// TokenOption changes one thing about a token, or about a proof of possession.
type TokenOption func(*token)

// Scope sets the scope claim: a list separated by spaces (RFC 8693 §4.2), such
// as "profile email".
func Scope(scope string) TokenOption { return Claim("scope", scope) }

// Subject sets the sub claim.
func Subject(subject string) TokenOption { return Claim("sub", subject) }

// ClientID sets the client_id claim.
func ClientID(id string) TokenOption { return Claim("client_id", id) }

// Audience sets the aud claim: a string for one value, an array for any other
// number of them.
func Audience(audience ...string) TokenOption {
	if len(audience) == 1 {
		return Claim("aud", audience[0])
	}
	return Claim("aud", append([]string{}, audience...))
}

// ExpiresIn makes the token expire that long after Token is called. With a
// negative duration the token has expired already, and its iat is set so that
// it was a good token once: five minutes before it expired. Validators allow for
// clocks that differ, by half a minute or so: use -time.Hour to be past that.
func ExpiresIn(d time.Duration) TokenOption {
	return func(t *token) {
		expiry := t.now.Add(d)
		t.set("exp", expiry)
		if d < 0 {
			t.set("iat", expiry.Add(-lifetime))
		}
	}
}

// IssuedAt sets the iat claim. It does not move the expiry.
func IssuedAt(at time.Time) TokenOption { return Claim("iat", at) }

// NotBefore sets the nbf claim.
func NotBefore(at time.Time) TokenOption { return Claim("nbf", at) }

// Claim sets a claim to any value that encoding/json can write. A time.Time
// becomes a NumericDate. A json.RawMessage is written as it is, valid JSON or
// not.
func Claim(name string, value any) TokenOption {
	return func(t *token) { t.set(name, value) }
}

// DuplicateClaim adds a claim once more, after those of the same name.
func DuplicateClaim(name string, value any) TokenOption {
	return func(t *token) { t.claims.add(name, t.encode(name, value)) }
}

// Without removes claims.
func Without(names ...string) TokenOption {
	return func(t *token) { t.claims.remove(names...) }
}

// Typ sets the typ header, "at+jwt" by default.
func Typ(typ string) TokenOption { return Header("typ", typ) }

// Header sets a header parameter, with values as for Claim. It changes what
// the header says, not how the token is signed: Header("alg", "HS256") is a
// lie, Alg and Secret are the truth.
func Header(name string, value any) TokenOption {
	return func(t *token) {
		encoded := t.encode(name, value)
		t.edits = append(t.edits, func(header *object) { header.set(name, encoded) })
	}
}

// DuplicateHeader adds a header parameter once more, after those of the same name.
func DuplicateHeader(name string, value any) TokenOption {
	return func(t *token) {
		encoded := t.encode(name, value)
		t.edits = append(t.edits, func(header *object) { header.add(name, encoded) })
	}
}

// WithoutHeader removes header parameters.
func WithoutHeader(names ...string) TokenOption {
	return func(t *token) {
		t.edits = append(t.edits, func(header *object) { header.remove(names...) })
	}
}

// RawHeader replaces the whole header by this text, JSON or not. The signature
// covers it.
func RawHeader(text string) TokenOption {
	return func(t *token) { t.rawHeader = []byte(text) }
}

// RawPayload replaces all claims by this text, JSON or not. The signature
// covers it.
func RawPayload(text string) TokenOption {
	return func(t *token) { t.rawPayload = []byte(text) }
}

// Alg signs with this algorithm: with the current key if it is one for it, or
// else the newest published key for it, or else a new key, which is published.
// With Key, that key signs, if the algorithm fits it at all. "none" leaves the
// signature empty. HS256, HS384 and HS512 need Secret.
func Alg(alg string) TokenOption {
	return func(t *token) { t.choice.alg = alg }
}

// Key signs with the key of this ID, published or retired.
func Key(kid string) TokenOption {
	return func(t *token) { t.choice.kid, t.choice.unpublished = kid, false }
}

// Unpublished signs with a key that the issuer never publishes, under a key ID
// of its own. Add Header("kid", issuer.KeyID()) to claim a published key's ID.
func Unpublished() TokenOption {
	return func(t *token) { t.choice.kid, t.choice.unpublished = "", true }
}

// Secret signs with an HMAC secret, by HS256 unless Alg names another.
func Secret(secret []byte) TokenOption {
	secret = append([]byte{}, secret...)
	return func(t *token) { t.choice.secret = secret }
}

// Signature puts the function's result in the place of the signature. It gets
// the bytes that a signature covers: header and payload as sent, with the dot
// between them (RFC 7515 §5.1).
func Signature(sign func(signingInput []byte) []byte) TokenOption {
	return func(t *token) { t.sign = sign }
}

// AlterSignature puts the function's result in the place of the good signature
// that it gets: truncated, or in another encoding.
func AlterSignature(alter func(signature []byte) []byte) TokenOption {
	return func(t *token) { t.alter = alter }
}

// Tampered flips one bit of the signature, so that it fits no content.
func Tampered() TokenOption {
	return AlterSignature(func(signature []byte) []byte {
		if len(signature) > 0 {
			signature[len(signature)/2] ^= 1
		}
		return signature
	})
}
