package refusals

import (
	"strings"
	"testing"
)

// TryTools is [Service.TryCalls] for servers that decide in several steps, and have
// one policy for each operation, which nobody passes as anonymous.
func (s *Service) TryTools(t *testing.T, call func(*testing.T, Call) Reply) {
	s.tryCalls(t, func(r request) bool { return callable(r) && s.hasTool(r.target) }, call, answer.compareOutcomes)
}

func (s *Service) hasTool(path string) bool {
	for _, route := range s.Routes {
		if strings.TrimPrefix(route.Path, s.prefix) == path {
			return HasTool(route)
		}
	}
	return false
}

// HasTool reports whether the route is one that [Service.TryTools] asks for.
func HasTool(route Route) bool { return len(route.Policies) == 1 && !route.Policies[0].Optional }

// compareOutcomes expects the last decision to be that of net/http, and all steps
// after the first to use what that has found out.
func (a answer) compareOutcomes(t *testing.T, wanted answer) {
	t.Helper()
	if len(wanted.decisions) == 0 { // it broke
		return
	} else if len(a.decisions) == 0 {
		t.Error("nobody has decided")
		return
	}
	last, want := a.decisions[len(a.decisions)-1], wanted.decisions[len(wanted.decisions)-1]
	expect(t, "outcome", want.Outcome, last.Outcome)
	expect(t, "reason", want.Reason, last.Reason)
	expect(t, "status of the decision", want.Status, last.Status)
	expect(t, "subject", want.Subject, last.Subject)
	expect(t, "pattern", a.path, last.Pattern)
	for _, d := range a.decisions[1:] {
		expect(t, "reused", true, d.Reused)
	}
}
