package jwt

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"example.com/resourceserver/jwt/internal/jws"
)

// faults collects what is wrong with a config.
type faults []error

func (f *faults) add(format string, values ...any) {
	*f = append(*f, fmt.Errorf("jwt: Config."+format, values...))
}

// faults returns everything that is wrong with c, each with its remedy.
func (c Config) faults() []error {
	var f faults
	c.addIssuerFaults(&f)
	c.addNameFaults(&f)
	c.addAlgorithmFaults(&f)
	c.addLimitFaults(&f)
	return append(f, c.Profile.faults(c.Required)...)
}

// quoted returns a value as it would be written in Go, or its beginning.
func quoted(value string) string { return fmt.Sprintf("%q", short(value)) }

func (c Config) addIssuerFaults(f *faults) {
	switch {
	case c.Issuer == "":
		f.add("Issuer is empty: set it to the exact iss of the tokens (is an environment variable unset?)")
	case hasBlankBeside(c.Issuer):
		f.add("Issuer is %s: remove the white space at its beginning or end", quoted(c.Issuer))
	case !isStringOrURI(c.Issuer):
		f.add("Issuer is %s: it holds a ':' and is not a URI (RFC 7519 §2), so no valid token can have it", quoted(c.Issuer))
	}
	if td := c.Profile.TrustDomain; td != "" && strings.HasPrefix(c.Issuer, spiffe) && c.Issuer != spiffe+td {
		f.add("Issuer is %s, and Profile.TrustDomain is another: set it to %s", quoted(c.Issuer), quoted(spiffe+td))
	}
	if stated := issuerOf(c.Keys); stated != "" && stated != c.Issuer {
		f.add("Issuer is %s, and Config.Keys are those of %s: leave Config.Issuer empty, or take the keys of that issuer",
			quoted(c.Issuer), quoted(stated))
	}
}

func (c Config) addNameFaults(f *faults) {
	if len(c.Audiences) == 0 {
		f.add("Audiences is empty: name the identifier by which the issuer addresses this API")
	}
	for _, name := range c.Audiences {
		switch {
		case name == "":
			f.add("Audiences holds an empty string: is an environment variable unset? " +
				"Name the identifier by which the issuer addresses this API, or remove it")
		case hasBlankBeside(name):
			f.add("Audiences names %s: remove the white space at its beginning or end", quoted(name))
		case !isStringOrURI(name):
			f.add("Audiences names %s: it holds a ':' and is not a URI (RFC 7519 §2), so no valid token can have it",
				quoted(name))
		}
	}
	for _, list := range []struct {
		field string
		names []string
	}{{"Required", c.Required}, {"Confirmations", c.Confirmations}} {
		if slices.Contains(list.names, "") {
			f.add("%s holds an empty string: remove it", list.field)
		}
	}
}

// hasBlankBeside reports white space that nobody sees and that no iss or aud has: the end of
// the line in a mounted secret, for instance.
func hasBlankBeside(name string) bool { return strings.TrimSpace(name) != name }

func (c Config) addAlgorithmFaults(f *faults) {
	symmetric, asymmetric, longest := 0, 0, 0
	for _, name := range c.Algorithms {
		switch alg := jws.AlgorithmOf(name); {
		case alg == nil && slices.Contains(jws.PostQuantum, name):
			f.add("Algorithms names %s, which needs Go 1.27: build the program with Go 1.27 or later, and with no GOFIPS140 "+
				"older than v1.26.0", quoted(name))
		case alg == nil:
			f.add("Algorithms names %s, which is not supported: use any of %s, or %s", quoted(name),
				strings.Join(slices.Concat(jws.Asymmetric, jws.PostQuantum), ", "), strings.Join(jws.Symmetric, ", "))
		case alg.Symmetric():
			symmetric++
			longest = max(longest, alg.MinSecretBytes())
		default:
			asymmetric++
		}
	}
	switch {
	case symmetric > 0 && asymmetric > 0:
		f.add("Algorithms mixes HS algorithms with others: an issuer that does both needs two validators")
	case symmetric > 0:
		c.addSecretFaults(f, longest)
	default:
		c.addSourceFaults(f)
	}
}

// addSourceFaults adds what is wrong with the keys for asymmetric algorithms.
func (c Config) addSourceFaults(f *faults) {
	if isNil(c.Keys) {
		f.add("Keys is nil: set it to the issuer's keys, such as those of jwks.NewRemote")
	}
	if c.Secret != nil {
		f.add("Secret is set and Config.Algorithms names no HS algorithm: remove one or name the other")
	}
}

// addSecretFaults adds what is wrong with the key for symmetric algorithms.
func (c Config) addSecretFaults(f *faults, longest int) {
	if c.Keys != nil {
		f.add("Keys is set and Config.Algorithms names HS algorithms: these use Config.Secret alone")
	}
	if n := len(c.Secret); n < longest {
		f.add("Secret has %d bytes: the algorithms named need at least %d (RFC 7518 §3.2)", n, longest)
	}
	if form := keyForm(c.Secret); form != "" {
		f.add("Secret is %s: a key pair goes with an asymmetric algorithm and Config.Keys, "+
			"and a shared secret is given as its bytes alone", form)
	}
}

// isNil also finds the nil pointer that a constructor returned beside an error
// which nobody looked at. It would make each request panic.
func isNil(keys KeySource) bool {
	v := reflect.ValueOf(keys)
	return keys == nil || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Func) && v.IsNil()
}

func (c Config) addLimitFaults(f *faults) {
	switch {
	case c.Leeway > maxLeeway || c.Leeway < NoLeeway:
		f.add("Leeway is %v: use up to %v, or NoLeeway", c.Leeway, maxLeeway)
	case c.Leeway > 0 && c.Leeway < minLeeway:
		f.add("Leeway is %v, as a number without its unit is: write it like 30*time.Second", c.Leeway)
	}
	switch {
	case c.MaxTokenBytes < 0:
		f.add("MaxTokenBytes is %d: leave it 0 for the default", c.MaxTokenBytes)
	case c.MaxTokenBytes > jws.MaxBytes:
		f.add("MaxTokenBytes is %d: use up to %d", c.MaxTokenBytes, jws.MaxBytes)
	}
}
