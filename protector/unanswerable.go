package protector

import (
	"fmt"
	"reflect"
)

// unanswerable reports what a policy asks of tokens that none of the validators' can
// say: nobody could ever pass. What is in an interface shows only when it comes.
//
// Groups, roles, entitlements and the parts of step-up are let be: a token without
// them is one without such rights.
func (p *Protector) unanswerable(policy Policy) (faults []error) {
	for _, part := range []struct {
		field  string
		asked  bool
		method string
		token  reflect.Type
	}{
		{"claims", policy.Claims != nil, claimMethod, reflect.TypeFor[ClaimToken]()},
		{"no delegation", policy.NoDelegation, claimMethod, reflect.TypeFor[ClaimToken]()},
		{"clients", policy.Clients != nil, "ClientID() string", reflect.TypeFor[ClientToken]()},
	} {
		if part.asked && !p.mayMake(part.token) {
			faults = append(faults, fmt.Errorf("%s: no token has the method %s, by which it would tell: "+
				"add it to the type that a validator makes, or remove this", part.field, part.method))
		}
	}
	return faults
}

const claimMethod = "Claim(path ...string) (value any, ok bool)"

// mayMake reports whether a validator makes tokens with the methods of the interface,
// or might.
func (p *Protector) mayMake(methods reflect.Type) bool {
	for _, s := range p.schemes {
		for _, v := range s.validators {
			if v.makes.Kind() == reflect.Interface || v.makes.Implements(methods) {
				return true
			}
		}
	}
	return false
}
