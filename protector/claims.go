package protector

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"unicode/utf8"
)

// ClaimRule is what one claim of a token has to say, for [Policy].
type ClaimRule struct {
	_ [0]func() // no unkeyed literals

	// Path is where the claim is: its name, followed by the names of members inside it.
	// A name is a name, with its dots and slashes: {"https://api.example/plan"} is the
	// claim called so, and {"realm_access", "roles"} is inside another.
	Path []string

	// AnyOf are the values of which the claim must be one. Where it is an array, one of
	// its members must be one of them. Values are strings, booleans and numbers
	// (integers, floats and [encoding/json.Number]). They are equal if they are of the
	// same kind and say the same: "true" is not true, and "1" is not 1. Numbers are
	// compared as decimals, exactly: 1 is 1.0, and no digit of a long one is lost. A
	// float64 is the shortest decimal that reads as it.
	AnyOf []any
}

// claimRule is a ClaimRule, ready for use.
type claimRule struct {
	path  []string
	anyOf map[scalar]struct{}

	// The causes, for the log, which does not get to see the value.
	missing, other error
}

var errNoClaims = errors.New("the token has no method Claim, and so cannot tell")

// claimsRefuse returns the refusal of a token that one of the rules is not met by, or
// nil.
func claimsRefuse(rules []claimRule, token Token) *Error {
	if len(rules) == 0 {
		return nil
	}
	asked, ok := token.(ClaimToken)
	if !ok {
		return errForbidden(reasonInsufficientClaims, errNoClaims)
	}
	for i := range rules {
		if cause := rules[i].refuses(asked); cause != nil {
			return errForbidden(reasonInsufficientClaims, cause)
		}
	}
	return nil
}

// refuses returns why the token does not meet the rule, or nil.
func (rule *claimRule) refuses(token ClaimToken) error {
	value, ok := token.Claim(rule.path...)
	switch {
	case !ok:
		return rule.missing
	case !rule.metBy(value):
		return rule.other
	}
	return nil
}

func (rule *claimRule) metBy(value any) bool {
	switch list := value.(type) {
	case []any:
		return slices.ContainsFunc(list, rule.takes)
	case []string:
		return slices.ContainsFunc(list, func(text string) bool { return rule.takes(text) })
	}
	if rule.takes(value) {
		return true
	}
	list := reflect.ValueOf(value)
	if list.Kind() != reflect.Slice && list.Kind() != reflect.Array || list.Type().Elem().Kind() == reflect.Uint8 {
		return false // bytes are a text in disguise, and not a list of numbers
	}
	for i := range list.Len() {
		if rule.takes(list.Index(i).Interface()) {
			return true
		}
	}
	return false
}

func (rule *claimRule) takes(value any) bool {
	found, ok := scalarOf(value)
	if !ok {
		return false
	}
	_, ok = rule.anyOf[found]
	return ok
}

// newClaimRules returns the rules of a policy without faults.
func newClaimRules(claims []ClaimRule) []claimRule {
	rules := make([]claimRule, len(claims))
	for i, claim := range claims {
		rules[i] = claimRule{
			path:  slices.Clone(claim.Path),
			anyOf: make(map[scalar]struct{}, len(claim.AnyOf)),

			missing: fmt.Errorf("the token has no claim at %q", claim.Path),
			other:   fmt.Errorf("the claim at %q is none of the values in Policy.Claims", claim.Path),
		}
		for _, value := range claim.AnyOf {
			known, _ := scalarOf(value)
			rules[i].anyOf[known] = struct{}{}
		}
	}
	return rules
}

// deepestClaim bounds a path: no token that is accepted nests as deep.
const deepestClaim = 32

func claimFaults(claims []ClaimRule) (faults []error) {
	if claims != nil && len(claims) == 0 {
		return []error{errors.New("the list of claims is empty: state a rule, or leave it nil")}
	}
	for i, claim := range claims {
		for _, fault := range slices.Concat(pathFaults(claim.Path), valueFaults(claim.AnyOf)) {
			faults = append(faults, fmt.Errorf("claims: rule %d: %w", i+1, fault))
		}
	}
	return faults
}

func pathFaults(path []string) (faults []error) {
	switch {
	case len(path) == 0:
		return []error{errors.New("the path is empty: name a claim")}
	case len(path) > deepestClaim:
		return []error{fmt.Errorf("the path has %d names: use at most %d", len(path), deepestClaim)}
	}
	for i, name := range path {
		if name == "" || !utf8.ValidString(name) {
			faults = append(faults, fmt.Errorf("name %d of the path (%.80q) is empty or not UTF-8, as no claim's is: "+
				"write it as the issuer does", i+1, name))
		}
	}
	return faults
}

func valueFaults(anyOf []any) (faults []error) {
	if len(anyOf) == 0 {
		return []error{errors.New("AnyOf is empty: give at least one value, or remove the rule")}
	}
	seen := make(map[scalar]bool, len(anyOf))
	for i, value := range anyOf {
		known, ok := scalarOf(value)
		switch {
		case !ok:
			faults = append(faults, fmt.Errorf("value %d of AnyOf is a %T that no claim can equal: "+
				"use a string, a boolean or a finite number", i+1, value))
		case known.kind == aString && !utf8.ValidString(known.text):
			faults = append(faults, fmt.Errorf("value %d of AnyOf (%.80q) is not UTF-8, as no claim is: "+
				"write it as the issuer does", i+1, known.text))
		case seen[known]:
			faults = append(faults, fmt.Errorf("value %d of AnyOf (%.80v) is there already: remove it", i+1, value))
		}
		seen[known] = true
	}
	return faults
}
