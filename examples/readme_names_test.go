package examples_test

import (
	"go/types"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/fuzz/architecture"
)

var (
	codeSpan  = regexp.MustCompile("`[^`\n]+`")
	testNamed = regexp.MustCompile(`(?:^|[^./\w])((?:Test|Example|Fuzz|Benchmark)[A-Z_]\w*)(…?)`)
	testFunc  = regexp.MustCompile(`(?m)^func ((?:Test|Example|Fuzz|Benchmark)\w*)\(`)
	qualified = regexp.MustCompile(`\b([A-Za-z]+)\.([A-Z]\w*)\b`)
)

// spans returns what a document sets in code, blocks aside: those are compiled.
func spans(document string) []string {
	return codeSpan.FindAllString(fence.ReplaceAllString(document, ""), -1)
}

// TestDocumentsNameTestsThatExist keeps the tables that say which test shows what.
func TestDocumentsNameTestsThatExist(t *testing.T) {
	tests := "\n" + strings.Join(testNames(t), "\n") + "\n"
	named := 0
	for name, document := range documents(t) {
		if name == "CHANGELOG.md" || name == "fuzz/CONFORMANCE.md" {
			continue // history; and made from the tests
		}
		for _, span := range spans(document) {
			for _, m := range testNamed.FindAllStringSubmatch(span, -1) {
				named++
				wanted := "\n" + m[1]
				if m[2] == "" {
					wanted += "\n"
				}
				require.True(t, strings.Contains(tests, wanted), "%s names %s, which is no test", name, m[0])
			}
		}
	}
	require.Greater(t, named, 30)
}

func testNames(t *testing.T) []string {
	t.Helper()
	var found []string
	require.NoError(t, fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && architecture.SkippedFolder(entry.Name()):
			return fs.SkipDir
		case !strings.HasSuffix(name, "_test.go"):
			return nil
		}
		content, err := fs.ReadFile(root, name)
		for _, m := range testFunc.FindAllStringSubmatch(string(content), -1) {
			found = append(found, m[1])
		}
		return err
	}))
	return found
}

// spoken are the names that the documents give to values of these types, one of which has to have what is named.
var spoken = map[string][]string{
	"guard": {"protector.Protector"}, "Policy": {"protector.Policy"}, "Validator": {"protector.Validator"},
	"keys": {"jwks.Remote"}, "cache": {"tokencache.Cache"},
	"Config": {"protector.Config", "introspection.Config", "jwt.Config", "dpop.Config", "tokencache.Config",
		"jwks.Config"},
}

// TestDocumentsNameWhatExists looks up every `package.Name` and every `guard.Name` that stands in the text.
func TestDocumentsNameWhatExists(t *testing.T) {
	importer, err := packages()
	require.NoError(t, err)
	seen := 0
	for name, document := range documents(t) {
		if name == "CHANGELOG.md" || name == "fuzz/CONFORMANCE.md" {
			continue
		}
		for _, span := range spans(document) {
			for _, m := range qualified.FindAllStringSubmatch(span, -1) {
				ours := usual[m[1]]
				switch {
				case m[1] == "Config" && nested(name): // its own, perhaps
				case len(spoken[m[1]]) > 0:
					require.True(t, hasMember(t, importer, spoken[m[1]], m[2]), "%s: no %s", name, m[0])
				case strings.HasPrefix(ours, architecture.Module+"/"):
					p, err := importer.Import(ours)
					require.NoError(t, err)
					require.NotNil(t, p.Scope().Lookup(m[2]), "%s: no %s", name, m[0])
				default:
					continue
				}
				seen++
			}
		}
	}
	require.Greater(t, seen, 60)
}

// hasMember says whether one of the types has a field or a method of that name.
func hasMember(t *testing.T, importer types.Importer, of []string, name string) bool {
	t.Helper()
	return slices.ContainsFunc(of, func(of string) bool {
		pkg, typ, _ := strings.Cut(of, ".")
		p, err := importer.Import(usual[pkg])
		require.NoError(t, err)
		object := p.Scope().Lookup(typ)
		require.NotNil(t, object, of)
		member, _, _ := types.LookupFieldOrMethod(object.Type(), true, p, name)
		return member != nil
	})
}
