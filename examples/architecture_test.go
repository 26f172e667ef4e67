package examples_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

var rules = []struct {
	name   string
	check  rule
	broken map[string]map[string]string // name → a tree that breaks the rule once
}{
	{"imports stay inside", importsStayInside, map[string]map[string]string{
		"scopes imports http":           {"scopes/a.go": "package scopes\nimport _ \"net/http\""},
		"scopes imports JSON":           {"scopes/a.go": "package scopes\nimport _ \"encoding/json\""},
		"scopes imports jwt":            {"scopes/a.go": "package scopes\nimport _ \"example.com/resourceserver/jwt\""},
		"scopes imports a dependency":   {"scopes/a.go": "package scopes\nimport _ \"golang.org/x/time/rate\""},
		"jwks imports scopes":           {"jwks/a.go": "package jwks\nimport _ \"example.com/resourceserver/scopes\""},
		"jwks imports jwttest":          {"jwks/a.go": "package jwks\nimport _ \"example.com/resourceserver/jwt/jwttest\""},
		"jwt imports jwks":              {"jwt/a.go": "package jwt\nimport _ \"example.com/resourceserver/jwks\""},
		"jwt imports http":              {"jwt/a.go": "package jwt\nimport _ \"net/http\""},
		"jwt imports slog":              {"jwt/a.go": "package jwt\nimport _ \"log/slog\""},
		"jwt imports its test kit":      {"jwt/a.go": "package jwt\nimport _ \"example.com/resourceserver/jwt/jwttest\""},
		"below jwt, http":               {"jwt/internal/a/a.go": "package a\nimport _ \"net/http\""},
		"jwttest imports a dependency":  {"jwt/jwttest/a.go": "package jwttest\nimport _ \"github.com/stretchr/testify/require\""},
		"jwttest imports jwt":           {"jwt/jwttest/a.go": "package jwttest\nimport _ \"example.com/resourceserver/jwt\""},
		"protector imports jwt":         {"protector/a.go": "package protector\nimport _ \"example.com/resourceserver/jwt\""},
		"introspection imports jwks":    {"protector/introspection/a.go": "package introspection\nimport _ \"example.com/resourceserver/jwks\""},
		"protector imports jwx":         {"protector/a.go": "package protector\nimport _ \"github.com/lestrrat-go/jwx/v2/jwk\""},
		"protector imports a framework": {"protector/a.go": "package protector\nimport _ \"github.com/go-chi/chi/v5\""},
	}},
	{"jwx stays behind its doors", jwxStaysBehindItsDoors, map[string]map[string]string{
		"a third file":     doors("", "", map[string]string{"jwks/static.go": "package jwks\nimport \"github.com/lestrrat-go/jwx/v2/jwk\""}),
		"a door is gone":   {"jwks/key.go": "package jwks\nimport \"github.com/lestrrat-go/jwx/v2/jwk\"\nvar _ jwk.Key"},
		"a set is parsed":  doors("jwk.ParseSet", "jws.NewVerifier", nil),
		"a set is fetched": doors("jwk.Fetch", "jws.NewVerifier", nil),
		"a cache":          doors("jwk.NewCache", "jws.NewVerifier", nil),
		"a setting":        doors("jwk.Configure", "jws.NewVerifier", nil),
		"a token parsed":   doors("jwk.ParseKey", "jws.Parse", nil),
		"a token verified": doors("jwk.ParseKey", "jws.Verify", nil),
		"its jwt":          doors("jwk.ParseKey", "jws.NewVerifier\nimport _ \"github.com/lestrrat-go/jwx/v2/jwt\"", nil),
		"renamed":          {"jwks/key.go": "package jwks\nimport k \"github.com/lestrrat-go/jwx/v2/jwk\"\nvar _ = k.ParseKey", "jwt/signature.go": door("jws", "jws.NewVerifier")},
	}},
	{"testify in tests only", testifyInTestsOnly, map[string]map[string]string{
		"require": {"jwks/a.go": "package jwks\nimport _ \"github.com/stretchr/testify/require\""},
	}},
	{"packages are documented", packagesAreDocumented, map[string]map[string]string{
		"no doc comment":  {"jwt/a.go": "package jwt"},
		"no Example":      {"jwt/a.go": "// Package jwt is documented.\npackage jwt\n\nfunc Exported() {}", "jwt/a_test.go": "package jwt_test\nfunc TestA() {}"},
		"a bare command":  {"fuzz/cmd/main.go": "package main\nfunc main() {}"},
		"detached by two": {"jwt/a.go": "// Package jwt is not documented by this.\n\npackage jwt"},
	}},
	{"the top level is fixed", topLevelIsFixed, map[string]map[string]string{
		"a folder": {"internal/a.go": "package internal"},
		"a file":   {"Makefile": ""},
	}},
	{"nothing is left to do", nothingIsLeftToDo, map[string]map[string]string{
		"in code":     {"jwt/a.go": "package jwt // TO" + "DO: later"},
		"in a script": {".ci/run": "# FIX" + "ME"},
		"in prose":    {"README.md": "TO" + "DO"},
		"a context":   {"jwt/a.go": "package jwt\nimport \"context\"\nvar ctx = context.TO" + "DO()"},
	}},
	{"sleeps and skips have reasons", sleepsAndSkipsHaveReasons, map[string]map[string]string{
		"sleep":       {"jwt/a_test.go": "package jwt\nfunc TestA() {\n\ttime.Sl" + "eep(1)\n}"},
		"past bubble": {"jwt/a_test.go": "package jwt\nfunc TestA() {\n\tsynctest.Test(t, f)\n\ttime.Sl" + "eep(1)\n}"},
		"comment far": {"jwt/a_test.go": "package jwt\nfunc TestA() {\n\t// Two lines up is not next to it.\n\n\ttime.Sl" + "eep(1)\n}"},
		"bare skip":   {"jwt/a_test.go": "package jwt\nfunc TestA() {\n\tt.Sk" + "ipNow()\n}"},
		"empty skip":  {"jwt/a_test.go": "package jwt\nfunc TestA() {\n\tt.Sk" + "ip()\n}"},
	}},
	{"nothing runs at init", nothingRunsAtInit, map[string]map[string]string{
		"init": {"jwt/a.go": "package jwt\nfunc init() {}"},
	}},
}

