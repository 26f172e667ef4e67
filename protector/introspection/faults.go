package introspection

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// shortestDuration is less than anybody means. What is shorter was written
// without its unit: 30 is 30 nanoseconds.
const shortestDuration = time.Millisecond

// longestDuration keeps times within what can be counted. What is longer was meant
// to be for ever, and nothing here is.
const longestDuration = 366 * 24 * time.Hour

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
		c.transportFault(),
	)
}

// transportFault is that of a transport which is no nil interface, so that no default is taken, and
// panics when it is used.
func (c *Config) transportFault() error {
	if c.HTTPClient == nil {
		return nil
	}
	if t, ok := c.HTTPClient.Transport.(*http.Transport); ok && t == nil {
		return fault("HTTPClient", "has a nil *http.Transport: leave Transport out")
	}
	return nil
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
	for _, name := range c.Audiences {
		if strings.TrimSpace(name) != name {
			faults = append(faults, fault("Audiences", "names one that begins or ends with white space: remove that"))
		}
	}
	for _, list := range []struct {
		field string
		names []string
	}{
		{"Audiences", c.Audiences},
		{"RequiredMembers", c.RequiredMembers},
		{"Confirmations", c.Confirmations},
	} {
		if slices.Contains(list.names, "") {
			faults = append(faults, fault(list.field, "holds an empty string: remove it (is an environment variable unset?)"))
		}
	}
	return errors.Join(faults...)
}

func (c *Config) timeFaults() error {
	var faults []error
	for _, d := range []struct {
		field                string
		value, none, ceiling time.Duration
	}{
		{"Leeway", c.Leeway, NoLeeway, maxLeeway},
		{"PositiveTTL", c.PositiveTTL, NoCache, longestDuration},
		{"NegativeTTL", c.NegativeTTL, NoCache, longestDuration},
		{"Timeout", c.Timeout, 0, longestDuration},
	} {
		switch {
		case d.value == 0 || d.value == d.none:
		case d.value < shortestDuration:
			faults = append(faults, fault(d.field, fmt.Sprintf(
				"is %v, negative or without its unit: write 30*time.Second, or leave it 0 for the default", d.value)))
		case d.value > d.ceiling:
			faults = append(faults, fault(d.field, fmt.Sprintf("is %v: use up to %v", d.value, d.ceiling)))
		}
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
