package protector

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/resourceserver/scopes"
)

// judgePolicy looks at each part of the policy, in the order in which permits does.
func (x *pen) judgePolicy() {
	rule, g := x.rule, x.grant
	if rule.lifetime != nil {
		x.ask("withdrawn", func() *Error { return rule.lifetime.refuses(g) })
	}
	x.judgeExclusions()
	short := rule.lacksScope(g.token)
	x.judgeStepUp(short.scope())
	if rule.policy.Scopes != nil {
		x.note(x.scopesFinding(), short)
	}
	x.judgeRights()
	if rule.check != nil {
		x.ask("check", func() *Error { return rule.checks(x.r.Context(), g) })
	}
}

// ask has a function of the application judge the token. It may take who is named there
// for the one who calls, and act on it, so a stolen token must not come to it.
func (x *pen) ask(check string, judge func() *Error) {
	if x.good {
		x.note(Finding{Check: check}, judge())
	} else {
		x.leave(check, "the application is asked only about a token that is good, in a request that is")
	}
}

// judgeExclusions is what excludes does.
func (x *pen) judgeExclusions() {
	rule, token := x.rule, x.grant.token
	if rule.takes != nil {
		var err *Error
		if !rule.takes(token) {
			err = errForbidden(reasonTokenType, nil)
		}
		x.note(Finding{Check: "type", Expected: "a token of the type that the handler is for"}, err)
	}
	if rule.clients != nil {
		f := Finding{Check: "client", Found: presence(clientOf(token)), Expected: anyOf(rule.policy.Clients)}
		x.note(f, rule.clients.refuses(token))
	}
	if rule.undivided {
		x.note(Finding{Check: "delegation", Expected: "nobody to act for the subject"}, delegationRefuses(token))
	}
}

// counted says how many names there are, and not which.
func counted(names int) string {
	switch names {
	case 0:
		return "none"
	case 1:
		return "one name"
	}
	return strconv.Itoa(names) + " names"
}

// presence says whether there is a name, and not which: it may be a person's.
func presence(name string) string {
	if name == "" {
		return "none"
	}
	return "one"
}

func (x *pen) judgeStepUp(scope string) {
	s := x.rule.stepUp
	if s == nil {
		return
	}
	var expected []string
	if s.acr != nil {
		expected = append(expected, "acr "+anyOf(s.acr))
	}
	if s.maxAge != 0 {
		expected = append(expected, "authenticated up to "+s.maxAge.String()+" ago")
	}
	token := x.grant.token
	x.note(Finding{
		Check: "authentication", Expected: strings.Join(expected, ", "),
		Found: "acr " + presence(acrOf(token)) + ", authenticated " + x.when(authTimeOf(token)),
	}, s.refuses(token, scope))
}

// scopesFinding says of each alternative what is missing, hierarchy included.
func (x *pen) scopesFinding() Finding {
	granted := x.grant.token.Scopes()
	implied := x.rule.hierarchy.Expand(granted)
	f := Finding{Check: "scope", Found: listed(slices.Collect(granted.All()))}
	if more := implied.Len() - granted.Len(); more > 0 {
		f.Found += " and " + strconv.Itoa(more) + " that these imply"
	}
	var alternatives []string
	for _, alternative := range x.rule.policy.Scopes {
		text := shown(alternative)
		if missing := missingFrom(implied, alternative); missing != nil {
			text += " (without " + listed(missing) + ")"
		}
		alternatives = append(alternatives, text)
	}
	f.Expected = joined(alternatives, " or ")
	return f
}

func missingFrom(granted scopes.Set, alternative string) (missing []string) {
	for name := range strings.FieldsSeq(alternative) {
		if !granted.Has(name) {
			missing = append(missing, name)
		}
	}
	return missing
}

// judgeRights is what lacksRights does. Of names that people are put under, and of
// claims, it tells what is asked for, and not what the token has.
func (x *pen) judgeRights() {
	rule, token := x.rule, x.grant.token
	for i := range rule.names {
		n := &rule.names[i]
		check, names := rule.policy.rights(n.reason)
		f := Finding{Check: check, Found: counted(n.granted(token).Len()), Expected: anyOf(names)}
		x.note(f, n.refuses(token))
	}
	for i, claim := range rule.policy.Claims {
		values := make([]string, len(claim.AnyOf))
		for n, value := range claim.AnyOf {
			values[n] = asJSON(value)
		}
		f := Finding{Check: "claim", Expected: shown(strings.Join(claim.Path, " ")) + " is " + joined(values, " or ")}
		x.note(f, claimsRefuse(rule.claims[i:i+1], token))
	}
}

// asJSON writes a string, a number or a boolean of a policy so that these are told apart.
func asJSON(value any) string {
	known, _ := scalarOf(value)
	if known.kind == aString {
		return shown(known.text)
	}
	text, err := json.Marshal(value)
	if err != nil { // of a type whose MarshalJSON fails
		return shown(known.text)
	}
	return plain(string(text))
}

// rights returns the part of the policy that refuses for the reason.
func (policy Policy) rights(reason string) (check string, names []string) {
	switch reason {
	case reasonInsufficientGroups:
		return "groups", policy.Groups
	case reasonInsufficientRoles:
		return "roles", policy.Roles
	}
	return "entitlements", policy.Entitlements
}

// when shows a time, and how far from now it is.
func (x *pen) when(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	ago := x.protector.now().Sub(t).Round(time.Second)
	if ago < 0 {
		return t.UTC().Format(time.RFC3339) + " (in " + (-ago).String() + ")"
	}
	return t.UTC().Format(time.RFC3339) + " (" + ago.String() + " ago)"
}
