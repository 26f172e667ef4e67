package examples_test

import (
	"bytes"
	"fmt"
	"go/ast"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

// A rule returns what is wrong with a tree, one line for each fault.
type rule func(*tree) []string

// A border says what the non-test files of a folder, and of the folders below it that have no border of their own, import
// directly. Own packages below the same border are always allowed. Of the standard library everything is, save what is
// forbidden.
type border struct {
	own       []string // rooms of ours
	foreign   []string // prefixes of other modules' paths
	forbidden []string // prefixes of standard paths
}

// What a dependency imports in its turn is not ours to forbid: jwx reaches net/http. What is promised is that the code of
// a room does no HTTP and no logging of its own.
var borders = map[string]border{
	"scopes": {forbidden: []string{"net", "encoding/json", "log"}},
	"jwks": {foreign: []string{
		jwx, "github.com/go-json-experiment/json", "golang.org/x/sync/singleflight", "golang.org/x/time/rate",
	}},
	"jwt": {
		own:       []string{"scopes"},
		foreign:   []string{jwx, "github.com/go-json-experiment/json", "golang.org/x/sync/singleflight"},
		forbidden: []string{"net/http", "log"},
	},
	// A test kit serves HTTP, and brings nothing into its user's module.
	"jwt/jwttest": {own: []string{"scopes"}},
	"protector": {
		own:     []string{"scopes"},
		foreign: []string{"github.com/go-json-experiment/json", "golang.org/x/sync/singleflight", "golang.org/x/time/rate"},
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

func importsStayInside(t *tree) []string {
	var faults []string
	for _, file := range t.files {
		owner, b, ok := borderOf(file.room)
		if !ok || file.test || file.nested {
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

func (b border) allows(owner, name string) bool {
	if room, ok := strings.CutPrefix(name, module+"/"); ok {
		found, _, _ := borderOf(room)
		return found == owner || slices.Contains(b.own, room)
	}
	within := func(prefix string) bool {
		return name == prefix || strings.HasPrefix(name, strings.TrimSuffix(prefix, "/")+"/")
	}
	if first, _, _ := strings.Cut(name, "/"); strings.Contains(first, ".") {
		return slices.ContainsFunc(b.foreign, within)
	}
	return !slices.ContainsFunc(b.forbidden, within)
}

// jwxDoors are the files that import jwx, and what they may use of it: single keys, and the check of one signature with a
// key that is ready. Everything else of it is lenient (it takes other serializations, other base64, duplicate members), or
// obeys settings that any imported package can change.
var (
	jwxDoors = []string{"jwks/key.go", "jwt/signature.go"}
	jwxUses  = map[string][]string{
		"jwk": {"ParseKey", "Key"},
		"jws": {"NewVerifier", "Verifier", "HMACVerifier"},
		"jwa": nil, // names of algorithms only
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
				doors[file.name] = true
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
	case allowed == nil:
		return nil
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

func testifyInTestsOnly(t *tree) []string {
	var faults []string
	for _, file := range t.files {
		for _, name := range file.imports() {
			if !file.test && strings.HasPrefix(name, "github.com/stretchr/testify") {
				faults = append(faults, file.name+" imports "+name)
			}
		}
	}
	return faults
}

func packagesAreDocumented(t *tree) []string {
	var faults []string
	for room, files := range t.packages() {
		documented := func(f *source) bool { return !f.test && f.syntax.Doc.Text() != "" }
		tests := func(f *source) bool { return f.test }
		if !slices.ContainsFunc(files, documented) && slices.ContainsFunc(files, func(f *source) bool { return !tests(f) }) {
			faults = append(faults, room+" has no doc comment")
		}
		if public(room) && slices.ContainsFunc(files, exports) && !slices.ContainsFunc(files, hasExample) {
			faults = append(faults, room+" has no Example")
		}
	}
	return faults
}

// public says whether a folder's package is for others to import: what is below examples and fuzz is read or run instead.
func public(room string) bool {
	top, _, _ := strings.Cut(room, "/")
	return top != "examples" && top != "fuzz" && !strings.Contains("/"+room+"/", "/internal/")
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

// written are the files that people write, by their endings.
var written = []string{".go", ".md", ".yml", ".sh", ".txt", ".mjs", ".js", ".sql", "/run", "/fuzz", "go.mod", ".gitignore"}

func nothingIsLeftToDo(t *tree) []string {
	marks := [][]byte{[]byte("TO" + "DO"), []byte("FIX" + "ME"), []byte("X" + "XX:")}
	var faults []string
	err := fs.WalkDir(t.root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if err == nil && skippedFolder(entry.Name()) && entry.Name() != ".ci" {
				return fs.SkipDir
			}
			return err
		}
		if !slices.ContainsFunc(written, func(ending string) bool { return strings.HasSuffix("/"+name, ending) }) {
			return nil
		}
		content, err := fs.ReadFile(t.root, name)
		for _, mark := range marks {
			if bytes.Contains(content, mark) {
				faults = append(faults, fmt.Sprintf("%s says %s", name, mark))
			}
		}
		return err
	})
	if err != nil {
		faults = append(faults, err.Error())
	}
	return faults
}

// sleepsAndSkipsHaveReasons: time.Sleep waits for luck, unless it is inside a bubble with a fake clock, or a comment next to
// it says why it is sound. A test that skips prints why.
func sleepsAndSkipsHaveReasons(t *tree) []string {
	var faults []string
	for _, file := range t.files {
		if !file.test {
			continue
		}
		bubbles := file.bubbles()
		file.calls(func(call *ast.CallExpr, receiver, name string) {
			within := func(bubble ast.Node) bool { return bubble.Pos() <= call.Pos() && call.End() <= bubble.End() }
			switch {
			case receiver == "time" && name == "Sleep" && !slices.ContainsFunc(bubbles, within) && !file.explained(call):
				faults = append(faults, file.at(call)+" sleeps outside a synctest bubble, without a comment that gives the reason")
			case name == "SkipNow", (name == "Skip" || name == "Skipf") && len(call.Args) == 0:
				faults = append(faults, file.at(call)+" skips without printing the reason")
			}
		})
	}
	return faults
}

// nothingRunsAtInit: state of a package that init fills, or that a program changes later, would be shared by everyone who
// imports it.
func nothingRunsAtInit(t *tree) []string {
	var faults []string
	for _, file := range t.files {
		for _, decl := range file.syntax.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" && !file.test {
				faults = append(faults, file.at(f)+" declares init")
			}
		}
	}
	return faults
}
