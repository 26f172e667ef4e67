package jwt

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"example.com/resourceserver/jwt/internal/jws"
)

// faults returns everything that is wrong with c, each with its remedy.
func (c Config) faults() []error {
	return slices.Concat(c.issuerFaults(), c.nameFaults(), c.algorithmFaults(), c.limitFaults(), c.Profile.faults(c.Required))
}

// quoted returns a value for a fault, as it would be written in Go, or its beginning.
func quoted(value string) string { return fmt.Sprintf("%q", short(value)) }

func (c Config) issuerFaults() (faults []error) {
	stated := issuerOf(c.Keys)
	switch {
	case c.Issuer == "":
		faults = append(faults, errors.New("jwt: Config.Issuer is empty: set it to the exact iss of the tokens"))
	case !isStringOrURI(c.Issuer):
		faults = append(faults, fmt.Errorf("jwt: Config.Issuer is %s: it holds a ':' and is not a URI (RFC 7519 §2), so no valid token can have it",
			quoted(c.Issuer)))
	}
	if stated != "" && stated != c.Issuer {
		faults = append(faults, fmt.Errorf("jwt: Config.Issuer is %s, and Config.Keys are those of %s: leave Config.Issuer empty, or take the keys of that issuer",
			quoted(c.Issuer), quoted(stated)))
	}
	return faults
}

func (c Config) nameFaults() (faults []error) {
	if len(c.Audiences) == 0 {
		faults = append(faults, errors.New("jwt: Config.Audiences is empty: name the identifier by which the issuer addresses this API"))
	}
	for _, audience := range c.Audiences {
		if !isStringOrURI(audience) {
			faults = append(faults, fmt.Errorf("jwt: Config.Audiences names %s: it holds a ':' and is not a URI (RFC 7519 §2), so no valid token can have it",
				quoted(audience)))
		}
	}
	for _, list := range []struct {
		field string
		names []string
	}{{"Audiences", c.Audiences}, {"Required", c.Required}, {"Confirmations", c.Confirmations}} {
		if slices.Contains(list.names, "") {
			faults = append(faults, fmt.Errorf("jwt: Config.%s holds an empty string: remove it", list.field))
		}
	}
	return faults
}

func (c Config) algorithmFaults() (faults []error) {
	symmetric, asymmetric, longest := 0, 0, 0
	for _, name := range c.Algorithms {
		switch alg := jws.AlgorithmOf(name); {
		case alg == nil:
			faults = append(faults, fmt.Errorf("jwt: Config.Algorithms names %s, which is not supported: use any of %s, or %s", quoted(name),
				strings.Join(jws.Asymmetric, ", "), strings.Join(jws.Symmetric, ", ")))
		case alg.Symmetric():
			symmetric++
			longest = max(longest, alg.MinSecretBytes())
		default:
			asymmetric++
		}
	}
	switch {
	case symmetric > 0 && asymmetric > 0:
		faults = append(faults, errors.New("jwt: Config.Algorithms mixes HS algorithms with others: an issuer that does both needs two validators"))
	case symmetric > 0:
		faults = append(faults, c.secretFaults(longest)...)
	default:
		faults = append(faults, c.sourceFaults()...)
	}
	return faults
}

// sourceFaults reports what is wrong with the keys for asymmetric algorithms.
func (c Config) sourceFaults() (faults []error) {
	if isNil(c.Keys) {
		faults = append(faults, errors.New("jwt: Config.Keys is nil: set it to the issuer's keys, such as those of jwks.NewRemote"))
	}
	if c.Secret != nil {
		faults = append(faults, errors.New("jwt: Config.Secret is set and Config.Algorithms names no HS algorithm: remove one or name the other"))
	}
	return faults
}

// secretFaults reports what is wrong with the key for symmetric algorithms.
func (c Config) secretFaults(longest int) (faults []error) {
	if c.Keys != nil {
		faults = append(faults, errors.New("jwt: Config.Keys is set and Config.Algorithms names HS algorithms: these use Config.Secret alone"))
	}
	if len(c.Secret) < longest {
		faults = append(faults, fmt.Errorf("jwt: Config.Secret has %d bytes: the algorithms named need at least %d (RFC 7518 §3.2)",
			len(c.Secret), longest))
	}
	if form := keyForm(c.Secret); form != "" {
		faults = append(faults, fmt.Errorf("jwt: Config.Secret is %s: a key pair goes with an asymmetric algorithm and Config.Keys, "+
			"and a shared secret is given as its bytes alone", form))
	}
	return faults
}

// isNil also finds the nil pointer that a constructor returned beside an error
// which nobody looked at. It would make each request panic.
func isNil(keys KeySource) bool {
	v := reflect.ValueOf(keys)
	return keys == nil || (v.Kind() == reflect.Pointer || v.Kind() == reflect.Func) && v.IsNil()
}

func (c Config) limitFaults() (faults []error) {
	switch {
	case c.Leeway > maxLeeway || c.Leeway < NoLeeway:
		faults = append(faults, fmt.Errorf("jwt: Config.Leeway is %v: use up to %v, or NoLeeway", c.Leeway, maxLeeway))
	case c.Leeway > 0 && c.Leeway < minLeeway:
		faults = append(faults, fmt.Errorf("jwt: Config.Leeway is %v, as a number without its unit is: write it like 30*time.Second", c.Leeway))
	}
	switch {
	case c.MaxTokenBytes < 0:
		faults = append(faults, fmt.Errorf("jwt: Config.MaxTokenBytes is %d: leave it 0 for the default", c.MaxTokenBytes))
	case c.MaxTokenBytes > jws.MaxBytes:
		faults = append(faults, fmt.Errorf("jwt: Config.MaxTokenBytes is %d: use up to %d", c.MaxTokenBytes, jws.MaxBytes))
	}
	return faults
}
