package introspection

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// shortestDuration is less than anybody means. What is shorter was written
// without its unit: 30 is 30 nanoseconds.
const shortestDuration = time.Millisecond

// Ceilings of the limits. More is a mistake, and what is far more overflows.
const (
	maxCacheSize  = 10_000_000
	maxCacheBytes = 1 << 30
	maxCalls      = 100_000
	maxToken      = 1 << 20
	maxAnswer     = 16 << 20
)

// faults is everything wrong with the configuration, joined, each with its
// remedy; nil if nothing is.
func (c *Config) faults() error {
	return errors.Join(
		endpointFault(c.Endpoint, c.InsecureAllowPlainHTTP),
		c.Credentials.fault(),
		c.audienceFault(),
		c.emptyNameFaults(),
		c.timeFaults(),
		c.limitFaults(),
	)
}

func (c *Config) audienceFault() error {
	switch {
	case c.AnyAudience && len(c.Audiences) > 0:
		return fault("Audiences", "is set together with AnyAudience: choose one")
	case !c.AnyAudience && len(c.Audiences) == 0:
		return fault("Audiences", "is empty: name this resource server, or name AnyAudience and its risk")
	}
	return nil
}

func (c *Config) emptyNameFaults() error {
	var faults []error
	for _, list := range []struct {
		field string
		names []string
	}{
		{"Audiences", c.Audiences},
		{"RequiredMembers", c.RequiredMembers},
		{"Confirmations", c.Confirmations},
	} {
		if slices.Contains(list.names, "") {
			faults = append(faults, fault(list.field, "holds an empty string: remove it"))
		}
	}
	return errors.Join(faults...)
}

func (c *Config) timeFaults() error {
	var faults []error
	for _, d := range []struct {
		field       string
		value, none time.Duration
	}{
		{"Leeway", c.Leeway, NoLeeway},
		{"PositiveTTL", c.PositiveTTL, NoCache},
		{"NegativeTTL", c.NegativeTTL, NoCache},
		{"Timeout", c.Timeout, 0},
	} {
		if d.value != 0 && d.value != d.none && d.value < shortestDuration {
			faults = append(faults, fault(d.field, fmt.Sprintf(
				"is %v, negative or without its unit: write 30*time.Second, or leave it 0 for the default", d.value)))
		}
	}
	if c.Leeway > maxLeeway {
		faults = append(faults, fault("Leeway", fmt.Sprintf("is %v: use up to %v", c.Leeway, maxLeeway)))
	}
	return errors.Join(faults...)
}

func (c *Config) limitFaults() error {
	var faults []error
	for _, limit := range []struct {
		field          string
		value, ceiling int
	}{
		{"CacheSize", c.CacheSize, maxCacheSize},
		{"CacheBytes", c.CacheBytes, maxCacheBytes},
		{"MaxConcurrentCalls", c.MaxConcurrentCalls, maxCalls},
		{"MaxTokenBytes", c.MaxTokenBytes, maxToken},
		{"MaxAnswerBytes", c.MaxAnswerBytes, maxAnswer},
	} {
		switch {
		case limit.value < 0:
			faults = append(faults, fault(limit.field, fmt.Sprintf("is %d: leave it 0 for the default", limit.value)))
		case limit.value > limit.ceiling:
			faults = append(faults, fault(limit.field, fmt.Sprintf("is %d: use up to %d", limit.value, limit.ceiling)))
		}
	}
	return errors.Join(faults...)
}

func fault(field, what string) error {
	return fmt.Errorf("introspection: Config.%s %s", field, what)
}
