package protector

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// addResource sets up the metadata of Config.Resource. What depends on the
// validators is added later, by describe.
func (p *Protector) addResource(config Config) (faults []error) {
	if config.Resource == "" {
		return withoutResource(config)
	}
	r, err := newResource(config.Resource)
	if err != nil {
		faults = append(faults, fmt.Errorf("Config.Resource %w", err))
	}
	faults = append(faults, issuerFaults(config.AuthorizationServers)...)
	faults = append(faults, config.ResourceMetadata.faults()...)
	if len(faults) > 0 {
		return faults
	}
	p.metadata = &metadata{resource: r, scopes: make(map[string]bool)}
	p.metadata.publish(config.ResourceMetadata.Scopes)
	return nil
}

func withoutResource(config Config) (faults []error) {
	for _, part := range []struct {
		field string
		set   bool
	}{
		{"AuthorizationServers", config.AuthorizationServers != nil},
		{"ResourceMetadata", !reflect.ValueOf(config.ResourceMetadata).IsZero()},
	} {
		if part.set {
			faults = append(faults, errors.New("Config."+part.field+
				" has no effect without Resource: set both, or neither"))
		}
	}
	return faults
}

// describe adds what is configured.
func (p *Protector) describe(config Config) {
	if p.metadata == nil {
		return
	}
	members := config.ResourceMetadata.members()
	members["resource"] = p.metadata.resource.identifier
	put(members, "authorization_servers", config.AuthorizationServers)
	members["bearer_methods_supported"] = p.bearerMethods(config)
	put(members, "dpop_signing_alg_values_supported", p.proofAlgorithms())
	if p.requiresDPoP() {
		members["dpop_bound_access_tokens_required"] = true
	}
	if p.anyProof(func(proof Proof) bool { return proof.Confirms() == "x5t#S256" }) {
		members["tls_client_certificate_bound_access_tokens"] = true
	}
	p.metadata.fixed = members
}

// put sets a list, or nothing where it is empty (RFC 9728 §3.2).
func put(members map[string]any, name string, list []string) {
	if len(list) > 0 {
		members[name] = slices.Clone(list)
	}
}

// bearerMethods are the ways of RFC 6750 §2. The list may be empty, and then says
// that there is none (RFC 9728 §2). A cookie is not one of them.
func (p *Protector) bearerMethods(config Config) []string {
	methods := []string{}
	if p.schemeNamed(bearer) != nil {
		methods = append(methods, "header")
	}
	if config.BufferedFormTokens {
		methods = append(methods, "body")
	}
	if config.InsecureQueryTokens {
		methods = append(methods, "query")
	}
	return methods
}

// proofAlgorithms are what the challenges of the schemes with proofs of RFC 9449 say
// in algs.
func (p *Protector) proofAlgorithms() (algorithms []string) {
	for _, s := range p.schemes {
		if !s.anyProof(func(proof Proof) bool { return proof.Confirms() == "jkt" }) {
			continue
		}
		value, _ := valueOf(s.params, "algs")
		for _, name := range strings.Fields(value) {
			if !slices.Contains(algorithms, name) {
				algorithms = append(algorithms, name)
			}
		}
	}
	return algorithms
}

// requiresDPoP reports whether [DPoP] is all there is: another validator, also one
// with a Proof of the caller's own, may let tokens pass that are not bound.
func (p *Protector) requiresDPoP() bool {
	for _, s := range p.schemes {
		for i := range s.validators {
			isDPoP := func(proof Proof) bool { _, ok := proof.(dpopProof); return ok }
			if !slices.ContainsFunc(s.validators[i].proofs, isDPoP) {
				return false
			}
		}
	}
	return true
}

func (p *Protector) anyProof(match func(Proof) bool) bool {
	return slices.ContainsFunc(p.schemes, func(s *scheme) bool { return s.anyProof(match) })
}

func (s *scheme) anyProof(match func(Proof) bool) bool {
	return slices.ContainsFunc(s.validators, func(v Validator) bool { return slices.ContainsFunc(v.proofs, match) })
}

// issuerFaults judges issuer identifiers (RFC 8414 §2).
func issuerFaults(issuers []string) (faults []error) {
	if issuers != nil && len(issuers) == 0 {
		return []error{errors.New("Config.AuthorizationServers is empty: name one, or leave it nil")}
	}
	for i, issuer := range issuers {
		_, err := publicURL(issuer)
		switch {
		case err != nil:
		case strings.ContainsAny(issuer, "?#"):
			err = errors.New("holds a query or a fragment, which no issuer has: remove it")
		case slices.Contains(issuers[:i], issuer):
			err = errors.New("is there already: remove it")
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("Config.AuthorizationServers[%d] %w", i, err))
		}
	}
	return faults
}