func doors(keyUse, signatureUse string, more map[string]string) map[string]string {
	if keyUse == "" {
		keyUse, signatureUse = "jwk.ParseKey", "jws.NewVerifier"
	}
	files := map[string]string{"jwks/key.go": door("jwk", keyUse), "jwt/signature.go": door("jws", signatureUse)}
	for name, content := range more {
		files[name] = content
	}
	return files
}

// door returns a file that imports one package of jwx and uses one thing of it. Further imports may follow the use.
func door(name, use string) string {
	for i := range use {
		if use[i] == '\n' {
			return "package p\nimport \"github.com/lestrrat-go/jwx/v2/" + name + "\"" + use[i:] + "\nvar _ = " + use[:i]
		}
	}
	return "package p\nimport \"github.com/lestrrat-go/jwx/v2/" + name + "\"\nvar _ = " + use
}

func TestArchitecture(t *testing.T) {
	tree, err := readTree(os.DirFS(".."))
	require.NoError(t, err)
	require.NotEmpty(t, tree.files)
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			for _, fault := range rule.check(tree) {
				t.Error(fault)
			}
		})
	}
}

// TestArchitectureRulesBite shows every rule what it is there to find, and a tree without fault.
func TestArchitectureRulesBite(t *testing.T) {
	sound := memoryTree(t, doors("", "", map[string]string{
		"README.md":                    "",
		"scopes/doc.go":                "// Package scopes is documented.\npackage scopes\nimport _ \"strings\"",
		"jwt/doc.go":                   "// Package jwt is documented.\npackage jwt\nimport _ \"example.com/resourceserver/jwt/internal/a\"\nfunc Exported() {}",
		"jwt/internal/a/a.go":          "// Package a is documented.\npackage a\nfunc Exported() {}",
		"jwt/example_test.go":          "package jwt_test\nfunc Example() {}",
		"jwt/sleep_test.go":            "package jwt_test\nfunc TestA() {\n\t// A fake clock.\n\ttime.Sl" + "eep(1)\n\ttime.Sl" + "eep(2) // a fake clock\n\tsynctest.Test(t, func(t *testing.T) {\n\t\tgo0()\n\t\ttime.Sl" + "eep(3)\n\t})\n\tt.Sk" + "ip(\"no node here\")\n}",
		"jwks/doc.go":                  "// Package jwks is documented.\npackage jwks",
		"protector/doc.go":             "// Package protector is documented.\npackage protector\nimport _ \"example.com/resourceserver/scopes\"",
		"protector/adapter/go.mod":     "module example.com/resourceserver/protector/adapter",
		"protector/adapter/adapter.go": "// Package adapter is documented.\npackage adapter\nimport _ \"github.com/go-chi/chi/v5\"",
	}))
	for _, rule := range rules {
		require.Empty(t, rule.check(sound), rule.name)
		require.NotEmpty(t, rule.broken, rule.name)
		for name, files := range rule.broken {
			require.Len(t, rule.check(memoryTree(t, files)), 1, "%s: %s", rule.name, name)
		}
	}
}

