package protector

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Inventory is what a protector asks for, as data: for reviews, for a page, and for a
// test that compares it with a file. It holds nothing of tokens, keys and requests. Get it
// from [Protector.Inventory].
type Inventory struct {
	_ [0]func() // no unkeyed literals

	// Rules are the policies that the program has stated and the routes that it has
	// opened, sorted, each once.
	Rules []RuleEntry `json:"rules"`

	// Hierarchy says that scopes may be granted by broader ones, see Config.Hierarchy.
	Hierarchy bool `json:"hierarchy,omitempty"`

	// LeftOut is how many rules are missing: after 4096, no more are listed.
	LeftOut int `json:"left_out,omitempty"`

	places []place
}

// RuleEntry is one policy, or one open route, of an [Inventory]. The fields that are not
// explained here are those of [Policy].
type RuleEntry struct {
	_ [0]func() // no unkeyed literals

	// Pattern is that of a route of [Routes], or empty: where a middleware stands, only
	// the router knows.
	Pattern string `json:"pattern,omitempty"`

	// By is the function that was given the policy, such as "Require" or "Methods: GET".
	// The one by "Routes: no route" is for whatever has none.
	By string `json:"by"`

	// Open says that there is no policy, and that everybody passes.
	Open bool `json:"open,omitempty"`

	Name         string           `json:"name,omitempty"`
	Optional     bool             `json:"optional,omitempty"`
	Scopes       []string         `json:"scopes,omitempty"`
	Groups       []string         `json:"groups,omitempty"`
	Roles        []string         `json:"roles,omitempty"`
	Entitlements []string         `json:"entitlements,omitempty"`
	Clients      []string         `json:"clients,omitempty"`
	Claims       []ClaimRuleEntry `json:"claims,omitempty"`
	NoDelegation bool             `json:"no_delegation,omitempty"`
	ACR          []string         `json:"acr,omitempty"`

	// MaxAgeSeconds is Policy.MaxAge.
	MaxAgeSeconds int64 `json:"max_age_seconds,omitempty"`

	// Check and Withdrawn say that the policy has such a function.
	Check     bool `json:"check,omitempty"`
	Withdrawn bool `json:"withdrawn,omitempty"`

	UntilExpiry bool `json:"until_expiry,omitempty"`

	// InsecureShadowUntil is zero where the policy is enforced, and ShadowOver says that
	// the day has come, so that it is enforced in spite of it.
	InsecureShadowUntil time.Time `json:"insecure_shadow_until,omitzero"`
	ShadowOver          bool      `json:"shadow_over,omitempty"`
}

// ClaimRuleEntry is a [ClaimRule] in an [Inventory].
type ClaimRuleEntry struct {
	_ [0]func() // no unkeyed literals

	Path  []string `json:"path"`
	AnyOf []any    `json:"any_of"`
}

// Inventory lists the policies that the protector was given so far, by [Protector.Require]
// and whatever else wires handlers, [Protector.NewRule] and [Routes]. What is asked for in
// a handler, by [Protector.Acquire], is not in it. It is a copy.
func (p *Protector) Inventory() Inventory {
	p.mustBeBuilt("Inventory")
	inventory := p.stated.inventory(p.now())
	inventory.Hierarchy, inventory.places = p.hierarchical, p.listPlaces()
	return inventory
}

// maxStated bounds the list: a program may make rules of what comes with requests.
const maxStated = 4096

// statements are what a program has asked for.
type statements struct {
	mu      sync.Mutex
	entries []RuleEntry
	leftOut int
}

func (s *statements) add(e RuleEntry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.entries) >= maxStated {
		s.leftOut++
		return
	}
	s.entries = append(s.entries, e)
}

func (s *statements) inventory(now time.Time) Inventory {
	s.mu.Lock()
	inventory := Inventory{Rules: make([]RuleEntry, len(s.entries)), LeftOut: s.leftOut}
	for i, e := range s.entries {
		inventory.Rules[i] = e.clone()
	}
	s.mu.Unlock()
	keys := make(map[string]RuleEntry, len(inventory.Rules))
	for i := range inventory.Rules {
		e := &inventory.Rules[i]
		e.ShadowOver = !e.InsecureShadowUntil.IsZero() && !now.Before(e.InsecureShadowUntil)
		keys[e.key()] = *e
	}
	inventory.Rules = inventory.Rules[:0]
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		inventory.Rules = append(inventory.Rules, keys[key])
	}
	return inventory
}

// key sorts by path, so that the methods of one stand together, and tells any two
// entries apart.
func (e RuleEntry) key() string {
	method, path := cutMethod(e.Pattern)
	text, _ := json.Marshal(e) // texts and what a claim may be: cannot fail
	return path + "\x00" + method + "\x00" + e.By + "\x00" + string(text)
}

