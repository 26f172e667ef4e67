package otelguard

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"go.opentelemetry.io/otel/metric"

	"example.com/resourceserver/jwks"
)

// Config says what is observed, and by whom. MeterProvider is required.
type Config struct {
	_ [0]func() // keyed literals only, and no comparison

	// MeterProvider makes the instruments: that of the SDK, or otel.GetMeterProvider().
	MeterProvider metric.MeterProvider

	// Keys are the key sets to be observed, each by the name that its issuer has in
	// metrics. Default: none.
	Keys map[string]KeySet

	// Tenants are key sets that come and go, such as KeysOfAll(tenants.All()), each group
	// of them by its name in metrics. They are counted by state: no tenant has a time
	// series of its own. Default: none.
	Tenants map[string]TenantKeys

	// Caches are the caches of tokens to be observed, by their names in metrics. They
	// count where tokencache.Config.CountLookups is set. Default: none.
	Caches map[string]TokenCache

	// Reasons are the reasons that validators and checks of the application's own give,
	// beside those of this library. One that is not listed is "_OTHER". Default: none.
	Reasons []string
}

// KeySet is a *jwks.Remote or a *jwks.KeyEndpoint. Its methods are called while an exporter collects.
type KeySet interface {
	Issuer() string
	Status() jwks.Status
}

// TokenCache is a *tokencache.Cache. Counts are running totals.
type TokenCache interface{ Counts() (hits, misses uint64) }

const (
	maxNamed   = 1000 // issuers, groups of tenants, or caches: each is a handful of time series
	maxName    = 100  // bytes
	maxReasons = 100
)

// faults are everything wrong with c, joined.
func (c Config) faults() error {
	var faults []error
	if absent(c.MeterProvider) {
		faults = append(faults, errors.New("otelguard: Config.MeterProvider is nil: "+
			"pass the SDK's, or otel.GetMeterProvider()"))
	}
	faults = append(faults, namedFaults("Keys", c.Keys)...)
	faults = append(faults, namedFaults("Tenants", c.Tenants)...)
	faults = append(faults, namedFaults("Caches", c.Caches)...)
	if len(c.Reasons) > maxReasons {
		faults = append(faults, fmt.Errorf("otelguard: Config.Reasons has %d items: name %d at most",
			len(c.Reasons), maxReasons))
	}
	for i, reason := range c.Reasons {
		if !isReason(reason) {
			faults = append(faults, fmt.Errorf("otelguard: Config.Reasons[%d] is %.70q: "+
				"use up to 64 letters, digits, hyphens and underscores", i, reason))
		}
	}
	return errors.Join(faults...)
}

// namedFaults are those of one map, in the order of its names.
func namedFaults[V any](field string, named map[string]V) (faults []error) {
	if len(named) > maxNamed {
		faults = append(faults, fmt.Errorf("otelguard: Config.%s has %d items: name %d at most",
			field, len(named), maxNamed))
	}
	for _, name := range sortedNames(named) {
		if !isName(name) {
			faults = append(faults, fmt.Errorf("otelguard: Config.%s has the name %.110q: "+
				"use 1 to %d printable ASCII characters", field, name, maxName))
		}
		if absent(named[name]) {
			faults = append(faults, fmt.Errorf("otelguard: Config.%s[%.110q] is nil: "+
				"check the error of what made it", field, name))
		}
	}
	return faults
}

func sortedNames[V any](named map[string]V) []string {
	names := make([]string, 0, len(named))
	for name := range named {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// absent reports whether v is nil, a nil function, or a nil pointer that a constructor
// returned beside an error.
func absent(v any) bool {
	r := reflect.ValueOf(v)
	return !r.IsValid() || (r.Kind() == reflect.Pointer || r.Kind() == reflect.Func) && r.IsNil()
}

func isName(name string) bool {
	for _, c := range []byte(name) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return name != "" && len(name) <= maxName
}

func isReason(reason string) bool {
	for _, c := range []byte(reason) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return reason != "" && len(reason) <= 64
}
