package redisstore

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Defaults and limits of Config, as its fields document them.
const (
	defaultPrefix    = "dpop:"
	longestPrefix    = 64
	defaultTimeout   = 250 * time.Millisecond
	longestTimeout   = 10 * time.Second
	defaultClockSkew = 30 * time.Second
	longestClockSkew = time.Hour
	shortestDuration = time.Millisecond // less than anybody means, and than the server counts
)

// Config configures a [Store]. The zero value of everything is its documented
// default.
type Config struct {
	_ [0]func() // keyed literals only, and no comparison

	// Prefix begins the name of every key, so that services can share a server:
	// each has its own. Up to 64 characters of printable ASCII. Default: "dpop:".
	Prefix string

	// Timeout is how long one call may take, waiting for a connection included.
	// Default: 250 milliseconds; at most 10 seconds.
	Timeout time.Duration

	// ClockSkew is by how much the clocks of the replicas may differ. A proof is
	// kept that much longer, so that a replica whose clock is behind does not accept
	// what another has seen end. Default: 30 seconds; at most an hour.
	ClockSkew time.Duration
}

// resolve returns c with the defaults filled in, or every fault of c.
func (c Config) resolve() (Config, error) {
	var faults []error
	if len(c.Prefix) > longestPrefix || strings.ContainsFunc(c.Prefix, notPrintable) {
		faults = append(faults, fmt.Errorf("redisstore: Config.Prefix is %.80q: use up to %d characters of printable ASCII, "+
			"or leave it empty for the default", c.Prefix, longestPrefix))
	}
	faults = append(faults,
		durationFault("Timeout", c.Timeout, longestTimeout), durationFault("ClockSkew", c.ClockSkew, longestClockSkew))
	if err := errors.Join(faults...); err != nil {
		return Config{}, err
	}
	return Config{
		Prefix:    orDefault(c.Prefix, defaultPrefix),
		Timeout:   orDefault(c.Timeout, defaultTimeout),
		ClockSkew: orDefault(c.ClockSkew, defaultClockSkew),
	}, nil
}

func notPrintable(r rune) bool { return r <= ' ' || r > '~' }

func durationFault(field string, value, longest time.Duration) error {
	switch {
	case value != 0 && value < shortestDuration:
		return fmt.Errorf("redisstore: Config.%s is %v, negative or without its unit: write 250*time.Millisecond, "+
			"or leave it 0 for the default",
			field, value)
	case value > longest:
		return fmt.Errorf("redisstore: Config.%s is %v: use up to %v", field, value, longest)
	}
	return nil
}

func orDefault[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
