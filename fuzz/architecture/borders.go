package architecture

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// A border says what the non-test files of a room, and of the folders below it that have no border of their own, import
// directly. Of the standard library everything is allowed, save what is forbidden.
type border struct {
	own       []string // rooms of ours
	foreign   []string // prefixes of other modules' paths
	forbidden []string // prefixes of standard paths
	excepted  []string // standard paths that are allowed all the same
	module    bool     // a module of its own: it may import any other's packages, and nobody else downloads them
}

const (
	experimentalJSON = "github.com/go-json-experiment/json"
	rate             = "golang.org/x/time/rate"
)

// outside are the packages with which a room would reach beyond its arguments. inside are those below them that only
// read text.
var (
	outside = []string{"net", "log", "os", "syscall"}
	inside  = []string{"net/url", "net/netip"}
)

// borders are the rooms of the house. What a dependency imports in its turn is not ours to forbid: jwx reaches
// net/http. What is promised is that the code of a room does no HTTP and no logging of its own.
var borders = map[string]border{
	"scopes":   {forbidden: append([]string{"encoding/json"}, outside...)},
	"jwks/jwk": {foreign: []string{jwx, experimentalJSON}, forbidden: outside},
	"jwks":     {own: []string{"jwks/jwk"}, foreign: []string{experimentalJSON, rate}},
	"jwt": {
		own:       []string{"scopes", "jwt/internal/...", "jwks/jwk"},
		foreign:   []string{experimentalJSON},
		forbidden: outside,
		excepted:  []string{"log/slog"}, // an Explanation is a slog.LogValuer, and logs nothing
	},
	"jwt/internal/strictjson": {forbidden: outside},
	"jwt/internal/memo":       {forbidden: outside},
	"jwt/internal/jws":        {own: []string{"jwt/internal/strictjson", "jwks/jwk"}, forbidden: outside},
	// The cache serves every kind of token: it asks through an interface, and cuts no token apart that jws does not.
	"jwt/tokencache": {own: []string{"jwt/internal/jws"}, forbidden: outside},
	"jwt/dpop":       {own: []string{"jwt/internal/...", "jwks/jwk"}, forbidden: outside},
	// A test kit serves HTTP, and brings nothing into its user's module.
	"jwt/jwttest": {},

	"protector":               {own: []string{"scopes"}},
	"protector/introspection": {own: []string{"scopes"}, foreign: []string{experimentalJSON}},
	// What every door is tried by. Modules below protector may import it, in their tests.
	"protector/internal/refusals": {own: []string{"scopes", "jwks", "jwt", "jwt/...", "protector"}},

	// What the two guards of procedures share: the table, and how a refusal is told.
	"protector/internal/procedures": {own: []string{"protector"}},

	"protector/grpcguard":    {own: []string{"protector", "protector/internal/procedures"}, module: true},
	"protector/connectguard": {own: []string{"protector", "protector/internal/procedures"}, module: true},
	"protector/ginguard":     {own: []string{"protector"}, module: true},
	"protector/echoguard":    {own: []string{"protector"}, module: true},
	"protector/fiberguard":   {own: []string{"protector"}, module: true},
	"protector/mcpguard":     {own: []string{"protector"}, module: true},
	"protector/otelguard":    {own: []string{"protector", "jwks"}, module: true},
	"protector/redisstore":   {module: true},
	"protector/cmd/guard": {
		own: []string{"scopes", "jwks", "jwks/...", "jwt", "jwt/...", "protector", "protector/..."}, module: true,
	},
}

func borderOf(room string) (string, border, bool) {
	for ; room != "."; room = path.Dir(room) {
		if b, ok := borders[room]; ok {
			return room, b, true
		}
	}
	return "", border{}, false
}

// proofs says whether a folder is below examples or fuzz, which may import everything.
func proofs(room string) bool {
	top, _, _ := strings.Cut(room, "/")
	return top == "examples" || top == "fuzz"
}

func importsStayInside(t *tree) []string {
	var faults []string
	for _, file := range t.files {
		owner, b, ok := borderOf(file.room)
		if !ok || file.test {
			continue
		}
		for _, name := range file.imports() {
			if !b.allows(owner, name) {
				faults = append(faults, fmt.Sprintf("%s imports %s, which is not for %s", file.name, name, owner))
			}
		}
	}
	return faults
}

// allows says whether a file of the room may import the package. Packages below the same border are always allowed.
func (b border) allows(owner, name string) bool {
	if room, ok := strings.CutPrefix(name, Module+"/"); ok {
		found, _, _ := borderOf(room)
		return found == owner || slices.ContainsFunc(b.own, func(own string) bool {
			above, all := strings.CutSuffix(own, "/...")
			return found == own || all && strings.HasPrefix(found, above+"/")
		})
	}
	within := func(prefix string) bool {
		return name == prefix || strings.HasPrefix(name, strings.TrimSuffix(prefix, "/")+"/")
	}
	if first, _, _ := strings.Cut(name, "/"); strings.Contains(first, ".") {
		return b.module || slices.ContainsFunc(b.foreign, within)
	}
	return slices.Contains(inside, name) || slices.Contains(b.excepted, name) || !slices.ContainsFunc(b.forbidden, within)
}

// roomsAreKnown: a new package is a decision about the house, and so are those that stand in a module of their own.
func roomsAreKnown(t *tree) []string {
	rooms := make(map[string]bool)
	for _, file := range t.files {
		if !proofs(file.room) && file.room != "." {
			rooms[file.room] = true
		}
	}
	var faults []string
	for _, room := range slices.Sorted(maps.Keys(rooms)) {
		switch b, ok := borders[room]; {
		case !ok && t.moduleOf(room) == ".":
			faults = append(faults, room+" is not among the rooms of the house")
		case ok && b.module && t.moduleOf(room) != room:
			faults = append(faults, room+" needs a module of its own")
		case ok && !b.module && t.moduleOf(room) != ".":
			faults = append(faults, room+" belongs to the root module")
		}
	}
	return faults
}
