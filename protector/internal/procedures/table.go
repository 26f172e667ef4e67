// Package procedures is what the guards of servers of remote procedure calls share:
// which policy is for which procedure, and how a refusal is told where it is not a
// status of HTTP.
package procedures

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/resourceserver/protector"
)

// Table says what guards each procedure. It never changes.
type Table struct {
	room     string
	exact    map[string]*Entry // by "/pkg.Service/Method"
	services map[string]*Entry // by "/pkg.Service/"
	closed   *Entry            // for what nobody has declared
}

// Entry is what guards a procedure, or every procedure of a service.
type Entry struct {
	// Pattern is how the table has it, or empty if nobody has declared it. What
	// clients make up is in no pattern.
	Pattern string
	Rule    *protector.Rule // nil: it is open
	Limited bool            // a call lasts no longer than its token
}

// New compiles a table for a room whose Config has the fields Policies and Open. The
// error joins every fault.
func New(
	room string, guard *protector.Protector, policies map[string]protector.Policy, open []string,
) (*Table, error) {
	closed, err := guard.NewRule(protector.Policy{Check: refuse})
	if err != nil {
		return nil, fmt.Errorf("%s: New was given a nil or zero Protector: build one with protector.New, "+
			"and check its error", room)
	}
	t := &Table{
		room: room, exact: make(map[string]*Entry), services: make(map[string]*Entry), closed: &Entry{Rule: closed},
	}
	faults := t.addPolicies(guard, policies)
	for i, name := range open {
		if fault := t.add(&Entry{Pattern: name}); fault != "" {
			faults = append(faults, fmt.Errorf("Config.Open[%d] is %q%s", i, name, fault))
		}
	}
	if len(policies)+len(open) == 0 {
		faults = append(faults, errors.New("Config.Policies is empty: name the procedures that may be called"))
	}
	for i, fault := range faults {
		faults[i] = fmt.Errorf("%s: %w", room, fault)
	}
	return t, errors.Join(faults...)
}

// refuse is the policy of what has none. Whoever has no good token is told so, and
// does not learn what is declared.
func refuse(context.Context, protector.Token) error {
	return &protector.Error{Status: 403, Code: "access_denied", Reason: "undeclared"}
}

func (t *Table) addPolicies(guard *protector.Protector, policies map[string]protector.Policy) (faults []error) {
	for _, name := range slices.Sorted(maps.Keys(policies)) {
		policy := policies[name]
		rule, err := guard.NewRule(policy)
		if err != nil {
			for line := range strings.Lines(err.Error()) {
				text := strings.TrimPrefix(strings.TrimSpace(line), "protector: NewRule: ")
				faults = append(faults, fmt.Errorf("Config.Policies[%q] is not usable: %s", name, text))
			}
			continue
		}
		if fault := t.add(&Entry{name, rule, policy.UntilExpiry}); fault != "" {
			faults = append(faults, fmt.Errorf("Config.Policies has the key %q%s", name, fault))
		}
	}
	return faults
}

// add returns what is wrong with the name, if anything is.
func (t *Table) add(e *Entry) string {
	service, method := cut(e.Pattern)
	inner, rooted := strings.CutPrefix(service, "/")
	if !rooted || !isName(strings.TrimSuffix(inner, "/")) || method != "*" && !isName(method) {
		return `: write it as "/package.Service/Method", or "/package.Service/*" for the whole service`
	}
	entries, key := t.exact, e.Pattern
	if method == "*" {
		entries, key = t.services, service
	}
	if entries[key] != nil {
		return ", which is declared already: leave one out"
	}
	entries[key] = e
	return ""
}

// cut splits where servers of gRPC do: at the last slash, which stays with the service.
func cut(procedure string) (service, method string) {
	end := strings.LastIndexByte(procedure, '/') + 1
	return procedure[:end], procedure[end:]
}

// isName reports whether a name could be that of a service or of a method: letters,
// digits and what stands between them. It is not about what protobuf allows, but
// about what routers read in one way only.
func isName(name string) bool {
	for _, c := range []byte(name) {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			if (c < '0' || c > '9') && c != '_' && c != '.' && c != '-' {
				return false
			}
		}
	}
	return strings.Trim(name, ".") != ""
}

// For returns what guards a procedure, as the client has written it. An entry of its
// own comes before that of its service.
func (t *Table) For(procedure string) *Entry {
	if e := t.exact[procedure]; e != nil {
		return e
	}
	service, method := cut(procedure)
	if e := t.services[service]; e != nil && isName(method) {
		return e
	}
	return t.closed
}

// Compare finds what the table has that no server has registered, and the other way
// round. The error joins all of it.
func (t *Table) Compare(registered []string) error {
	var faults []error
	used := make(map[*Entry]bool)
	for _, name := range slices.Sorted(slices.Values(registered)) {
		service, _ := cut(name)
		used[t.services[service]] = true
		used[t.exact[name]] = true
		if t.For(name) == t.closed {
			faults = append(faults, fmt.Errorf(
				"%s: %s is registered and not declared: add it to Config.Policies, or to Config.Open", t.room, name))
		}
	}
	for _, e := range t.entries() {
		if !used[e] {
			faults = append(faults, fmt.Errorf(
				"%s: %s is declared and not registered: correct its name, or remove it", t.room, e.Pattern))
		}
	}
	return errors.Join(faults...)
}

// entries returns what is declared, in the order of the names.
func (t *Table) entries() []*Entry {
	all := slices.AppendSeq(slices.Collect(maps.Values(t.exact)), maps.Values(t.services))
	slices.SortFunc(all, func(a, b *Entry) int { return strings.Compare(a.Pattern, b.Pattern) })
	return all
}
