package main

import (
	"errors"
	"flag"
	"strings"

	"example.com/resourceserver/jwks"
)

// source are the flags that say whose tokens they are and where the keys are.
type source struct {
	issuer, discoveryURL, jwksURL, jwksFile, encoding string
	plainHTTP                                         bool
}

func (s *source) declare(flags *flag.FlagSet) {
	flags.StringVar(&s.issuer, "issuer", "", "identifier `URL` of the issuer, exactly as in the iss claim")
	flags.StringVar(&s.discoveryURL, "discovery-url", "",
		"`URL` of the metadata, if it is not below the issuer's; its issuer is compared all the same")
	flags.StringVar(&s.jwksURL, "jwks-url", "", "`URL` of the key set, to go without metadata")
	flags.StringVar(&s.jwksFile, "jwks-file", "", "`file` with the keys, to go without a network")
	flags.StringVar(&s.encoding, "jwks-encoding", "",
		"how the keys are written there: pem, or certificates (an object of PEM by kid); a JWK Set if empty")
	flags.BoolVar(&s.plainHTTP, "insecure-allow-plain-http", false,
		"take keys by http from elsewhere: whoever touches the network can choose them")
}

func (s *source) config() (jwks.Config, error) {
	if s.issuer == "" {
		return jwks.Config{}, usageError("-issuer is missing: the issuer's identifier, as in the iss claim of its tokens")
	}
	return jwks.Config{
		Issuer: s.issuer, DiscoveryURL: s.discoveryURL, URL: s.jwksURL, File: s.jwksFile,
		Encoding: jwks.Encoding(s.encoding), InsecureAllowPlainHTTP: s.plainHTTP,
	}, nil
}

// flagNames are the fields of a Config that a flag sets.
var flagNames = strings.NewReplacer(
	"jwks: ", "", "jwt: ", "",
	"Config.Issuer", "-issuer", "Config.DiscoveryURL", "-discovery-url", "Config.URL", "-jwks-url",
	"Config.File", "-jwks-file", "Config.Encoding", "-jwks-encoding", "Config.Audiences", "-audience",
	"URL, DiscoveryURL or SnapshotFile", "-jwks-url or -discovery-url",
	"InsecureAllowPlainHTTP", "-insecure-allow-plain-http",
)

// inFlags tells a fault of a Config in the words of the command line.
func inFlags(err error) error { return usageError(flagNames.Replace(err.Error())) }

// several is a flag that may be given more than once.
type several []string

func (s *several) String() string { return strings.Join(*s, ",") }

func (s *several) Set(value string) error {
	if value == "" {
		return errors.New("it is empty: is an environment variable not set?")
	}
	*s = append(*s, value)
	return nil
}
