package examples_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/fuzz/architecture"
)

// A snippet is a block of Go in a document. It has one of three forms: a complete file, with its package clause; the
// declarations of a file, without; or the body of a function. The last two are completed here: packages are imported by
// their usual names, and a comment directly above the block names what the surrounding program provides:
//
//	<!-- given: mux *http.ServeMux, userHandler http.Handler -->
type snippet struct {
	at     string // document and line
	source string
	given  string
}

var (
	fenced = regexp.MustCompile("(?ms)^(?:<!-- given: ([^\n]*) -->\n+)?```go\n(.*?)^```$")
	link   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	code   = regexp.MustCompile("(?ms)^```.*?^```$|`[^`\n]+`")
)

func snippets(name, document string) []snippet {
	var found []snippet
	for _, m := range fenced.FindAllStringSubmatchIndex(document, -1) {
		s := snippet{source: document[m[4]:m[5]]}
		if m[2] >= 0 {
			s.given = document[m[2]:m[3]]
		}
		s.at = fmt.Sprintf("%s:%d", name, 1+strings.Count(document[:m[4]], "\n"))
		found = append(found, s)
	}
	return found
}

// complete returns a whole file, and whether it was one already: what completes a snippet may leave something unused, a
// whole file may not.
func (s snippet) complete() (source string, whole bool) {
	if strings.HasPrefix(s.source, "package ") || strings.Contains(s.source, "\npackage ") {
		return s.source, true
	}
	body := "func _(" + s.given + ") {\n" + s.source + "\n}\n"
	if _, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+s.source, 0); err == nil {
		body = s.source + "\nfunc _(" + s.given + ") {}\n"
	}
	return "package p\n" + imports(body) + body, false
}

// usual are the packages that a snippet may use without importing them.
var usual = map[string]string{
	"scopes": architecture.Module + "/scopes", "jwks": architecture.Module + "/jwks", "jwt": architecture.Module + "/jwt",
	"jwttest": architecture.Module + "/jwt/jwttest", "dpop": architecture.Module + "/jwt/dpop",
	"tokencache": architecture.Module + "/jwt/tokencache",
	"protector":  architecture.Module + "/protector", "introspection": architecture.Module + "/protector/introspection",
	"context": "context", "errors": "errors", "fmt": "fmt", "log": "log", "slog": "log/slog", "http": "net/http",
	"httptest": "net/http/httptest", "os": "os", "testing": "testing", "time": "time", "json": "encoding/json",
	"require": "github.com/stretchr/testify/require", "chi": "github.com/go-chi/chi/v5", "strings": "strings",
	"signal": "os/signal", "tls": "crypto/tls", "slices": "slices",
}

// packages finds what a snippet may import. It is asked for once: the go command looks at the whole module.
var packages = sync.OnceValues(func() (types.Importer, error) {
	return architecture.Packages(slices.Collect(maps.Values(usual))...)
})

func imports(body string) string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(usual)) {
		if regexp.MustCompile(`\b` + name + `\.[A-Z]`).MatchString(body) {
			lines = append(lines, fmt.Sprintf("import %q\n", usual[name]))
		}
	}
	return strings.Join(lines, "")
}

// compile type-checks the snippet.
func (s snippet) compile(importer types.Importer) error {
	source, whole := s.complete()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, s.at, source, 0)
	if err != nil {
		return err
	}
	var faults []error
	config := types.Config{Importer: importer, Error: func(err error) {
		var fault types.Error
		if whole || !errors.As(err, &fault) || !fault.Soft {
			faults = append(faults, err)
		}
	}}
	config.Check("p", set, []*ast.File{file}, nil)
	return errors.Join(faults...)
}

// documents returns every document of the repository, by its path.
func documents(t *testing.T) map[string]string {
	t.Helper()
	found := make(map[string]string)
	require.NoError(t, fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && architecture.SkippedFolder(entry.Name()):
			return fs.SkipDir
		case path.Ext(name) != ".md":
			return nil
		}
		content, err := fs.ReadFile(root, name)
		found[name] = string(content)
		return err
	}))
	require.Contains(t, found, "README.md")
	return found
}

var root = os.DirFS("..")

// nested says whether a document belongs to a module of its own, whose tests look at its Go: what it imports cannot be
// found from here.
func nested(name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if _, err := fs.Stat(root, path.Join(dir, "go.mod")); err == nil {
			return true
		}
	}
	return false
}

func TestDocumentsCompile(t *testing.T) {
	importer, err := packages()
	require.NoError(t, err)
	var shown []string
	for name, document := range documents(t) {
		found := snippets(name, document)
		if len(found) == 0 || nested(name) {
			continue
		}
		shown = append(shown, name)
		for _, s := range found {
			require.NoError(t, s.compile(importer), s.at)
		}
	}
	require.Subset(t, shown, []string{"README.md", "jwks/README.md", "jwt/README.md", "jwt/jwttest/README.md",
		"protector/README.md", "protector/introspection/README.md", "fuzz/speed/README.md"}, "documents that show Go")
	require.NotContains(t, shown, "protector/ginguard/README.md")
}

