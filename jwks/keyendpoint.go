package jwks

import (
	"context"
	"crypto"
	"errors"
	"fmt"
	"time"

	"example.com/resourceserver/jwks/jwk"
)

// KeyEndpoint is an endpoint that publishes keys one at a time: each at a URL that its kid is a part
// of, as one PUBLIC KEY or CERTIFICATE in PEM, and judged as one of [EncodingCertificates]. There is
// no list of them: a key is fetched when a token first names it, kept as a [Remote] keeps a set, and
// served through an outage. Make one per issuer with [NewKeyEndpoint]; any number of validators may
// share it. The zero KeyEndpoint answers that keys are unavailable. It is safe for concurrent use.
//
// Every key at the endpoint is as good as any other. Whoever else has a key there can sign tokens
// that pass for those of your issuer: use an endpoint that is your issuer's alone.
//
// A KeyEndpoint starts no goroutine but fetches and what serves them, and has nothing to close: a
// fetch ends within KeyEndpointConfig.FetchTimeout, whatever its HTTPClient does. Keys are refreshed
// when a lookup finds one due.
type KeyEndpoint struct {
	config *KeyEndpointConfig // as it was given; a pointer, behind which nothing prints
	from   string             // its Issuer, or its URL without query, which may hold a secret
	keys   *keysByID
}

// NewKeyEndpoint checks the configuration and reports every fault in it at once. It asks nobody for
// keys: the first lookup does.
func NewKeyEndpoint(config KeyEndpointConfig) (*KeyEndpoint, error) {
	cfg, err := config.resolve()
	if err != nil {
		return nil, err
	}
	return &KeyEndpoint{&config, cfg.shownSource(), newKeysByID(cfg)}, nil
}

// Issuer returns KeyEndpointConfig.Issuer as it was given. The iss claim of a token must be
// identical to it.
func (e *KeyEndpoint) Issuer() string {
	if e.config == nil {
		return ""
	}
	return e.config.Issuer
}

// maxKID is the longest kid that is asked for. Real ones are UUIDs and thumbprints.
const maxKID = 128

// VerificationKeys returns the public key that a token with this kid and alg may be signed with, as
// that of [Remote] does: one at the most. Empty with a nil error means that there is no such key:
// reject the token. An error is [ErrUnavailable], has a RetryAfter method, and says nothing about the
// token.
//
// The kid is that of a token which nobody has verified. One that is not 1 to 128 letters and digits
// of ASCII, hyphens and underscores is no key's, and neither is the lack of one; nothing is asked
// for it, nor for an alg that no key verifies.
//
// A known key takes no lock, allocates nothing and never waits while its last fetch, good or bad, is
// no older than the refresh interval. That holds for every key that is looked up once in a twentieth
// of the interval, 45 seconds by default. An older one, and an unknown one, wait for a fetch that all
// who ask for this kid share, until ctx ends; it goes on without whoever leaves, and none begins for
// a ctx that has ended. If it fails, a known key serves on until MaxStale.
//
// Fetches for unknown kids that find no key are limited by Cooldown, and twelve are under way at a
// time: a flood of made-up kids never delays a known key. A new one may be unavailable while it lasts,
// which is 503 and not 401: no answer says that it is none.
func (e *KeyEndpoint) VerificationKeys(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
	if e.keys == nil {
		return nil, &unavailableError{errNoEndpoint, time.Second}
	}
	if !isKID(kid) || !jwk.Known(alg) {
		return nil, nil
	}
	return e.keys.find(ctx, kid, alg)
}

// errNoEndpoint is what a zero KeyEndpoint says.
var errNoEndpoint = errors.New("jwks: a zero KeyEndpoint has no keys: make one with NewKeyEndpoint")

// isKID reports whether a kid may stand in a URL. A dot or a slash could lead to another resource, a
// percent sign be read as either, and a question mark end the path. To escape them was rejected:
// servers and proxies disagree on what an escaped one means.
func isKID(kid string) bool {
	for _, c := range []byte(kid) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return kid != "" && len(kid) <= maxKID
}

// Format writes where the keys come from, without what a URL may hold beside scheme,
// host and path, whatever the verb.
func (e *KeyEndpoint) Format(s fmt.State, _ rune) {
	from := "nil"
	if e != nil {
		from = e.from
	}
	fmt.Fprintf(s, "jwks.KeyEndpoint(%s)", from)
}
