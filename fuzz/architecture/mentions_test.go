package architecture

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNoExportedNameMentionsJWX(t *testing.T) {
	rooms, err := Public(os.DirFS("../.."))
	require.NoError(t, err)
	require.NotEmpty(t, rooms)
	from, err := Packages()
	require.NoError(t, err)
	for _, room := range rooms {
		pkg, err := from.Import(Module + "/" + room)
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
