package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/resourceserver/protector"
)

// listed is a route as the page shows it.
type listed struct {
	Pattern string `json:"pattern"`
	Needs   string `json:"needs"`
}

// inventory lists the routes in the order of their registration, and after a resource
// its methods.
func inventory(routes *protector.Routes, resources map[string]protector.Methods) []listed {
	var list []listed
	for _, route := range routes.All() {
		needs := "open"
		if !route.Open {
			needs = inWords(route.Policy)
		}
		list = append(list, listed{route.Pattern, needs})
		methods := resources[route.Pattern]
		for _, method := range slices.Sorted(maps.Keys(methods)) {
			list = append(list, listed{method + " " + route.Pattern, inWords(methods[method].Policy)})
		}
	}
	return list
}

// inWords says what a policy of this API asks for.
func inWords(policy protector.Policy) string {
	parts := []string{"a valid token"}
	if len(policy.Scopes) > 0 {
		parts = append(parts, "scope "+alternatives(policy.Scopes))
	}
	if len(policy.ACR) > 0 {
		parts = append(parts, "acr "+strings.Join(policy.ACR, " or "))
	}
	if policy.MaxAge > 0 {
		parts = append(parts, fmt.Sprintf("a login of the last %.0f minutes", policy.MaxAge.Minutes()))
	}
	if policy.Optional {
		parts = append(parts, "or no token at all")
	}
	return strings.Join(parts, ", ")
}

// alternatives says "a and b, or c" of {"a b", "c"}.
func alternatives(list []string) string {
	names := make([]string, len(list))
	for i, item := range list {
		names[i] = strings.Join(strings.Fields(item), " and ")
	}
	return strings.Join(names, ", or ")
}
