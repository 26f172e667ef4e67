// Package wiring writes the Go code that protects a service with the tokens of an issuer.
package wiring

import (
	"fmt"
	"go/format"
	"strconv"
	"strings"
)

// Service is what the code is to be for. Texts may be anybody's: they are written as Go strings, and nowhere else.
type Service struct {
	Issuer       string
	URL          string // of the key set, where there is no discovery
	File         string // the same, on disk
	Encoding     string // of the keys there, as a constant in Go; "" for a JWK Set
	DiscoveryURL string
	PlainHTTP    bool
	Audiences    []string // none: taken from the environment
	Doubtful     bool     // the audiences are what a token said, and nobody has confirmed them
	Profile      string   // as a function in Go, "" for RFC 9068
	Argument     string   // of that function, where a token has it, and nobody has confirmed it
	ArgumentName string   // of that function, "" if it takes none
}

// File returns a file of Go, which compiles and is formatted.
func File(s Service) (string, error) {
	var b strings.Builder
	b.WriteString("package main\n\nimport (\n\"log/slog\"\n")
	if len(s.Audiences) == 0 || s.ArgumentName != "" && s.Argument == "" {
		b.WriteString("\"os\"\n")
	}
	b.WriteString("\n\"example.com/resourceserver/jwks\"\n\"example.com/resourceserver/jwt\"\n" +
		"\"example.com/resourceserver/protector\"\n)\n\n" +
		"// newGuard returns what stands in front of the handlers: mux.Handle(\"/\", guard.Require(\"scope\")(handler)).\n" +
		"func newGuard() (*protector.Protector, error) {\n")
	s.writeKeys(&b)
	s.writeTokens(&b)
	b.WriteString("return protector.New(protector.Config{\n" +
		"Validators: []protector.Validator{protector.Bearer(tokens.Validate)},\n" +
		"Logger: slog.Default(), // says why a request was refused\n})\n}\n")
	code, err := format.Source([]byte(b.String()))
	return string(code), err
}

const orReturn = "})\nif err != nil {\nreturn nil, err\n}\n"

func (s Service) writeKeys(b *strings.Builder) {
	b.WriteString("keys, err := jwks.NewRemote(jwks.Config{\n")
	for _, f := range []struct{ name, value string }{
		{"Issuer", s.Issuer}, {"URL", s.URL}, {"File", s.File}, {"DiscoveryURL", s.DiscoveryURL},
	} {
		if f.value != "" {
			fmt.Fprintf(b, "%s: %s,\n", f.name, strconv.QuoteToASCII(f.value))
		}
	}
	if s.Encoding != "" {
		fmt.Fprintf(b, "Encoding: %s,\n", s.Encoding)
	}
	if s.PlainHTTP {
		b.WriteString("InsecureAllowPlainHTTP: true, // whoever touches the network can choose the keys\n")
	}
	b.WriteString("Logger: slog.Default(),\n" + orReturn)
}

func (s Service) writeTokens(b *strings.Builder) {
	quoted := make([]string, len(s.Audiences))
	for i, audience := range s.Audiences {
		quoted[i] = strconv.QuoteToASCII(audience)
	}
	list, comment := strings.Join(quoted, ", "), ""
	switch {
	case list == "":
		list, comment = `os.Getenv("AUDIENCE")`, " // this API, as in the aud claim"
	case s.Doubtful:
		comment = " // what the token says: does it name this API, and nothing else?"
	}
	fmt.Fprintf(b, "tokens, err := jwt.NewValidator(jwt.Config{\nAudiences: []string{%s},%s\nKeys: keys,\n", list, comment)
	if s.Profile != "" {
		argument, comment := s.argument()
		fmt.Fprintf(b, "Profile: %s(%s), // %sgo doc example.com/resourceserver/%[1]s\n", s.Profile, argument, comment)
	}
	b.WriteString(orReturn)
}

// argument returns what the function of the profile is called with, and what a reader has to know.
func (s Service) argument() (expression, comment string) {
	switch {
	case s.ArgumentName == "":
		return "", "what it gives up: "
	case s.Argument == "":
		return "os.Getenv(" + strconv.QuoteToASCII(s.ArgumentName) + ")", "without yours it would let strangers in: "
	}
	return strconv.QuoteToASCII(s.Argument), "what the token says: is it yours? "
}