// Every block that is opened is one that a test knows: an indented fence would escape it.
func TestFencesStandAtTheMargin(t *testing.T) {
	for name, document := range documents(t) {
		if !nested(name) {
			require.NotRegexp(t, "(?m)^ +```go", document, name)
		}
	}
}

func TestReadmeNamesTheTestCommand(t *testing.T) {
	require.Contains(t, "\n"+documents(t)["README.md"], "\ngo test ./...\n", ".ci/run takes the command from this line")
}

func TestReadmeIsOnePage(t *testing.T) {
	require.LessOrEqual(t, len(documents(t)["README.md"]), 12<<10, "the rest belongs beside its room")
}

func TestLinksLeadSomewhere(t *testing.T) {
	for name, document := range documents(t) {
		for _, fault := range deadLinks(root, name, document) {
			t.Error(fault)
		}
	}
}

// deadLinks checks that a link to a file has that file, and that a link to a heading has that heading. Links to other
// places are not followed: whether they answer today is not for a test to say.
func deadLinks(root fs.FS, name, document string) []string {
	var faults []string
	for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(document, ""), -1) {
		target, err := url.Parse(m[1])
		if err != nil || target.Scheme != "" || target.Host != "" {
			continue
		}
		linked, content := name, document
		if target.Path != "" {
			linked = path.Join(path.Dir(name), target.Path)
			if _, err := fs.Stat(root, linked); err != nil {
				faults = append(faults, fmt.Sprintf("%s links to %s, which is not there", name, m[1]))
				continue
			}
			if target.Fragment != "" {
				bytes, _ := fs.ReadFile(root, linked)
				content = string(bytes)
			}
		}
		if path.Ext(linked) == ".md" && target.Fragment != "" && !slices.Contains(headings(content), target.Fragment) {
			faults = append(faults, fmt.Sprintf("%s links to %s, which has no such heading", name, m[1]))
		}
	}
	return faults
}

var (
	fence     = regexp.MustCompile("(?ms)^```.*?^```$")
	heading   = regexp.MustCompile(`(?m)^#+ (.+)$`)
	notAnchor = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// headings returns the anchors of a document's headings, as code hosts form them.
func headings(document string) []string {
	var anchors []string
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(document, ""), -1) {
		plain := notAnchor.ReplaceAllString(strings.ToLower(m[1]), "")
		anchors = append(anchors, strings.ReplaceAll(plain, " ", "-"))
	}
	return anchors
}

func TestSnippets(t *testing.T) {
	importer, err := packages()
	require.NoError(t, err)
	for name, test := range map[string]struct {
		document string
		fault    string // "" = compiles
	}{
		"a program":       {"```go\npackage main\n\nimport \"net/http\"\n\nfunc main() { http.NewServeMux() }\n```\n", ""},
		"a body":          {"```go\nset := scopes.Parse(\"a\")\n```\n", ""},
		"a body, given":   {"<!-- given: mux *http.ServeMux -->\n```go\nmux.Handle(\"/\", nil)\n```\n", ""},
		"declarations":    {"```go\nfunc handle(w http.ResponseWriter, r *http.Request) {}\n```\n", ""},
		"no such name":    {"```go\nscopes.Pars(\"a\")\n```\n", "undefined: scopes.Pars"},
		"wrong type":      {"```go\nscopes.Parse(1)\n```\n", "cannot use 1"},
		"nothing given":   {"```go\nmux.Handle(\"/\", nil)\n```\n", "undefined: mux"},
		"unused in whole": {"```go\npackage main\n\nfunc main() { x := 1 }\n```\n", "declared and not used"},
		"no Go":           {"```go\nset :=\n```\n", "expected"},
		"an import is off": {"```go\npackage main\n\nimport _ \"example.com/resourceserver/none\"\n```\n",
			"neither in this module"},
	} {
		found := snippets("README.md", "# Text\n\n"+test.document)
		require.Len(t, found, 1, name)
		err := found[0].compile(importer)
		if test.fault == "" {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorContains(t, err, test.fault, name)
	}
	require.Empty(t, snippets("README.md", "```sh\ngo test ./...\n```\n"))
}

func TestDeadLinks(t *testing.T) {
	root := fstest.MapFS{
		"LICENSE":     {},
		"jwt/doc.go":  {},
		"fuzz/A.md":   {Data: []byte("# What *it* is: in three\n")},
		"fuzz/doc.go": {},
	}
	for document, dead := range map[string]int{
		"[a](LICENSE) [b](jwt) [c](jwt/doc.go)":             0,
		"[a](https://example.com/none) [b](//example.com)":  0,
		"[a](fuzz/A.md#what-it-is-in-three)":                0,
		"# Here, `now`\n\n[a](#here-now)":                   0,
		"```\n# Here\n```\n\n[a](#here)":                    1,
		"`[a](none)`\n\n```\n[b](none)\n```\n":              0,
		"[a](none)":                                         1,
		"[a](#none)":                                        1,
		"[a](fuzz/A.md#none) and [b](../LICENSE) [c](/etc)": 3,
	} {
		require.Len(t, deadLinks(root, "README.md", document), dead, document)
	}
	require.Empty(t, deadLinks(root, "fuzz/B.md", "[a](../LICENSE) [b](A.md)"))
}
