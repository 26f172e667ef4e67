package architecture

import (
	"go/ast"
	"io/fs"
	"path"
	"slices"
	"strings"
)

var topLevel = []string{
	".ci", ".git", ".github", ".gitignore", "CHANGELOG.md", "LICENSE", "README.md",
	"examples", "fuzz", "go.mod", "go.sum", "jwks", "jwt", "protector", "scopes",
}

func topLevelIsFixed(t *tree) []string {
	entries, err := fs.ReadDir(t.root, ".")
	if err != nil {
		return []string{err.Error()}
	}
	ignored, _ := fs.ReadFile(t.root, ".gitignore")
	var faults []string
	for _, entry := range entries {
		matches := func(pattern string) bool {
			ok, _ := path.Match(strings.TrimSuffix(pattern, "/"), entry.Name())
			return ok
		}
		if !slices.Contains(topLevel, entry.Name()) && !slices.ContainsFunc(strings.Fields(string(ignored)), matches) {
			faults = append(faults, entry.Name()+" has no place at the top level")
		}
	}
	return faults
}

func packagesAreDocumented(t *tree) []string {
	var faults []string
	for room, files := range t.packages() {
		documented := func(f *source) bool { return !f.test && f.syntax.Doc.Text() != "" }
		code := func(f *source) bool { return !f.test }
		if slices.ContainsFunc(files, code) && !slices.ContainsFunc(files, documented) {
			faults = append(faults, room+" has no doc comment")
		}
		if public(room) && slices.ContainsFunc(files, exports) && !slices.ContainsFunc(files, hasExample) {
			faults = append(faults, room+" has no Example")
		}
	}
	return faults
}

// Public returns the folders of the root module's packages that others can import, in order.
func Public(root fs.FS) ([]string, error) {
	t, err := readTree(root)
	if err != nil {
		return nil, err
	}
	var rooms []string
	for room, files := range t.packages() {
		if public(room) && slices.ContainsFunc(files, exports) {
			rooms = append(rooms, room)
		}
	}
	slices.Sort(rooms)
	return rooms, nil
}

// public says whether a folder's package is for others to import: what is below examples and fuzz is read or run
// instead.
func public(room string) bool {
	return !proofs(room) && !strings.Contains("/"+room+"/", "/internal/")
}

func exports(file *source) bool {
	return !file.test && file.syntax.Name.Name != "main" && ast.FileExports(clone(file.syntax))
}

// clone keeps ast.FileExports, which trims what it is given, away from the syntax that the other rules read.
func clone(file *ast.File) *ast.File {
	decls := make([]ast.Decl, 0, len(file.Decls))
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				f := *d
				decls = append(decls, &f)
			}
		case *ast.GenDecl:
			g := *d
			g.Specs = slices.Clone(d.Specs)
			decls = append(decls, &g)
		}
	}
	return &ast.File{Name: file.Name, Decls: decls}
}

func hasExample(file *source) bool {
	return file.test && slices.ContainsFunc(file.syntax.Decls, func(decl ast.Decl) bool {
		f, ok := decl.(*ast.FuncDecl)
		return ok && strings.HasPrefix(f.Name.Name, "Example")
	})
}
