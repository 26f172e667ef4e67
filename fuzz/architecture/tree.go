package architecture

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Module is the path of the root module.
const Module = "example.com/resourceserver"

const jwx = "github.com/lestrrat-go/jwx/"

// A tree is the Go source of a repository, parsed once. Rules are functions of it, so that each can be shown a small
// tree that breaks it.
type tree struct {
	root    fs.FS
	files   []*source
	modules []string // the folders that hold a go.mod; the root's is "."
}

// A source is one Go file.
type source struct {
	name   string // slash-separated, from the root
	room   string // its folder
	test   bool
	nested bool // in a module of its own, below the root's
	text   string
	syntax *ast.File
	set    *token.FileSet
}

// A rule returns what is wrong with a tree, one line for each fault.
type rule func(*tree) []string

func readTree(root fs.FS) (*tree, error) {
	t := &tree{root: root}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && SkippedFolder(entry.Name()):
			return fs.SkipDir
		case entry.Name() == "go.mod":
			t.modules = append(t.modules, path.Dir(name))
		case strings.HasSuffix(name, ".go"):
			return t.add(name)
		}
		return nil
	})
	for _, file := range t.files {
		file.nested = t.moduleOf(file.room) != "."
	}
	return t, err
}

// SkippedFolder says whether a folder of that name holds nothing that this project wrote for people to read.
func SkippedFolder(name string) bool {
	return name == "testdata" || name == "node_modules" || name == ".git" || name == ".ci"
}

func (t *tree) add(name string) error {
	content, err := fs.ReadFile(t.root, name)
	if err != nil {
		return err
	}
	set := token.NewFileSet()
	syntax, err := parser.ParseFile(set, name, content, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	t.files = append(t.files, &source{
		name: name, room: path.Dir(name), test: strings.HasSuffix(name, "_test.go"),
		text: string(content), syntax: syntax, set: set,
	})
	return nil
}

// moduleOf returns the folder of the module that a room is in.
func (t *tree) moduleOf(room string) string {
	for ; room != "."; room = path.Dir(room) {
		if slices.Contains(t.modules, room) {
			break
		}
	}
	return room
}

// packages returns the files of every package of the root module, test files included, by folder.
func (t *tree) packages() map[string][]*source {
	packages := make(map[string][]*source)
	for _, file := range t.files {
		if !file.nested {
			packages[file.room] = append(packages[file.room], file)
		}
	}
	return packages
}

func (s *source) imports() []string {
	var paths []string
	for _, spec := range s.syntax.Imports {
		paths = append(paths, importPath(spec))
	}
	return paths
}

func importPath(spec *ast.ImportSpec) string {
	name, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		panic(err) // the parser has checked it
	}
	return name
}

func (s *source) at(node ast.Node) string { return s.set.Position(node.Pos()).String() }

// explained says whether a comment stands on the node's line or ends on the line above.
func (s *source) explained(node ast.Node) bool {
	line := s.set.Position(node.Pos()).Line
	return slices.ContainsFunc(s.syntax.Comments, func(c *ast.CommentGroup) bool {
		first, last := s.set.Position(c.Pos()).Line, s.set.Position(c.End()).Line
		return first == line || last == line-1
	})
}

// calls visits every call of a function or method through a selector, as in time.Sleep or t.Skip.
func (s *source) calls(visit func(call *ast.CallExpr, receiver, name string)) {
	ast.Inspect(s.syntax, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			if selector, ok := call.Fun.(*ast.SelectorExpr); ok {
				if receiver, ok := selector.X.(*ast.Ident); ok {
					visit(call, receiver.Name, selector.Sel.Name)
				}
			}
		}
		return true
	})
}

// bubbles returns the calls of synctest.Test.
func (s *source) bubbles() []ast.Node {
	var bubbles []ast.Node
	s.calls(func(call *ast.CallExpr, receiver, name string) {
		if receiver == "synctest" && name == "Test" {
			bubbles = append(bubbles, call)
		}
	})
	return bubbles
}