// cutMethod cuts a pattern of [http.ServeMux] into its method, if it names one, and the
// rest.
func cutMethod(pattern string) (method, rest string) {
	if at := strings.IndexAny(pattern, " \t"); at >= 0 {
		return pattern[:at], strings.TrimLeft(pattern[at:], " \t")
	}
	return "", pattern
}

// state puts a policy on the list.
func (p *Protector) state(caller, pattern string, policy Policy) {
	policy = policy.clone()
	e := RuleEntry{
		Pattern: pattern, By: caller, Name: policy.Name, Optional: policy.Optional,
		Scopes: policy.Scopes, Groups: policy.Groups, Roles: policy.Roles, Entitlements: policy.Entitlements,
		Clients: policy.Clients, NoDelegation: policy.NoDelegation, ACR: policy.ACR,
		MaxAgeSeconds: int64(policy.MaxAge / time.Second),
		Check:         policy.Check != nil, Withdrawn: policy.Withdrawn != nil, UntilExpiry: policy.UntilExpiry,
		InsecureShadowUntil: policy.InsecureShadowUntil,
	}
	for _, rule := range policy.Claims {
		e.Claims = append(e.Claims, ClaimRuleEntry{Path: rule.Path, AnyOf: rule.AnyOf})
	}
	p.stated.add(e)
}

func (e RuleEntry) clone() RuleEntry {
	for _, list := range []*[]string{&e.Scopes, &e.Groups, &e.Roles, &e.Entitlements, &e.Clients, &e.ACR} {
		*list = slices.Clone(*list)
	}
	e.Claims = slices.Clone(e.Claims)
	for i, rule := range e.Claims {
		e.Claims[i].Path, e.Claims[i].AnyOf = slices.Clone(rule.Path), slices.Clone(rule.AnyOf)
	}
	return e
}

// Markdown writes the inventory as a table: route, what it asks for, and who stated it.
func (inventory Inventory) Markdown() string {
	var b strings.Builder
	b.WriteString("| route | asks for | by |\n|---|---|---|\n")
	for _, e := range inventory.Rules {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", cell(cmp.Or(e.Pattern, "—")), cell(e.asks()), cell(e.By))
	}
	if inventory.Hierarchy {
		b.WriteString("\nScopes may be granted by broader ones.\n")
	}
	if inventory.LeftOut > 0 {
		fmt.Fprintf(&b, "\n%d more rules are left out.\n", inventory.LeftOut)
	}
	return b.String()
}

// cell keeps a text within its cell, as what it says.
var cell = strings.NewReplacer("\\", "\\\\", "|", "\\|", "`", "\\`", "<", "&lt;", "&", "&amp;", "*", "\\*", "_", "\\_",
	"[", "\\[", "\n", " ", "\r", " ").Replace

// asks is a sentence about the entry.
func (e RuleEntry) asks() string {
	if e.Open {
		return "nothing: open"
	}
	parts := []string{"a token"}
	add := func(format string, values ...any) { parts = append(parts, fmt.Sprintf(format, values...)) }
	for _, list := range []struct {
		name  string
		items []string
	}{
		{"scope", e.Scopes}, {"group", e.Groups}, {"role", e.Roles}, {"entitlement", e.Entitlements},
		{"client", e.Clients}, {"acr", e.ACR},
	} {
		if len(list.items) > 0 {
			add("%s %s", list.name, each(list.items, " OR "))
		}
	}
	for _, rule := range e.Claims {
		values := make([]string, len(rule.AnyOf))
		for i, value := range rule.AnyOf {
			values[i] = asJSON(value)
		}
		add("claim %s is %s", each(rule.Path, " / "), strings.Join(values, " or "))
	}
	if e.MaxAgeSeconds > 0 {
		add("signed in within %v", time.Duration(e.MaxAgeSeconds)*time.Second)
	}
	for _, part := range []struct {
		is   bool
		text string
	}{
		{e.NoDelegation, "nobody acting for the subject"}, {e.Check, "a check of its own"},
		{e.UntilExpiry, "until it expires"}, {e.Withdrawn, "or is withdrawn"},
	} {
		if part.is {
			parts = append(parts, part.text)
		}
	}
	text := strings.Join(parts, ", ")
	if e.Optional {
		text = "nothing, or " + text
	}
	if e.shadowed() {
		text = "NOT ENFORCED until " + e.InsecureShadowUntil.UTC().Format(time.RFC3339) + ": " + text
	}
	return text
}

// each joins texts. One that could be taken for several, or for the rest of the sentence, is quoted.
func each(texts []string, separator string) string {
	told := slices.Clone(texts)
	for i, text := range told {
		if strings.Contains(text, separator) || strings.ContainsAny(text, "\",") {
			told[i] = strconv.Quote(text)
		}
	}
	return strings.Join(told, separator)
}

func (e RuleEntry) shadowed() bool { return !e.InsecureShadowUntil.IsZero() && !e.ShadowOver }
