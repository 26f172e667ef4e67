package protector

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"example.com/resourceserver/scopes"
)

// Policy is what a token must be to pass. Every part that is set must hold. In
// each list the items are alternatives, and the spaces inside an item join
// names that are needed together, as in the package scopes. The zero Policy
// asks for any valid token.
//
// A token that does not meet the policy is answered 403 insufficient_scope
// (RFC 6750 §3.1, RFC 9068 §2.2.3.1); the challenge names scopes only where
// scopes were missing. Policies compose by nesting: all of them hold.
type Policy struct {
	_ [0]func() // no unkeyed literals

	// Scopes are compared with what the token was granted. Nil asks for none; a
	// list that is empty without being nil is a fault, as it may be meant as
	// "nobody" or as "everybody".
	Scopes []string

	// Groups, Roles and Entitlements (RFC 7643 §4.1.2, RFC 9068 §2.2.3.1) are
	// compared with the token's methods of that name. A token without the method
	// has none.
	Groups       []string
	Roles        []string
	Entitlements []string

	// Check is a rule of the caller's own, asked last. An error refuses with
	// 403, with these exceptions: an [*Error] is the answer itself; an error
	// whose InvalidToken() says true is 401; and one that looks like an outage
	// is 503: a net.Error, a time-out, a cancelled context, or an error with a
	// method RetryAfter() time.Duration. Return &Error{Status: 503, Err: err}
	// for outages of other looks. It is not called for anonymous requests.
	Check func(ctx context.Context, token Token) error

	// Optional lets requests without a token through, as [Protector.Optional].
	Optional bool
}

// Validate reports every fault of the policy, joined: what would make
// [Protector.RequirePolicy] panic. It is for policies that are read from
// somewhere instead of being written in the program.
func (policy Policy) Validate() error {
	_, err := compile("Policy", policy)
	return err
}

// rule is a policy, ready for use.
type rule struct {
	scopes   scopes.Requirement
	names    []nameRule
	check    func(context.Context, Token) error
	optional bool
}

type nameRule struct {
	required scopes.Requirement
	granted  func(Token) scopes.Set
	reason   string
}

// permits checks what the token grants, cheapest part first.
func (rule *rule) permits(ctx context.Context, g *grant) *Error {
	if granted := g.token.Scopes(); !rule.scopes.SatisfiedBy(granted) {
		err := errForbidden(reasonInsufficientScope)
		err.Scope = rule.scopes.Nearest(granted)
		return err
	}
	for i := range rule.names {
		if n := &rule.names[i]; !n.required.SatisfiedBy(n.granted(g.token)) {
			return errForbidden(n.reason)
		}
	}
	if rule.check == nil {
		return nil
	}
	if err := rule.check(ctx, g.token); err != nil {
		return fromCheck(err, g.credential.token, errForbidden(reasonPolicyCheck))
	}
	return nil
}

func mustCompile(caller string, policy Policy) *rule {
	rule, err := compile(caller, policy)
	if err != nil {
		panic(err)
	}
	return rule
}

// compile turns a policy into a rule. The error joins every fault.
func compile(caller string, policy Policy) (*rule, error) {
	compiled := &rule{scopes: scopes.Unrestricted(), check: policy.Check, optional: policy.Optional}
	var faults []error
	build := func(field string, names []string, parse func(...string) (scopes.Requirement, error)) scopes.Requirement {
		required, err := parse(names...)
		for _, fault := range faultsOf(field, names, err) {
			faults = append(faults, fmt.Errorf("protector: %s: %w", caller, fault))
		}
		return required
	}
	if policy.Scopes != nil {
		compiled.scopes = build("scopes", policy.Scopes, scopes.AnyOf)
	}
	for _, part := range []struct {
		field   string
		names   []string
		granted func(Token) scopes.Set
		reason  string
	}{
		{"groups", policy.Groups, groupsOf, reasonInsufficientGroups},
		{"roles", policy.Roles, rolesOf, reasonInsufficientRoles},
		{"entitlements", policy.Entitlements, entitlementsOf, reasonInsufficientRights},
	} {
		if part.names != nil {
			required := build(part.field, part.names, scopes.AnyOfNames)
			compiled.names = append(compiled.names, nameRule{required, part.granted, part.reason})
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return compiled, nil
}

// faultsOf puts the faults that the package scopes found in this package's
// terms: there, "scopes" is its name, and an empty list has another remedy.
func faultsOf(field string, names []string, err error) (faults []error) {
	if err == nil {
		return nil
	}
	if len(names) == 0 {
		return []error{fmt.Errorf("the list of %s is empty: name at least one, or leave it nil", field)}
	}
	for line := range strings.Lines(err.Error()) {
		faults = append(faults, fmt.Errorf("%s: %s", field, strings.TrimSpace(strings.TrimPrefix(line, "scopes: "))))
	}
	return faults
}

// requirements remembers what Acquire was asked for, so that a handler does not
// have it parsed for every request. Lists that come from the program are few.
// Lists that are made up from requests are not, so the memory is bounded, and
// those that do not fit are parsed each time.
type requirements struct {
	known atomic.Pointer[map[string]*rule]
}

const maxRequirements = 256

func (m *requirements) rule(alternatives []string) (*rule, error) {
	var space [128]byte
	key := appendKey(space[:0], alternatives)
	known := m.known.Load()
	if known != nil {
		if found, ok := (*known)[string(key)]; ok {
			return found, nil
		}
	}
	// A copy, so that the caller's list stays on its stack when it is known.
	compiled, err := compile("Acquire", Policy{Scopes: slices.Clone(alternatives)})
	if err != nil {
		return nil, err
	}
	m.remember(known, string(key), compiled)
	return compiled, nil
}

// remember replaces the map by a larger one. Who loses the race parses once
// more next time.
func (m *requirements) remember(known *map[string]*rule, key string, compiled *rule) {
	larger := map[string]*rule{key: compiled}
	if known != nil {
		if len(*known) >= maxRequirements {
			return
		}
		for k, v := range *known {
			larger[k] = v
		}
	}
	m.known.CompareAndSwap(known, &larger)
}

// appendKey writes the list so that no two lists have the same key: a separator
// alone would make ["a|b"], which is refused, look like ["a", "b"].
func appendKey(key []byte, alternatives []string) []byte {
	if alternatives != nil {
		key = append(key, '+') // nil and empty differ
	}
	for _, a := range alternatives {
		key = strconv.AppendInt(key, int64(len(a)), 10)
		key = append(key, ':')
		key = append(key, a...)
	}
	return key
}
