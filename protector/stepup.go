package protector

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// longestMaxAge bounds Policy.MaxAge: nobody counts an authentication in years, but
// by a wrong unit.
const longestMaxAge = 365 * 24 * time.Hour

// stepUp is what a policy asks of how, and how recently, the user has
// authenticated (RFC 9470).
type stepUp struct {
	acr    []string      // one of these; nil: any
	maxAge time.Duration // at most; zero: any
	params []Param       // of the challenge
	now    func() time.Time

	otherACR, tooOld error // the causes, for the log
}

var (
	errNoAuthTime     = errors.New("no auth_time: have the issuer say when the user has authenticated")
	errFutureAuthTime = errors.New("auth_time is not reached yet: compare the clocks of this host and the issuer")
)

// refuses returns the refusal of a token that falls short, or nil. The challenge
// says all that the policy asks for, not only what is missing: a client that is
// told of max_age alone may come back with a fresher and weaker authentication.
// Scope is the scope that is missing as well (RFC 9470 §3), or empty.
func (s *stepUp) refuses(token Token, scope string) *Error {
	reason, cause := s.shortfall(token)
	if cause == nil {
		return nil
	}
	err := newError(http.StatusUnauthorized, codeStepUp, reason, cause)
	err.Scope, err.Params = scope, slices.Clone(s.params)
	return err
}

func (s *stepUp) shortfall(token Token) (reason string, cause error) {
	if s.acr != nil && !slices.Contains(s.acr, acrOf(token)) {
		return reasonInsufficientACR, s.otherACR
	}
	if s.maxAge == 0 {
		return "", nil
	}
	// By the wall clock: the monotonic one stops while the machine sleeps.
	switch authenticated, now := authTimeOf(token).Round(0), s.now().Round(0); {
	case authenticated.IsZero(): // RFC 9470 §5: what is not stated is not met
		return reasonInsufficientAuthTime, errNoAuthTime
	case authenticated.After(now):
		// Without leeway: a time that is ahead would stay fresh for longer than
		// was asked for, and how long it is ahead is the issuer's to say.
		return reasonInsufficientAuthTime, errFutureAuthTime
	case now.Sub(authenticated) > s.maxAge:
		return reasonInsufficientAuthTime, s.tooOld
	}
	return "", nil
}

// newStepUp returns what a policy without faults asks for, or nil if it asks for
// nothing.
func newStepUp(policy Policy) *stepUp {
	if policy.ACR == nil && policy.MaxAge == 0 {
		return nil
	}
	s := &stepUp{acr: slices.Clone(policy.ACR), maxAge: policy.MaxAge}
	if s.acr != nil {
		s.params = append(s.params, Param{"acr_values", strings.Join(s.acr, " ")})
		s.otherACR = fmt.Errorf("the token's acr is none of Policy.ACR, which is %q", s.acr)
	}
	if s.maxAge != 0 {
		s.params = append(s.params, Param{"max_age", strconv.FormatInt(int64(s.maxAge/time.Second), 10)})
		s.tooOld = fmt.Errorf("auth_time is further back than Policy.MaxAge, which is %v", s.maxAge)
	}
	return s
}

func stepUpFaults(policy Policy) []error {
	return append(acrFaults(policy.ACR), maxAgeFaults(policy.MaxAge)...)
}

// acrFaults: the values are sent in one list, parted by spaces, inside quotes.
func acrFaults(values []string) (faults []error) {
	if values != nil && len(values) == 0 {
		return []error{errors.New("the list of acr values is empty: name at least one, or leave it nil")}
	}
	for i, value := range values {
		switch {
		case strings.Trim(value, " ") == "":
			faults = append(faults, fmt.Errorf("acr: value %d is blank: name one, or remove it", i+1))
		case !isQuotable(value) || strings.Contains(value, " "):
			faults = append(faults, fmt.Errorf("acr: value %d (%q) cannot stand in a challenge: "+
				"use printable ASCII without spaces, quotes and backslashes", i+1, value))
		case slices.Contains(values[:i], value):
			faults = append(faults, fmt.Errorf("acr: value %d (%q) is there already: remove it", i+1, value))
		}
	}
	return faults
}

// maxAgeFaults: max_age is a whole number of seconds. Zero of them cannot be asked
// for: no token arrives at the instant in which its user authenticates.
func maxAgeFaults(d time.Duration) []error {
	switch {
	case d < 0:
		return []error{fmt.Errorf("max age is %v: leave it 0 to ask for none", d)}
	case d%time.Second != 0:
		return []error{fmt.Errorf("max age is %v, and is sent as whole seconds: write 5*time.Minute", d)}
	case d > longestMaxAge:
		return []error{fmt.Errorf("max age is %v: use up to %v", d, longestMaxAge)}
	}
	return nil
}
