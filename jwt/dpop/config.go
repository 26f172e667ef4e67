package dpop

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"example.com/resourceserver/jwt/internal/jws"
)

// NoLeeway is the Config.Leeway that forgives no clock difference at all.
const NoLeeway time.Duration = -1

// Defaults and limits of Config, as its fields document them.
const (
	defaultMaxAge        = 60 * time.Second
	longestMaxAge        = time.Hour
	defaultLeeway        = 5 * time.Second
	longestLeeway        = 5 * time.Minute
	defaultNonceLifetime = 5 * time.Minute
	longestNonceLifetime = 24 * time.Hour
	defaultMaxProofBytes = 8 << 10
	shortestDuration     = time.Millisecond // less than anybody means: 30 is 30 nanoseconds
	minNonceKeyBytes     = 32
)

var defaultAlgorithms = []string{"ES256", "Ed25519", "EdDSA"}

// Config configures a [Verifier]. PublicOrigins is required; the zero value of
// everything else is its documented, strict default.
type Config struct {
	_ [0]func() // keyed literals only, and no comparison

	// PublicOrigins are the origins at which clients reach this service, such as
	// https://api.example. Where a proxy removes the beginning of the path, that
	// beginning stands here: https://api.example/v1. A proof must be for one of
	// them.
	PublicOrigins []string

	// Algorithms are the accepted values of alg. Default: ES256, Ed25519 and EdDSA,
	// which are quick to check. ES384, ES512, and RS and PS with 256, 384 and 512
	// may be named; a client's RSA key can have up to 16384 bits, and takes its
	// time. ML-DSA is not supported: a proof carries its key, and would be longer
	// than many servers take.
	Algorithms []string

	// MaxAge is how long after its iat a proof is accepted. Default: 60 seconds; at
	// most an hour. It is also how long a proof is remembered.
	MaxAge time.Duration

	// Leeway is how far iat may be ahead of this clock. Default: 5 seconds, at most
	// 5 minutes; NoLeeway for none.
	Leeway time.Duration

	// Replay remembers the proofs that were used. Default: a [Memory] of this
	// verifier's own, which is enough for a service that runs as one process.
	Replay Replay

	// NonceKeys, where set, demand a nonce in every proof (RFC 9449 §9). The first
	// key makes nonces, and all are accepted, so that a new key can be put in front
	// everywhere before the old one is removed. Each has 32 bytes at least, from
	// crypto/rand. Replicas share them.
	NonceKeys [][]byte

	// NonceLifetime is how long a nonce is handed out; it is accepted for that long
	// again. Default: 5 minutes, at most 24 hours.
	NonceLifetime time.Duration

	// MaxProofBytes bounds the length of a proof. A longer one is refused before
	// anything is done with it. Default: 8 KiB.
	MaxProofBytes int

	// Now returns the time. Default: time.Now.
	Now func() time.Time
}

// resolve returns a copy of c with the defaults filled in, or every fault of c.
func (c Config) resolve() (Config, error) {
	faults := slices.Concat(c.algorithmFaults(), c.durationFaults(), c.nonceFaults())
	if c.MaxProofBytes < 0 || c.MaxProofBytes > jws.MaxBytes {
		faults = append(faults, fmt.Errorf("dpop: Config.MaxProofBytes is %d: use up to %d, or leave it 0 for the default",
			c.MaxProofBytes, jws.MaxBytes))
	}
	if v := reflect.ValueOf(c.Replay); v.Kind() == reflect.Pointer && v.IsNil() {
		// A constructor returned it beside an error that nobody looked at.
		faults = append(faults, fmt.Errorf("dpop: Config.Replay is a nil %T: check the error of what made it", c.Replay))
	}
	if len(c.PublicOrigins) == 0 {
		faults = append(faults, errors.New("dpop: Config.PublicOrigins is empty: name where clients reach this service, "+
			"such as https://api.example"))
	}
	c.PublicOrigins = slices.Clone(c.PublicOrigins)
	for i, origin := range c.PublicOrigins {
		normal, err := publicOrigin(origin)
		if err != nil {
			faults = append(faults, fmt.Errorf("dpop: Config.PublicOrigins[%d] %w", i, err))
		}
		c.PublicOrigins[i] = normal.String()
	}
	if err := errors.Join(faults...); err != nil {
		return Config{}, err
	}
	return c.withDefaults(), nil
}

func (c Config) withDefaults() Config {
	if c.Algorithms = slices.Clone(c.Algorithms); len(c.Algorithms) == 0 {
		c.Algorithms = slices.Clone(defaultAlgorithms)
	}
	c.MaxAge = orDefault(c.MaxAge, defaultMaxAge)
	c.NonceLifetime = orDefault(c.NonceLifetime, defaultNonceLifetime)
	c.MaxProofBytes = orDefault(c.MaxProofBytes, defaultMaxProofBytes)
	switch c.Leeway {
	case 0:
		c.Leeway = defaultLeeway
	case NoLeeway:
		c.Leeway = 0
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Replay == nil {
		c.Replay = newMemory(defaultMemoryBytes, c.Now)
	}
	return c
}

func orDefault[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

func (c Config) algorithmFaults() (faults []error) {
	for _, name := range c.Algorithms {
		if !slices.Contains(jws.Asymmetric, name) { // a proof made with a secret proves nothing (RFC 9449 §4.2)
			faults = append(faults, fmt.Errorf("dpop: Config.Algorithms names %.40q, which is not supported: use any of %s",
				name, strings.Join(jws.Asymmetric, ", ")))
		}
	}
	return faults
}

func (c Config) durationFaults() (faults []error) {
	for _, d := range []struct {
		field   string
		value   time.Duration
		longest time.Duration
	}{
		{"MaxAge", c.MaxAge, longestMaxAge},
		{"Leeway", c.Leeway, longestLeeway},
		{"NonceLifetime", c.NonceLifetime, longestNonceLifetime},
	} {
		switch {
		case d.value == 0, d.field == "Leeway" && d.value == NoLeeway:
		case d.value < shortestDuration:
			faults = append(faults, fmt.Errorf("dpop: Config.%s is %v, negative or without its unit: "+
				"write 30*time.Second, or leave it 0 for the default", d.field, d.value))
		case d.value > d.longest:
			faults = append(faults, fmt.Errorf("dpop: Config.%s is %v: use up to %v", d.field, d.value, d.longest))
		}
	}
	return faults
}

func (c Config) nonceFaults() (faults []error) {
	for i, key := range c.NonceKeys {
		if len(key) < minNonceKeyBytes {
			faults = append(faults, fmt.Errorf("dpop: Config.NonceKeys[%d] has %d bytes: use %d from crypto/rand",
				i, len(key), minNonceKeyBytes))
		}
	}
	if c.NonceKeys != nil && len(c.NonceKeys) == 0 {
		faults = append(faults, errors.New("dpop: Config.NonceKeys is empty: name a key, or leave it nil to demand no nonce"))
	}
	if c.NonceKeys == nil && c.NonceLifetime != 0 {
		faults = append(faults, errors.New("dpop: Config.NonceLifetime is set without NonceKeys: set them, or remove it"))
	}
	return faults
}

// Format prints no key, whatever the verb.
func (c Config) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "dpop.Config(%s)", strings.Join(c.PublicOrigins, " "))
}

// MarshalText returns what Format writes, for whatever writes JSON, such as a handler
// of log/slog.
func (c Config) MarshalText() ([]byte, error) { return []byte(fmt.Sprint(c)), nil }
