package protector

import (
	"context"
	"slices"
	"time"
)

// Policy is what a token must be to pass. Every part that is set must hold. In
// each list the items are alternatives, and the spaces inside an item join
// names that are needed together, as in the package scopes. The zero Policy
// asks for any valid token.
//
// A token that does not meet the policy is answered 403 insufficient_scope
// (RFC 6750 §3.1, RFC 9068 §2.2.3.1); the challenge names scopes only where
// scopes were missing. One whose user has to authenticate otherwise, by ACR or
// MaxAge, is answered 401 insufficient_user_authentication (RFC 9470) before that,
// and is told in the same challenge which scopes are missing. Clients and NoDelegation
// come first of all: whom they refuse no other scope helps, and no other
// authentication. Policies compose by nesting: all of them hold.
type Policy struct {
	_ [0]func() // no unkeyed literals

	// Name is what the policy is called in [Decision] and in the log: up to 64 printable
	// ASCII characters, without spaces, commas, quotes and backslashes. Default: none.
	Name string

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

	// Clients are the clients whose tokens pass: the token's client must equal one of
	// them, byte by byte. Each item is one client, spaces included. The client is what
	// the token's method ClientID returns (see [ClientToken]): client_id, or what the
	// issuer has in its place, such as azp. A token that names no client, or has no such
	// method, falls short. A list with which no token could pass, since no validator
	// makes tokens with the method, is a fault. Nil lets every client pass.
	Clients []string

	// Claims are what further claims of the token have to say, each of them. The token
	// is asked by its method Claim (see [ClaimToken]); one that does not have the claim,
	// or the method, falls short, and a policy with which none could pass is a fault. Nil
	// asks for none.
	//
	//	Claims: []protector.ClaimRule{
	//		{Path: []string{"org", "plan"}, AnyOf: []any{"team", "enterprise"}},
	//		{Path: []string{"email_verified"}, AnyOf: []any{true}},
	//	}
	Claims []ClaimRule

	// NoDelegation refuses tokens by which somebody acts in the place of their subject:
	// those with an act claim (RFC 8693 §4.1), whatever it says. So is a token that has no
	// method Claim, and a policy with which none could pass is a fault. Default: who acts
	// does not matter. To admit certain actors only, state a rule in Claims, for the path
	// {"act", "sub"}; [Actors] tells who they are.
	NoDelegation bool

	// ACR are the authentication context classes of which the token's acr must
	// equal one, in order of preference (RFC 9470 §3). The challenge lists them in
	// that order, as acr_values. Each is printable ASCII without spaces, quotes and
	// backslashes. Letter case counts. Nil asks for none; an empty list is a fault.
	// A token that states no acr, or has no method ACR (see [ACRToken]), falls short.
	ACR []string

	// MaxAge is how long ago the user may have authenticated, by the token's
	// auth_time and Config.Now (RFC 9470 §3). The challenge says it as max_age. It is
	// whole seconds, from one to those of 365 days. Zero asks for nothing, and not
	// for max_age=0, which no token can meet by the time it arrives. A token that
	// states no auth_time, or has no method AuthTime (see [AuthTimeToken]), falls
	// short, and so does one from the future: there is no leeway.
	MaxAge time.Duration

	// Check is a rule of the caller's own, asked last. An error refuses with
	// 403, with these exceptions: an [*Error] is the answer itself; an error
	// whose InvalidToken() says true is 401; and one that looks like an outage
	// is 503: a net.Error, a time-out, a cancelled context, or an error with a
	// method RetryAfter() time.Duration. Return &Error{Status: 503, Err: err}
	// for other outages. It is not called for anonymous requests.
	//
	// The current token of its context is the token that it judges.
	Check func(ctx context.Context, token Token) error

	// Optional lets requests without a token through, as [Protector.Optional].
	Optional bool

	// InsecureShadowUntil tries the policy out before it is enforced. Until that time, and
	// no longer, every request goes on to the handler as if the policy were not there, and
	// with the answer that it would have got without it. Config.OnDecision and
	// Config.Logger are told what would have been decided: who called, and the status and
	// reason of the refusal. What it gives up: nobody is turned away. A validator that
	// panics or hangs does so here too, and what a policy in force would hide from the
	// handler, such as the token in a WebSocket's protocols, is where the client put it.
	//
	// A handler behind it has no current token by it, good token or not, and [Shadowed]
	// says so. What stands further in or out, such as another Require, decides for itself.
	// Proofs that count once are judged and not used up, so that a repeated one is not
	// noticed. UntilExpiry ends no request, and Config.Preflight is not asked.
	//
	// Write a date, and not a time from now, which every start would put off. It is at
	// most 90 days ahead. Config.Logger must be set: it gets a warning for each such
	// policy at the start, and one when the time has come, from which on the policy is
	// enforced. It does not go with Optional, [For] and [ForOptional].
	// Default: the policy is enforced.
	InsecureShadowUntil time.Time

	// UntilExpiry ends the context of the request when its token ends, leeway
	// included: for event streams, WebSockets and whatever else lasts longer than
	// its decision. The handler has to watch the context. [context.Cause] then is
	// the [*Error] that a request would get which came now. Anonymous requests and
	// tokens without expiry go on.
	//
	// It costs a timer while the request lasts, and no goroutine. It stops with the
	// handler; behind [Protector.Check], with the context of the request that Check
	// was given. The timer stands still while the machine sleeps.
	UntilExpiry bool

	// Withdrawn lets a token end before it expires, as when somebody logs out. It
	// returns a context that is cancelled when the token is no longer good, or nil
	// if nobody knows when that will be. A request whose token is withdrawn already
	// is refused, with 401. It is called for every request with a token, twice, by
	// many goroutines at once, and must neither block nor make a context that nobody
	// ends. It needs UntilExpiry. Default: none.
	//
	// One context for all requests of a session is what it is meant for: who holds
	// its cancel function ends them all.
	Withdrawn func(token Token) context.Context
}

// Validate reports every fault of the policy, joined: what would make
// [Protector.RequirePolicy] panic. It is for policies that are read from
// somewhere instead of being written in the program. It does not know the tokens;
// a policy that none of a protector's could meet is found by [Protector.NewRule].
func (policy Policy) Validate() error {
	_, err := compile("Policy", policy)
	return err
}

// clone returns a copy that shares nothing with the policy but what is in functions.
func (policy Policy) clone() Policy {
	for _, list := range []*[]string{
		&policy.Scopes, &policy.Groups, &policy.Roles, &policy.Entitlements, &policy.Clients, &policy.ACR,
	} {
		*list = slices.Clone(*list)
	}
	policy.Claims = slices.Clone(policy.Claims)
	for i, rule := range policy.Claims {
		policy.Claims[i].Path, policy.Claims[i].AnyOf = slices.Clone(rule.Path), slices.Clone(rule.AnyOf)
	}
	return policy
}
