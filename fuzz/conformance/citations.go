package main

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A test is a Test, Fuzz or Example function of the repository.
type test struct {
	folder string // slash-separated, from the root
	name   string
	file   string // within folder
}

// A declaration is what a comment of a test file can stand in or directly above.
type declaration struct {
	test
	names []string
	cites []string
	uses  map[string]bool // every identifier in it
}

// A suite is the test files of one package.
type suite struct {
	declarations []*declaration
	byName       map[string][]*declaration // methods of several types may share a name
	faults       []error
}

// citations finds what every test of the repository cites: item number → tests, in the order of their folders and
// names.
func citations(root fs.FS) (map[string][]test, error) {
	suites := make(map[string]*suite)
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skipped(entry.Name())
		}
		if !strings.HasSuffix(name, "_test.go") {
			return nil
		}
		return read(suites, root, name)
	})
	if err != nil {
		return nil, err
	}
	shown := make(map[string][]test)
	var faults []error
	for _, key := range slices.Sorted(maps.Keys(suites)) {
		suites[key].collect(shown)
		faults = append(faults, suites[key].faults...)
	}
	for _, tests := range shown {
		slices.SortFunc(tests, func(a, b test) int {
			return cmp.Or(strings.Compare(a.folder, b.folder), strings.Compare(a.name, b.name))
		})
	}
	return shown, errors.Join(faults...)
}

func skipped(dir string) error {
	if dir == "testdata" || dir == "node_modules" || dir != "." && strings.HasPrefix(dir, ".") {
		return fs.SkipDir
	}
	return nil
}

// read adds the declarations of one file to its suite, with what the comments in them and directly above them cite.
func read(suites map[string]*suite, root fs.FS, name string) error {
	source, err := fs.ReadFile(root, name)
	if err != nil {
		return err
	}
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	// A folder holds two packages of tests: the package's own, and the external one. They do not see each other's names.
	key := path.Dir(name) + " " + file.Name.Name
	if suites[key] == nil {
		suites[key] = &suite{byName: make(map[string][]*declaration)}
	}
	s := suites[key]
	added := make([]*declaration, len(file.Decls))
	for i, decl := range file.Decls {
		added[i] = s.add(decl, name)
	}
	for _, group := range file.Comments {
		numbers, err := parseCitation(group.Text())
		i := slices.IndexFunc(file.Decls, func(decl ast.Decl) bool {
			return start(decl) <= group.Pos() && group.End() <= decl.End()
		})
		switch {
		case err != nil:
		case i >= 0:
			added[i].cites = append(added[i].cites, numbers...)
		case len(numbers) > 0:
			err = errors.New("the citation is neither in a declaration nor directly above one")
		}
		if err != nil {
			s.faults = append(s.faults, fmt.Errorf("%s: %w", files.Position(group.Pos()), err))
		}
	}
	return nil
}

func start(decl ast.Decl) token.Pos {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Doc != nil {
			return d.Doc.Pos()
		}
	case *ast.GenDecl:
		if d.Doc != nil {
			return d.Doc.Pos()
		}
	}
	return decl.Pos()
}

func (s *suite) add(decl ast.Decl, name string) *declaration {
	d := &declaration{names: declared(decl), uses: make(map[string]bool)}
	d.test = test{folder: path.Dir(name), name: strings.Join(d.names, ", "), file: path.Base(name)}
	ast.Inspect(decl, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			d.uses[id.Name] = true
		}
		return true
	})
	s.declarations = append(s.declarations, d)
	for _, n := range d.names {
		s.byName[n] = append(s.byName[n], d)
	}
	return d
}

func declared(decl ast.Decl) []string {
	if f, ok := decl.(*ast.FuncDecl); ok {
		return []string{f.Name.Name}
	}
	var names []string
	for _, spec := range decl.(*ast.GenDecl).Specs {
		switch s := spec.(type) {
		case *ast.ValueSpec:
			for _, id := range s.Names {
				names = append(names, id.Name)
			}
		case *ast.TypeSpec:
			names = append(names, s.Name.Name)
		}
	}
	return names
}

// collect gives every test what it cites and what the things it uses cite.
func (s *suite) collect(shown map[string][]test) {
	reached := make(map[*declaration]bool)
	for _, d := range s.declarations {
		if !isTest(d.name) {
			continue
		}
		seen, cites := make(map[*declaration]bool), make(map[string]bool)
		s.follow(d, cites, seen)
		maps.Copy(reached, seen)
		for number := range cites {
			shown[number] = append(shown[number], d.test)
		}
	}
	for _, d := range s.declarations {
		if len(d.cites) > 0 && !reached[d] {
			s.faults = append(s.faults, fmt.Errorf("%s/%s: what %s cites belongs to no test", d.folder, d.file, d.name))
		}
	}
}

func (s *suite) follow(d *declaration, cites map[string]bool, seen map[*declaration]bool) {
	if seen[d] {
		return
	}
	seen[d] = true
	for _, number := range d.cites {
		cites[number] = true
	}
	for name := range d.uses {
		for _, used := range s.byName[name] {
			if !isTest(used.name) {
				s.follow(used, cites, seen)
			}
		}
	}
}

func isTest(name string) bool {
	return strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Fuzz") || strings.HasPrefix(name, "Example")
}

var (
	citationText  = regexp.MustCompile(`\bchecklist ((?:\d+[a-z]?\b(?:\s*[–-]\s*\d+)?(?:\s*,\s*|\s+and\s+)?)+)`)
	citationRange = regexp.MustCompile(`(\d+)([a-z]?)(?:\s*[–-]\s*(\d+))?`)
)

// parseCitation returns the numbers cited in a comment, as in "checklist 28, 30–32, 147a".
func parseCitation(comment string) ([]string, error) {
	var numbers []string
	for _, list := range citationText.FindAllStringSubmatch(comment, -1) {
		for _, part := range citationRange.FindAllStringSubmatch(list[1], -1) {
			first, err := strconv.Atoi(part[1])
			if err != nil {
				return nil, err
			}
			last := first
			if part[3] != "" {
				if last, err = strconv.Atoi(part[3]); err != nil {
					return nil, err
				}
			}
			lettered := part[2] != "" && part[3] != ""
			if first < 1 || last < first || last > maxItem || lettered {
				return nil, fmt.Errorf("checklist %s: no such items", part[0])
			}
			for number := first; number <= last; number++ {
				numbers = append(numbers, strconv.Itoa(number)+part[2])
			}
		}
	}
	return numbers, nil
}

// maxItem bounds a range before it is counted through; whether each number is an item is checked against the list.
const maxItem = 999
