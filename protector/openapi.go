package protector

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// place is where a token may be, as OpenAPI names it.
type place struct {
	name   string
	scheme map[string]string
}

// listPlaces returns the places in the order in which they are looked at, each under a
// name of its own that OpenAPI allows.
func (p *Protector) listPlaces() (places []place) {
	for _, s := range p.schemes {
		if s.field == "" {
			name := strings.ToLower(s.name)
			places = append(places, place{name, map[string]string{"type": "http", "scheme": name}})
		}
	}
	places = append(places, p.otherPlaces...)
	taken := make(map[string]bool)
	for i, place := range places {
		name := componentName(place.name)
		for n := 2; taken[name]; n++ {
			name = componentName(place.name) + "-" + strconv.Itoa(n)
		}
		taken[name], places[i].name = true, name
	}
	return places
}

// addPlaces notes what OpenAPI can say of places beside the Authorization field. It knows
// neither the fields of forms nor the protocols of WebSockets as places of tokens.
func (p *Protector) addPlaces(config Config) {
	key := func(name, in, parameter string) {
		p.otherPlaces = append(p.otherPlaces,
			place{name, map[string]string{"type": "apiKey", "in": in, "name": parameter}})
	}
	for _, s := range p.schemes {
		if s.field != "" {
			key("header-"+s.name, "header", s.name)
		}
	}
	if config.AmbientCookie != "" {
		key("cookie-"+config.AmbientCookie, "cookie", config.AmbientCookie)
	}
	if config.InsecureQueryTokens {
		key("query", "query", parameter)
	}
}

// componentName keeps a name within what OpenAPI lets a component be called.
func componentName(name string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("._-", c) {
			return c
		}
		return '-'
	}, name)
}

// OpenAPI writes the parts of an OpenAPI 3.1 document that are about security, as JSON:
// components with the securitySchemes, and of each route of [Routes] the path, its
// methods and their security. The scopes of an alternative stand together, alternatives
// are entries of their own, and an empty entry says that a token is optional. Merge it
// into the document of the service.
//
// What OpenAPI has no words for is not in it: middlewares, whose paths only the router
// knows, methods of your own, and all that a policy asks for beside scopes. A policy in
// shadow is written as it will be enforced. Wildcards for the rest of a path are written as parameters. The
// error names routes that cannot be told apart there, as those that differ by their host
// or the names of their wildcards.
func (inventory Inventory) OpenAPI() ([]byte, error) {
	paths := paths{operations: make(map[string]map[string]operation), shapes: make(map[string]string)}
	for _, named := range []bool{true, false} { // a pattern that names a method is the more specific one
		for _, e := range inventory.Rules {
			if method, _ := cutMethod(e.Pattern); e.Pattern != "" && (method != "") == named {
				paths.add(e.Pattern, operation{inventory.security(e), named})
			}
		}
	}
	if err := errors.Join(paths.faults...); err != nil {
		return nil, err
	}
	schemes := make(map[string]map[string]string, len(inventory.places))
	for _, place := range inventory.places {
		schemes[place.name] = place.scheme
	}
	text, err := json.MarshalIndent(map[string]any{
		"components": map[string]any{"securitySchemes": schemes}, "paths": paths.operations,
	}, "", "  ")
	return append(text, '\n'), err
}

// paths are the routes, as OpenAPI has them.
type paths struct {
	operations map[string]map[string]operation // by path and method
	shapes     map[string]string               // paths, by shapeOf
	faults     []error
}

type operation struct {
	Security []map[string][]string `json:"security"`
	named    bool                  // by a pattern that names a method
}

func (p *paths) add(pattern string, o operation) {
	path, methods := pathOf(pattern)
	shape := shapeOf(path)
	if known, ok := p.shapes[shape]; ok && known != path {
		p.faults = append(p.faults, fmt.Errorf("protector: OpenAPI: %q and %q are one path there", known, path))
	}
	p.shapes[shape] = path
	if p.operations[path] == nil {
		p.operations[path] = make(map[string]operation)
	}
	for _, method := range methods {
		known, ok := p.operations[path][method]
		get := p.operations[path]["get"]
		switch {
		case !ok && method == "head" && get.named && !o.named: // ServeMux has a pattern with GET take HEAD too
			p.operations[path][method] = get
		case !ok:
			p.operations[path][method] = o
		case known.named == o.named:
			p.faults = append(p.faults, fmt.Errorf("protector: OpenAPI: %q is not the only %s of its path", pattern, method))
		}
	}
}

// security lists what lets a request in, one entry for each place and alternative.
func (inventory Inventory) security(e RuleEntry) []map[string][]string {
	list := []map[string][]string{}
	if e.Open {
		return list
	}
	alternatives := e.Scopes
	if len(alternatives) == 0 {
		alternatives = []string{""}
	}
	for _, place := range inventory.places {
		for _, alternative := range alternatives {
			list = append(list, map[string][]string{place.name: append([]string{}, strings.Fields(alternative)...)})
		}
	}
	if e.Optional {
		list = append(list, map[string][]string{})
	}
	return list
}

// pathOf makes of a pattern the path and the methods of OpenAPI.
func pathOf(pattern string) (path string, methods []string) {
	method, rest := cutMethod(pattern)
	if at := strings.IndexByte(rest, '/'); at >= 0 {
		rest = rest[at:] // behind the host
	}
	rest = strings.ReplaceAll(strings.ReplaceAll(rest, "{$}", ""), "...}", "}")
	if method = strings.ToLower(method); method == "" {
		return rest, operationMethods
	}
	if !slices.Contains(operationMethods, method) {
		return rest, nil
	}
	return rest, []string{method}
}

// operationMethods are those that OpenAPI 3.1 knows.
var operationMethods = []string{"delete", "get", "head", "options", "patch", "post", "put", "trace"}

// shapeOf is a path without the names of its parameters, which tell none apart.
func shapeOf(path string) string {
	var b strings.Builder
	for i, part := range strings.Split(path, "{") {
		if i > 0 {
			_, part, _ = strings.Cut(part, "}")
			b.WriteString("{}")
		}
		b.WriteString(part)
	}
	return b.String()
}
