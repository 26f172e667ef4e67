package mcpguard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"example.com/resourceserver/protector"
)

// Config says what each operation of a server needs.
//
// A policy names all that its operation needs, since a client that is refused asks
// for what the refusal names. None may be Optional: a session is somebody's.
type Config struct {
	// Base is for whatever neither Tools nor Methods name: to begin a session, to
	// list what there is, to listen. A client without a token is told to ask for its
	// scopes, if Config.ScopeInChallenge of the protector says so. The zero Policy
	// lets in whoever has a good token.
	Base protector.Policy
	// Tools are the policies for calls of tools, by the tool's name. Base does not
	// apply to them; state it for a tool that needs no more. A tool without a policy
	// is closed, and a fault if the server has it already. A policy may be for a tool
	// that is added later.
	Tools map[string]protector.Policy
	// Methods are the policies for other methods of the protocol, in the place of
	// Base: "resources/read", "prompts/get", or one of your own that the server has.
	Methods map[string]protector.Policy
	// User tells users apart, for a session to be used by nobody else. A token for
	// which it returns "" is about nobody, and refused. Nil takes issuer and subject
	// of a [protector.SubjectToken].
	User func(protector.Token) string
	// Transport holds the SDK's own options. MaxRequestBodyBytes bounds what is read
	// of a message, here as there: 64 MiB at most, 4 MiB by default.
	Transport mcp.StreamableHTTPOptions
}

const (
	methodCallTool = "tools/call"
	largestBody    = 64 << 20
)

// operation is what a client may ask for, and what that needs.
type operation struct {
	before func(http.Handler) http.Handler
	rule   *protector.Rule
	life   *protector.Rule // how long what rule has let in may last; nil: as long as it takes
	alone  http.Handler    // for a message that asks for nothing else
}

// operations are all that somebody has thought of.
type operations struct {
	base    *operation
	tools   map[string]*operation
	methods map[string]*operation
	closed  *operation // a tool that nobody has thought of
}

// named returns what a method needs, with the name of the tool that it calls.
func (o *operations) named(method, tool string) *operation {
	if method == methodCallTool {
		return cmp.Or(o.tools[tool], o.closed)
	}
	if known, ok := o.methods[method]; ok {
		return known
	}
	return o.base
}

// newOperations compiles the policies. The error joins every fault.
func newOperations(guard *protector.Protector, config Config) (*operations, error) {
	if _, err := guard.NewRule(protector.Policy{}); err != nil { // of a nil or zero Protector
		return nil, fmt.Errorf("mcpguard: %w", err)
	}
	o := &operations{tools: map[string]*operation{}, methods: map[string]*operation{}}
	user, faults := userOf(guard, config)
	add := func(field string, policy protector.Policy) *operation {
		op, err := newOperation(guard, about(user, policy))
		if err != nil {
			faults = append(faults, fmt.Errorf("mcpguard: Config.%s: %w", field, err))
		}
		return op
	}
	o.base = add("Base", lasting(config.Base))
	o.closed = add("Tools", protector.Policy{Check: isClosed})
	for _, name := range slices.Sorted(maps.Keys(config.Tools)) {
		o.tools[name] = add(fmt.Sprintf("Tools[%q]", name), config.Tools[name])
	}
	for _, name := range slices.Sorted(maps.Keys(config.Methods)) {
		o.methods[name] = add(fmt.Sprintf("Methods[%q]", name), lasting(config.Methods[name]))
	}
	if _, ok := config.Methods[methodCallTool]; ok {
		faults = append(faults,
			errors.New(`mcpguard: Config.Methods["tools/call"] is set: state the policies in Config.Tools`))
	}
	if most := config.Transport.MaxRequestBodyBytes; most < 0 || most > largestBody {
		faults = append(faults, fmt.Errorf("mcpguard: Config.Transport.MaxRequestBodyBytes is %d: "+
			"set it to at most %d, or leave it out for %d", most, largestBody, mcp.DefaultMaxRequestBodyBytes))
	}
	return o, errors.Join(faults...)
}

// isClosed is the policy for a tool that has none.
func isClosed(context.Context, protector.Token) error {
	return &protector.Error{
		Status: http.StatusForbidden, Code: "access_denied", Description: "The tool has no policy.", Reason: "no_policy",
	}
}

// lasting ends what a policy lets in with its token. A stream from the server has no
// other end.
func lasting(policy protector.Policy) protector.Policy {
	policy.UntilExpiry = true
	return policy
}

func newOperation(guard *protector.Protector, policy protector.Policy) (*operation, error) {
	rule, err := guard.NewRule(policy)
	switch {
	case err != nil:
		return nil, err
	case policy.Optional:
		return nil, errors.New("the policy is Optional: leave that out, for a session is somebody's")
	case !policy.InsecureShadowUntil.IsZero():
		return nil, errors.New("the policy has InsecureShadowUntil: leave that out, for a session is somebody's")
	}
	op := &operation{before: guard.RequirePolicy(policy), rule: rule}
	if policy.UntilExpiry {
		op.life, err = guard.NewRule(protector.Policy{UntilExpiry: true, Withdrawn: policy.Withdrawn})
	}
	return op, err
}
