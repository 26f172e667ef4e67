package architecture

import (
	"fmt"
	"go/ast"
	"maps"
	"path"
	"slices"
	"strings"
)

// jwxDoors are the rooms whose code imports jwx, and jwxUses what may be used of it. Everything else of it is lenient
// (it takes other serializations, other base64, duplicate members), or obeys settings that any imported package can
// change.
var (
	jwxDoors = []string{"jwks/jwk"}
	jwxUses  = map[string][]string{
		"jwk": {"ParseKey", "Key"},
	}
)

func jwxStaysBehindItsDoors(t *tree) []string {
	doors := make(map[string]bool)
	var faults []string
	for _, file := range t.files {
		if file.test {
			continue
		}
		for _, spec := range file.syntax.Imports {
			if name := importPath(spec); strings.HasPrefix(name, jwx) {
				doors[file.room] = true
				faults = append(faults, lenientUses(file, spec, path.Base(name))...)
			}
		}
	}
	if found := slices.Sorted(maps.Keys(doors)); !slices.Equal(found, jwxDoors) {
		faults = append(faults, fmt.Sprintf("jwx is imported by %v instead of %v", found, jwxDoors))
	}
	return faults
}

func lenientUses(file *source, spec *ast.ImportSpec, name string) []string {
	allowed, known := jwxUses[name]
	switch {
	case !known:
		return []string{fmt.Sprintf("%s uses jwx's %s", file.name, name)}
	case spec.Name != nil && spec.Name.Name != name:
		return []string{fmt.Sprintf("%s renames jwx's %s: use its own name, so that its uses are seen", file.name, name)}
	}
	var faults []string
	ast.Inspect(file.syntax, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := s.X.(*ast.Ident); ok && id.Name == name && !slices.Contains(allowed, s.Sel.Name) {
				faults = append(faults, fmt.Sprintf("%s uses %s.%s of jwx", file.at(s), name, s.Sel.Name))
			}
		}
		return true
	})
	return faults
}
