package mcpguard

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// pass is what a request that was let in has with it on its way through the SDK. The
// context of a message inside is that of its session, which another request began.
type pass struct {
	by      *gate
	user    string
	met     []*operation
	request *http.Request // as it was judged
}

// Format keeps whoever prints what the SDK carries along from printing the token.
func (*pass) Format(s fmt.State, _ rune) { fmt.Fprint(s, "mcpguard.pass") }

// MarshalText does that for JSON, and for log/slog.
func (*pass) MarshalText() ([]byte, error) { return []byte("mcpguard.pass"), nil }

// has says whether the operation was decided about in front of the server.
func (p *pass) has(op *operation) bool { return slices.Contains(p.met, op) }

type passKey struct{}

// sealed returns the request as the SDK may see it: neither token nor proof.
func (p *pass) sealed() *http.Request {
	r := p.request.Clone(context.WithValue(p.request.Context(), passKey{}, p))
	r.Header.Set("Authorization", "Bearer admitted")
	r.Header.Del("DPoP")
	return r
}

// tokenInfo has the SDK take the pass along.
func tokenInfo(ctx context.Context, _ string, _ *http.Request) (*auth.TokenInfo, error) {
	p, ok := ctx.Value(passKey{}).(*pass)
	if !ok || p.user == "" {
		return nil, fmt.Errorf("%w: it names no user", auth.ErrInvalidToken)
	}
	return &auth.TokenInfo{UserID: p.user, Extra: map[string]any{extra: p}}, nil
}

// extra is the name of the pass among what else the SDK carries along.
const extra = "example.com/resourceserver/protector/mcpguard"

// passOf finds the pass that this gate has given to a request.
func (g *gate) passOf(request mcp.Request) (*pass, bool) {
	carried := request.GetExtra()
	if carried == nil || carried.TokenInfo == nil {
		return nil, false
	}
	p, ok := carried.TokenInfo.Extra[extra].(*pass)
	return p, ok && p.by == g
}
