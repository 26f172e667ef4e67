package mcpguard

import (
	"cmp"
	"errors"
	"net/http"
	"slices"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"example.com/resourceserver/protector"
)

// NewHandler puts the guard in front of the server, and into it. The handler is the
// server's streamable HTTP transport, for any path.
//
// The server then serves nobody else: a request that comes by another transport, or
// by another handler, is refused. Middleware that it has by now runs behind the
// guard, and finds the current token; what is added later runs in front of it.
//
// NewHandler asks the server for its tools and methods, as a client in this process
// does, without token and user: a middleware that is on the server already must
// accept that. The error joins every fault of the configuration, those of the policies
// and every tool without one among them. After an error the server is not to be
// used.
func NewHandler(guard *protector.Protector, server *mcp.Server, config Config) (http.Handler, error) {
	if server == nil {
		return nil, errors.New("mcpguard: NewHandler was given a nil server: pass the one to protect")
	}
	known, err := newOperations(guard, config)
	if err != nil {
		return nil, errors.Join(err, forgottenTools(server, config.Tools))
	}
	user, _ := userOf(guard, config)
	largest := cmp.Or(config.Transport.MaxRequestBodyBytes, mcp.DefaultMaxRequestBodyBytes)
	g := &gate{guard: guard, known: known, user: user, largest: largest}
	if err := g.enter(server, config); err != nil {
		return nil, err
	}
	return g.front(mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server }, &config.Transport)), nil
}

// enter puts the guard into the server, and compares what the two know of each other.
func (g *gate) enter(server *mcp.Server, config Config) error {
	forgotten := forgottenTools(server, config.Tools) // who asks later is refused
	server.AddReceivingMiddleware(g.inside)
	return errors.Join(forgotten, unknownMethods(server, config.Methods))
}

// gate is where it is decided who gets to a server.
type gate struct {
	guard   *protector.Protector
	known   *operations
	user    func(protector.Token) string
	largest int64        // bytes of a body
	server  http.Handler // which knows nothing of tokens
}

// front returns the handler that the gate is in front of a server.
func (g *gate) front(server http.Handler) http.Handler {
	// The SDK binds a session to the user that this middleware names. It decides
	// nothing: the token has been judged, and is not shown to it.
	g.server = auth.RequireBearerToken(tokenInfo, &auth.RequireBearerTokenOptions{AllowMissingExpiration: true})(server)
	g.known.base.alone = g.to([]*operation{g.known.base})
	for _, group := range []map[string]*operation{g.known.tools, g.known.methods} {
		for _, op := range group {
			op.alone = g.to([]*operation{op})
		}
	}
	// Whoever has no token is let through, to be refused by a policy: it says what to
	// ask for.
	return g.guard.Optional()(http.HandlerFunc(g.dispatch))
}

// dispatch finds out what a request asks for. Its token is good, or it has none.
func (g *gate) dispatch(w http.ResponseWriter, r *http.Request) {
	if _, ok := protector.CurrentToken[protector.Token](r.Context()); !ok {
		g.known.base.alone.ServeHTTP(w, r)
		return
	}
	asked, err := g.asked(w, r)
	switch {
	case err != nil:
		g.guard.WriteError(w, r, err)
	case len(asked) == 1:
		asked[0].alone.ServeHTTP(w, r)
	default:
		g.to(asked).ServeHTTP(w, r)
	}
}

// to returns the way to the server for messages that ask for these operations, which
// may be one. The last one of them decides first.
func (g *gate) to(asked []*operation) http.Handler {
	handler := protector.For(func(w http.ResponseWriter, r *http.Request, token protector.Token) {
		g.serve(w, &pass{g, g.user(token), asked, r})
	})
	for _, op := range asked {
		handler = op.before(handler)
	}
	return handler
}

// asked returns the operations that a request asks for, each once and Base first. A
// tool without a policy is left to the gate inside: a client may have made it up, and
// should not go and ask for another token.
func (g *gate) asked(w http.ResponseWriter, r *http.Request) ([]*operation, error) {
	base := g.known.base
	if r.Method != http.MethodPost { // nothing else has a message
		return []*operation{base}, nil
	}
	messages, err := g.read(w, r)
	if err != nil {
		return nil, err
	}
	var asked []*operation
	for _, m := range messages {
		op := g.known.named(m.method, m.tool)
		if op == g.known.closed {
			op = base
		}
		if !slices.Contains(asked, op) {
			asked = append(asked, op)
		}
	}
	if i := slices.Index(asked, base); i > 0 {
		asked[0], asked[i] = base, asked[0]
	}
	return asked, nil
}