func memoryTree(t *testing.T, files map[string]string) *tree {
	root := make(fstest.MapFS)
	for name, content := range files {
		root[name] = &fstest.MapFile{Data: []byte(content)}
	}
	tree, err := readTree(root)
	require.NoError(t, err)
	return tree
}

func TestNoExportedNameMentionsJWX(t *testing.T) {
	tree, err := readTree(os.DirFS(".."))
	require.NoError(t, err)
	from := compiled(t)
	for room, files := range tree.packages() {
		if !public(room) || !slices.ContainsFunc(files, exports) {
			continue
		}
		pkg, err := from.Import(module + "/" + room)
		require.NoError(t, err)
		require.Empty(t, mentions(pkg, jwx), room)
	}
}

func TestMentionsAreFound(t *testing.T) {
	const lib = "package jwk\n\ntype Key interface{ Kid() string }\n\nfunc New() Key { return nil }\n"
	for name, source := range map[string]string{
		"inferred variable": "var V = jwk.New()",
		"result":            "func F() []jwk.Key { return nil }",
		"hidden alias":      "type k = jwk.Key\n\nfunc F(map[string]k) {}",
		"field":             "type T struct{ K jwk.Key }",
		"embedded field":    "type T struct{ jwk.Key }",
		"method":            "type T struct{}\n\nfunc (*T) M(...jwk.Key) {}",
		"method of result":  "type t struct{}\n\nfunc (t) M() jwk.Key { return nil }\n\nfunc F() t { return t{} }",
		"type parameter":    "type T[K jwk.Key] struct{}",
		"type argument":     "type g[T any] struct{}\n\nvar V g[jwk.Key]",
	} {
		require.Equal(t, true, len(mentions(checked(t, lib, source), jwx)) > 0, name)
	}
	sound := "type T struct{ k jwk.Key }\n\nfunc (T) m(jwk.Key) {}\n\nfunc f() jwk.Key { return nil }\n\nvar V T"
	require.Empty(t, mentions(checked(t, lib, sound), jwx))
}

// checked type-checks a package that imports lib as if it were jwx's jwk.
func checked(t *testing.T, lib, source string) *types.Package {
	set := token.NewFileSet()
	library := check(t, set, jwx+"v2/jwk", lib, nil)
	return check(t, set, "p", "package p\n\nimport \""+jwx+"v2/jwk\"\n\n"+source, only{library})
}

