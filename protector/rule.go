package protector

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"example.com/resourceserver/scopes"
)

// Rule is a [Policy], ready for use by the [Protector] that made it, with
// [Protector.NewRule]. It never changes, and is safe for concurrent use.
type Rule struct {
	by         *identity
	name       string // Policy.Name
	vary       string // where what the answer depends on is, besides the resource
	scopes     scopes.Requirement
	hierarchy  scopes.Hierarchy // of what was granted
	clients    *clientRule      // nil: every client
	names      []nameRule
	claims     []claimRule
	stepUp     *stepUp // nil: however the user has authenticated
	check      func(context.Context, Token) error
	undivided  bool // nobody may act in the place of the subject
	optional   bool
	overlooked bool             // no validator is for the Authorization field
	wanted     string           // the scope that a challenge without error names, or empty
	takes      func(Token) bool // nil: tokens of any type
	lifetime   *lifetime        // nil: the decision holds as long as the request
	shadow     *shadow          // nil: the rule is enforced
	policy     Policy           // what it was made of, for whoever lists it
}

type nameRule struct {
	required scopes.Requirement
	granted  func(Token) scopes.Set
	reason   string
}

// NewRule compiles a policy for [Protector.Check]. The error joins every fault that
// [Policy.Validate] finds, and what the policy asks for that none of the protector's
// tokens can tell. The policy is copied.
func (p *Protector) NewRule(policy Policy) (*Rule, error) {
	if err := p.unbuilt("NewRule"); err != nil {
		return nil, err
	}
	return p.declare("NewRule", policy)
}

func (p *Protector) mustCompile(caller string, policy Policy) *Rule {
	p.mustBeBuilt(caller)
	rule, err := p.declare(caller, policy)
	if err != nil {
		panic(err)
	}
	return rule
}

// declare compiles a policy that the program has stated, so that clients may know of
// its scopes, and the program of all of it.
func (p *Protector) declare(caller string, policy Policy) (*Rule, error) {
	rule, err := p.announce(caller, policy)
	if err == nil {
		p.state(caller, "", policy)
	}
	return rule, err
}

// announce is declare for a policy that is listed with more than its caller.
func (p *Protector) announce(caller string, policy Policy) (*Rule, error) {
	rule, err := p.compile(caller, policy)
	if err == nil {
		p.metadata.publish(policy.Scopes)
		p.warn(caller, rule)
	}
	return rule, err
}

func (p *Protector) compile(caller string, policy Policy) (*Rule, error) {
	rule, err := compile(caller, policy)
	faults := slices.Concat(p.unanswerable(policy), p.shadowFaults(policy))
	if err = errors.Join(err, faultsIn(caller, faults)); err != nil {
		return nil, err
	}
	rule.hierarchy, rule.policy = p.hierarchy, policy.clone()
	rule.by, rule.overlooked = p.identity, !p.readsAuthorization()
	if policy.UntilExpiry {
		rule.lifetime = &lifetime{p.now, policy.Withdrawn}
	}
	if rule.optional {
		rule.vary = p.vary
	}
	if until := policy.InsecureShadowUntil; !until.IsZero() {
		rule.shadow = &shadow{until: until.Round(0)} // by the clock on the wall, which goes on in sleep
	}
	if rule.stepUp != nil {
		rule.stepUp.now = p.now
	}
	if p.scopeInChallenge {
		rule.wanted = rule.scopes.Nearest(scopes.Set{})
	}
	return rule, nil
}

// made reports whether the rule is this protector's, which New has built. Any
// other was compiled for somebody else's tokens, or is a zero Rule, which would
// ask for nothing.
func (p *Protector) made(rule *Rule) bool { return rule != nil && rule.by == p.identity }

// admits checks what the grant permits.
func (rule *Rule) admits(r *http.Request, g *grant) *Error {
	if g.token != nil {
		return rule.permits(r.Context(), g)
	}
	if rule.optional {
		return nil
	}
	err := errNoCredentials(r, rule.overlooked)
	err.Scope = rule.wanted
	return err
}

// permits checks what the token grants, cheapest part first. A token that has ended
// grants nothing, so that comes before.
//
// How the user has authenticated comes before what makes a 403: what a token
// grants may depend on that, and one challenge tells of both (RFC 9470 §3).
func (rule *Rule) permits(ctx context.Context, g *grant) *Error {
	if err := rule.lifetime.refuses(g); err != nil {
		return err
	}
	if err := rule.excludes(g.token); err != nil {
		return err
	}
	short := rule.lacksScope(g.token)
	if rule.stepUp != nil {
		if err := rule.stepUp.refuses(g.token, short.scope()); err != nil {
			return err
		}
	}
	if short != nil {
		return short
	}
	if err := rule.lacksRights(g.token); err != nil {
		return err
	}
	if rule.check == nil {
		return nil
	}
	return rule.checks(ctx, g)
}

// checks asks Policy.Check.
func (rule *Rule) checks(ctx context.Context, g *grant) *Error {
	if err := rule.check(withGrant(ctx, g), g.token); err != nil {
		return fromCheck(err, g.credential.token, errForbidden(reasonPolicyCheck, nil))
	}
	return nil
}

