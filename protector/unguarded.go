package protector

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Verify reports what a test should: each route that somebody reaches without a token
// (open, optional, or in shadow) and that is not among the named ones, and each name that
// stands for no such route. Patterns are named as they were registered.
//
//	if err := routes.Verify("GET /healthz"); err != nil {
//		t.Error(err)
//	}
func (routes *Routes) Verify(open ...string) error {
	named := make(map[string]bool, len(open))
	for _, pattern := range open {
		named[pattern] = true
	}
	var faults []error
	for _, route := range routes.all {
		why := route.unguarded()
		if why != "" && !named[route.Pattern] {
			faults = append(faults, fmt.Errorf(
				"protector: Routes: %q is %s: name it, or give it a policy", route.Pattern, why))
		}
		if why != "" {
			delete(named, route.Pattern)
		}
	}
	for _, pattern := range slices.Sorted(maps.Keys(named)) {
		faults = append(faults, fmt.Errorf(
			"protector: Routes: %q is named, and no such route is open, optional or in shadow: remove it", pattern))
	}
	return errors.Join(faults...)
}

// unguarded says why somebody without a token reaches the route, or nothing. A shadow
// counts although its day may have come: it is to be removed.
func (route Route) unguarded() string {
	switch {
	case route.Open:
		return "open"
	case route.Policy.Optional:
		return "optional"
	case !route.Policy.InsecureShadowUntil.IsZero():
		return "in shadow"
	}
	return ""
}