func check(t *testing.T, set *token.FileSet, name, source string, importer types.Importer) *types.Package {
	file, err := parser.ParseFile(set, name, source, 0)
	require.NoError(t, err)
	pkg, err := (&types.Config{Importer: importer}).Check(name, set, []*ast.File{file}, nil)
	require.NoError(t, err)
	return pkg
}

// only imports one package, whatever it is asked for.
type only struct{ pkg *types.Package }

func (o only) Import(string) (*types.Package, error) { return o.pkg, nil }

// mentions returns the exported names of a package from which a type of a package with the prefix can be reached: by
// parameter, result, exported field, exported method, type argument or constraint, through any unexported type between.
func mentions(pkg *types.Package, prefix string) []string {
	var found []string
	for _, name := range pkg.Scope().Names() {
		object := pkg.Scope().Lookup(name)
		walk := walker{home: pkg, prefix: prefix, seen: make(map[types.Type]bool)}
		if object.Exported() && walk.reaches(object.Type()) {
			found = append(found, name)
		}
	}
	return found
}

type walker struct {
	home   *types.Package
	prefix string
	seen   map[types.Type]bool
}

func (w walker) reaches(t types.Type) bool {
	if t == nil || w.seen[t] {
		return false
	}
	w.seen[t] = true
	switch t := t.(type) {
	case *types.Alias:
		return w.foreign(t.Obj()) || w.reaches(t.Rhs())
	case *types.Named:
		return w.foreign(t.Obj()) || w.params(t.TypeParams()) || w.arguments(t.TypeArgs()) || w.local(t)
	case *types.TypeParam:
		return w.reaches(t.Constraint())
	case *types.Signature:
		return w.params(t.TypeParams()) || w.reaches(t.Params()) || w.reaches(t.Results())
	case *types.Tuple:
		return slices.ContainsFunc(slices.Collect(t.Variables()), func(v *types.Var) bool { return w.reaches(v.Type()) })
	case *types.Struct:
		return slices.ContainsFunc(slices.Collect(t.Fields()), func(v *types.Var) bool {
			return (v.Exported() || v.Embedded()) && w.reaches(v.Type())
		})
	case *types.Interface:
		return slices.ContainsFunc(slices.Collect(t.Methods()), func(m *types.Func) bool { return w.reaches(m.Type()) }) ||
			slices.ContainsFunc(slices.Collect(t.EmbeddedTypes()), w.reaches)
	case *types.Union:
		return slices.ContainsFunc(slices.Collect(t.Terms()), func(term *types.Term) bool { return w.reaches(term.Type()) })
	case *types.Map:
		return w.reaches(t.Key()) || w.reaches(t.Elem())
	case interface{ Elem() types.Type }: // pointer, slice, array, channel
		return w.reaches(t.Elem())
	}
	return false
}

func (w walker) foreign(name *types.TypeName) bool {
	return name.Pkg() != nil && len(name.Pkg().Path()) >= len(w.prefix) && name.Pkg().Path()[:len(w.prefix)] == w.prefix
}

// local looks inside the types of the package itself. What other packages are made of is theirs.
func (w walker) local(t *types.Named) bool {
	if t.Obj().Pkg() != w.home {
		return false
	}
	return w.reaches(t.Underlying()) || slices.ContainsFunc(slices.Collect(t.Methods()), func(m *types.Func) bool {
		return m.Exported() && w.reaches(m.Type())
	})
}

func (w walker) params(list *types.TypeParamList) bool {
	return slices.ContainsFunc(slices.Collect(list.TypeParams()), func(p *types.TypeParam) bool { return w.reaches(p) })
}

func (w walker) arguments(list *types.TypeList) bool {
	return slices.ContainsFunc(slices.Collect(list.Types()), w.reaches)
}
