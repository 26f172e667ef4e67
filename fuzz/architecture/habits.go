package architecture

import (
	"bytes"
	"fmt"
	"go/ast"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"
)

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

// written are the files that people write, by their endings.
var written = []string{
	".go", ".md", ".yml", ".sh", ".txt", ".mjs", ".js", ".sql", "/run", "/fuzz", "go.mod", ".gitignore",
}

func nothingIsLeftToDo(t *tree) []string {
	marks := [][]byte{[]byte("TO" + "DO"), []byte("FIX" + "ME"), []byte("X" + "XX:")}
	var faults []string
	err := fs.WalkDir(t.root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if err == nil && SkippedFolder(entry.Name()) && entry.Name() != ".ci" {
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

// sleepsAndSkipsHaveReasons: time.Sleep waits for luck, unless it is inside a bubble with a fake clock, or a comment
// next to it says why it is sound. A test that skips prints why.
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
				faults = append(faults, file.at(call)+" sleeps outside a synctest bubble and gives no reason")
			case name == "SkipNow", (name == "Skip" || name == "Skipf") && len(call.Args) == 0:
				faults = append(faults, file.at(call)+" skips without printing the reason")
			}
		})
	}
	return faults
}

// jwtLogsNothing: what it explains is a value for whoever logs, and these names of log/slog make one. The package is
// not renamed, or this would not find what else is used of it.
func jwtLogsNothing(t *tree) []string {
	values := []string{"Attr", "Value", "LogValuer", "GroupValue", "String"}
	var faults []string
	for _, file := range t.files {
		if file.test || file.room != "jwt" {
			continue
		}
		ast.Inspect(file.syntax, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ImportSpec:
				if n.Path.Value == `"log/slog"` && n.Name != nil {
					faults = append(faults, file.at(n)+" renames log/slog")
				}
			case *ast.SelectorExpr:
				if isNamed(n.X, "slog") && !slices.Contains(values, n.Sel.Name) {
					faults = append(faults, fmt.Sprintf("%s uses slog.%s, which may log", file.at(n), n.Sel.Name))
				}
			}
			return true
		})
	}
	return faults
}

func isNamed(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

// nothingRunsAtInit: state of a package that init fills, or that a program changes later, would be shared by everyone
// who imports it.
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

// What is longer than this is not read to its end.
const (
	lineLength = 120 // in characters, a tab being one of them
	fileLength = 600 // in lines
)

func linesAreShort(t *tree) []string {
	var faults []string
	for _, file := range t.files {
		number := 0
		for line := range strings.Lines(file.text) {
			number++
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\r\n")); n > lineLength {
				faults = append(faults, fmt.Sprintf("%s:%d has %d characters", file.name, number, n))
			}
		}
	}
	return faults
}

func filesAreShort(t *tree) []string {
	var faults []string
	for _, file := range t.files {
		if n := strings.Count(file.text, "\n"); n > fileLength {
			faults = append(faults, fmt.Sprintf("%s has %d lines: split it by subject", file.name, n))
		}
	}
	return faults
}