// excludes looks at what neither another scope nor another authentication would mend:
// to ask for these first would send the client on its way in vain.
func (rule *Rule) excludes(token Token) *Error {
	if rule.takes != nil && !rule.takes(token) {
		return errForbidden(reasonTokenType, nil)
	}
	if err := rule.clients.refuses(token); err != nil {
		return err
	}
	if rule.undivided {
		return delegationRefuses(token)
	}
	return nil
}

// lacksScope looks at what was granted before it looks at what that implies.
func (rule *Rule) lacksScope(token Token) *Error {
	granted := token.Scopes()
	if rule.scopes.SatisfiedBy(granted) {
		return nil
	}
	granted = rule.hierarchy.Expand(granted)
	if rule.scopes.SatisfiedBy(granted) {
		return nil
	}
	err := errForbidden(reasonInsufficientScope, nil)
	err.Scope = rule.scopes.Nearest(granted)
	return err
}

func (rule *Rule) lacksRights(token Token) *Error {
	for i := range rule.names {
		if err := rule.names[i].refuses(token); err != nil {
			return err
		}
	}
	return claimsRefuse(rule.claims, token)
}

func (n *nameRule) refuses(token Token) *Error {
	if !n.required.SatisfiedBy(n.granted(token)) {
		return errForbidden(n.reason, nil)
	}
	return nil
}

// compile turns a policy into a rule that is nobody's yet. The error joins every
// fault.
func compile(caller string, policy Policy) (*Rule, error) {
	rule := &Rule{name: policy.Name, scopes: scopes.Unrestricted(), check: policy.Check, optional: policy.Optional}
	var faults []error
	build := func(field string, names []string, parse parser) scopes.Requirement {
		required, err := parse(names...)
		faults = append(faults, faultsOf(field, names, err)...)
		return required
	}
	if policy.Scopes != nil {
		rule.scopes = build("scopes", policy.Scopes, scopes.AnyOf)
		faults = append(faults, commaFaults(policy.Scopes)...)
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
			rule.names = append(rule.names, nameRule{required, part.granted, part.reason})
		}
	}
	if policy.Withdrawn != nil && !policy.UntilExpiry {
		faults = append(faults,
			errors.New("the function Withdrawn has no effect without UntilExpiry: set both, or leave it out"))
	}
	if at := slices.IndexFunc(policy.Claims, isAboutActor); policy.NoDelegation && at >= 0 {
		faults = append(faults, fmt.Errorf("NoDelegation is set, and rule %d of Claims is about act, so that nobody can "+
			"pass: leave one out", at+1))
	}
	if policy.Optional && !policy.InsecureShadowUntil.IsZero() {
		faults = append(faults, errors.New("InsecureShadowUntil is set, and so is Optional, which lets in who has no "+
			"token anyway: leave one out"))
	}
	faults = slices.Concat(faults, labelFaults(policy.Name),
		clientFaults(policy.Clients), claimFaults(policy.Claims), stepUpFaults(policy))
	if len(faults) > 0 {
		return nil, faultsIn(caller, faults)
	}
	rule.clients, rule.claims = newClientRule(policy.Clients), newClaimRules(policy.Claims)
	rule.undivided, rule.stepUp = policy.NoDelegation, newStepUp(policy)
	return rule, nil
}

// labelFaults keeps a name fit for a metric label.
func labelFaults(name string) []error {
	const longest = 64
	if name == "" || len(name) <= longest && isPlain(name) {
		return nil
	}
	return []error{fmt.Errorf("the Name is %.70q: use up to %d printable ASCII characters, "+
		"without spaces, commas, quotes and backslashes", name, longest)}
}

// commaFaults refuses alternatives that are written as one text. RFC 6749 §3.3 lets a
// scope hold a comma; nobody calls one so, but for the query in those of SMART on FHIR,
// and a rule that asks for such a scope by mistake keeps everybody out.
func commaFaults(alternatives []string) (faults []error) {
	for i, alternative := range alternatives {
		for name := range strings.FieldsSeq(alternative) {
			if plain, _, _ := strings.Cut(name, "?"); strings.Contains(plain, ",") {
				faults = append(faults, fmt.Errorf("scopes: alternative %d (%.80q) holds a comma, which separates nothing: "+
					`write "a", "b" for a OR b, and "a b" for a AND b`, i+1, alternative))
				break
			}
		}
	}
	return faults
}

// faultsIn joins the faults of a policy, in the name of the function that got it.
func faultsIn(caller string, faults []error) error {
	named := make([]error, len(faults))
	for i, fault := range faults {
		named[i] = fmt.Errorf("protector: %s: %w", caller, fault)
	}
	return errors.Join(named...)
}

type parser func(alternatives ...string) (scopes.Requirement, error)

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
		text := strings.TrimSpace(strings.TrimPrefix(line, "scopes: "))
		faults = append(faults, fmt.Errorf("%s: %s", field, text))
	}
	return faults
}

func isAboutActor(rule ClaimRule) bool { return len(rule.Path) > 0 && rule.Path[0] == "act" }
