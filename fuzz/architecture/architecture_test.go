package architecture

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

const ours = Module + "/"

// files is a small tree: name → content.
type files map[string]string

var rules = []struct {
	name   string
	check  rule
	broken map[string]files // name → a tree that breaks the rule once
}{
	{"imports stay inside", importsStayInside, map[string]files{
		"scopes imports http":           importing("scopes", "net/http"),
		"scopes imports JSON":           importing("scopes", "encoding/json"),
		"scopes imports jwt":            importing("scopes", ours+"jwt"),
		"scopes imports a dependency":   importing("scopes", "golang.org/x/time/rate"),
		"jwks imports scopes":           importing("jwks", ours+"scopes"),
		"jwks imports jwttest":          importing("jwks", ours+"jwt/jwttest"),
		"jwks imports jwx":              importing("jwks", "github.com/lestrrat-go/jwx/v2/jwk"),
		"jwk imports scopes":            importing("jwks/jwk", ours+"scopes"),
		"jwk imports slog":              importing("jwks/jwk", "log/slog"),
		"jwk imports jwks":              importing("jwks/jwk", ours+"jwks"),
		"jwk imports http":              importing("jwks/jwk", "net/http"),
		"jwk reads files":               importing("jwks/jwk", "os"),
		"jwk imports a limiter":         importing("jwks/jwk", "golang.org/x/time/rate"),
		"jwt imports jwks":              importing("jwt", ours+"jwks"),
		"jwt imports http":              importing("jwt", "net/http"),
		"jwt imports what http has":     importing("jwt", "net/http/httptest"),
		"jwt imports sockets":           importing("jwt", "net"),
		"jwt imports log":               importing("jwt", "log"),
		"jwt imports its test kit":      importing("jwt", ours+"jwt/jwttest"),
		"jwt imports its cache":         importing("jwt", ours+"jwt/tokencache"),
		"jwt imports its proofs":        importing("jwt", ours+"jwt/dpop"),
		"jws imports jwt":               importing("jwt/internal/jws", ours+"jwt"),
		"jws imports http":              importing("jwt/internal/jws", "net/http"),
		"jws imports jwx":               importing("jwt/internal/jws", "github.com/lestrrat-go/jwx/v2/jws"),
		"strictjson imports jws":        importing("jwt/internal/strictjson", ours+"jwt/internal/jws"),
		"strictjson imports JSON":       importing("jwt/internal/strictjson", "github.com/go-json-experiment/json"),
		"tokencache imports jwt":        importing("jwt/tokencache", ours+"jwt"),
		"tokencache imports keys":       importing("jwt/tokencache", ours+"jwks/jwk"),
		"dpop imports jwt":              importing("jwt/dpop", ours+"jwt"),
		"dpop imports http":             importing("jwt/dpop", "net/http"),
		"jwttest imports a dependency":  importing("jwt/jwttest", "github.com/stretchr/testify/require"),
		"jwttest imports jwt":           importing("jwt/jwttest", ours+"jwt"),
		"jwttest imports scopes":        importing("jwt/jwttest", ours+"scopes"),
		"protector imports jwt":         importing("protector", ours+"jwt"),
		"protector imports keys":        importing("protector", ours+"jwks/jwk"),
		"protector imports a child":     importing("protector", ours+"protector/introspection"),
		"protector imports jwx":         importing("protector", "github.com/lestrrat-go/jwx/v2/jwk"),
		"protector imports a framework": importing("protector", "github.com/go-chi/chi/v5"),
		"introspection imports jwks":    importing("protector/introspection", ours+"jwks"),
		"introspection looks up":        importing("protector/introspection", ours+"protector"),
		"a guard imports jwt":           importing("protector/grpcguard", ours+"jwt"),
		"protector imports its trials":  importing("protector", ours+"protector/internal/refusals"),
		"a guard imports the trials":    importing("protector/ginguard", ours+"protector/internal/refusals"),
		"a guard imports another":       importing("protector/ginguard", ours+"protector/echoguard"),
		"a store imports the house":     importing("protector/redisstore", ours+"jwt/dpop"),
	}},
	{"rooms are known", roomsAreKnown, map[string]files{
		"a new room":            importing("jwt/vault", "errors"),
		"a new room, inside":    importing("jwt/internal/util", "errors"),
		"a guard in the root":   importing("protector/grpcguard", "errors"),
		"a child in a module":   {"protector/go.mod": "", "protector/introspection/a.go": "package introspection"},
		"jwk, a module by hand": {"jwks/jwk/go.mod": "", "jwks/jwk/a.go": "package jwk"},
	}},
	{"jwx stays behind its doors", jwxStaysBehindItsDoors, map[string]files{
		"a second room":    doors("ParseKey", files{"scopes/a.go": file("scopes", jwx+"v2/jwk")}),
		"the door is gone": {"jwks/jwk/jwx.go": "package jwk"},
		"its signatures":   doors("ParseKey", files{"jwks/jwk/a.go": file("jwk", jwx+"v2/jws")}),
		"a set is parsed":  doors("ParseSet", nil),
		"a set is fetched": doors("Fetch", nil),
		"a cache":          doors("NewCache", nil),
		"a setting":        doors("Configure", nil),
		"its jwt":          doors("ParseKey", files{"jwks/jwk/a.go": file("jwk", jwx+"v2/jwt")}),
		"renamed": doors("ParseKey", files{
			"jwks/jwk/a.go": "package jwk\nimport k \"" + jwx + "v2/jwk\"\nvar _ = k.ParseKey",
		}),
	}},
	{"one Go version", oneGoVersion, map[string]files{
		"a newer one":   {"go.mod": "module a\n\ngo 1.27.0\n"},
		"in a child":    {"go.mod": "module a\n\ngo 1.26.0\n", "fuzz/b/go.mod": "module b\n\ngo 1.26.1\n"},
		"none":          {"go.mod": "module a\n"},
		"its toolchain": {"go.mod": "module a\n\ngo 1.26.0\n\ntoolchain go1.27.3\n"},
	}},
	{"the root requires little", rootRequiresLittle, map[string]files{
		"a line":  {"go.mod": "module a\n\nrequire github.com/gin-gonic/gin v1.0.0\n"},
		"a block": {"go.mod": "module a\n\nrequire (\n\tgithub.com/gin-gonic/gin v1.0.0\n\tgolang.org/x/time v0.1.0\n)\n"},
	}},
	{"testify in tests only", testifyInTestsOnly, map[string]files{
		"require": importing("jwks", "github.com/stretchr/testify/require"),
	}},
	{"packages are documented", packagesAreDocumented, map[string]files{
		"no doc comment": {"jwt/a.go": "package jwt"},
		"no Example": {
			"jwt/a.go":      "// Package jwt is documented.\npackage jwt\n\nfunc Exported() {}",
			"jwt/a_test.go": "package jwt_test\nfunc TestA() {}",
		},
		"a bare command":  {"fuzz/cmd/main.go": "package main\nfunc main() {}"},
		"detached by two": {"jwt/a.go": "// Package jwt is not documented by this.\n\npackage jwt"},
	}},
	{"the top level is fixed", topLevelIsFixed, map[string]files{
		"a folder": {"internal/a.go": "package internal"},
		"a file":   {"Makefile": ""},
	}},
	{"nothing is left to do", nothingIsLeftToDo, map[string]files{
		"in code":     {"jwt/a.go": "package jwt // TO" + "DO: later"},
		"in a script": {".ci/run": "# FIX" + "ME"},
		"in prose":    {"README.md": "TO" + "DO"},
		"a context":   {"jwt/a.go": "package jwt\nimport \"context\"\nvar ctx = context.TO" + "DO()"},
	}},
	{"sleeps and skips have reasons", sleepsAndSkipsHaveReasons, map[string]files{
		"sleep":       aTest("time.Sl" + "eep(1)"),
		"past bubble": aTest("synctest.Test(t, f)", "time.Sl"+"eep(1)"),
		"comment far": aTest("// Two lines up is not next to it.", "", "time.Sl"+"eep(1)"),
		"bare skip":   aTest("t.Sk" + "ipNow()"),
		"empty skip":  aTest("t.Sk" + "ip()"),
	}},
	{"jwt logs nothing", jwtLogsNothing, map[string]files{
		"by the default logger": {"jwt/a.go": "package jwt\nimport \"log/slog\"\nfunc f(t string) { slog.Info(t) }"},
		"by a logger":           {"jwt/a.go": "package jwt\nimport \"log/slog\"\nfunc f(l *slog.Logger) { l.Info(\"\") }"},
		"under another name":    {"jwt/a.go": "package jwt\nimport l \"log/slog\"\nfunc f(t string) { l.Info(t) }"},
	}},
	{"nothing runs at init", nothingRunsAtInit, map[string]files{
		"init": {"jwt/a.go": "package jwt\nfunc init() {}"},
	}},
	{"lines are short", linesAreShort, map[string]files{
		"a comment": {"jwt/a.go": "package a\n\n// " + strings.Repeat("é", 118) + "\n"},
		"in a test": {"jwt/a_test.go": "package a\r\n\r\n// " + strings.Repeat("a", 118) + "\r\n"},
	}},
	{"files are short", filesAreShort, map[string]files{
		"a test": {"jwt/a_test.go": "package a\n" + strings.Repeat("\n", 600)},
	}},
}

// importing is a tree of one file, which imports one package.
func importing(room, name string) files { return files{room + "/a.go": file("a", name)} }

// file is a documented file of a package, which imports others.
func file(name string, imports ...string) string {
	text := "// Package " + name + " is documented.\npackage " + name + "\n"
	for _, path := range imports {
		text += "import \"" + path + "\"\n"
	}
	return text
}

func module(name string, lines ...string) string {
	return "module " + name + "\n\ngo 1.26.0\n\n" + strings.Join(lines, "\n") + "\n"
}

// aTest is a tree of one test, of those lines.
func aTest(lines ...string) files {
	return files{"jwt/a_test.go": "package jwt\nfunc TestA() {\n\t" + strings.Join(lines, "\n\t") + "\n}"}
}

// doors is a tree in which jwx is used where it may be, the one thing of it that is named; and more.
func doors(use string, more files) files {
	all := files{"jwks/jwk/jwx.go": file("jwk", jwx+"v2/jwk") + "var _ = jwk." + use}
	for name, content := range more {
		all[name] = content
	}
	return all
}

func TestArchitecture(t *testing.T) {
	tree, err := readTree(os.DirFS("../.."))
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
	sound := memoryTree(t, doors("ParseKey", files{
		"README.md":                  "",
		"go.mod":                     module("a", "require golang.org/x/time v0", "require (", "\ta.b/c v1 // indirect", ")"),
		"scopes/a.go":                file("scopes", "strings"),
		"jwt/doc.go":                 file("jwt", ours+"jwks/jwk", ours+"jwt/internal/jws", "net/url") + "func Exported() {}",
		"jwt/example_test.go":        "package jwt_test\nfunc Example() {}",
		"jwt/internal/jws/a.go":      file("jws") + "func Exported() {}",
		"jwks/doc.go":                file("jwks", "net/http", ours+"jwks/jwk"),
		"protector/doc.go":           file("protector", ours+"scopes"),
		"protector/ginguard/a.go":    file("ginguard", "github.com/gin-gonic/gin"),
		"protector/ginguard/go.mod":  module("b", "require github.com/gin-gonic/gin v1.0.0"),
		"protector/cmd/guard/a.go":   file("main", ours+"jwt/jwttest", ours+"protector/introspection"),
		"protector/cmd/guard/go.mod": module("c"),
		"examples/quickstart/a.go":   file("main", ours+"jwt"),
		"fuzz/long/a.go":             "// " + strings.Repeat("é", 117) + "\r\npackage long\n" + strings.Repeat("\n", 598),
		"jwt/sleep_test.go": aTest("// A fake clock.", "time.Sl"+"eep(1)", "time.Sl"+"eep(2) // a fake clock",
			"synctest.Test(t, func(t *testing.T) {", "\tgo0()", "\ttime.Sl"+"eep(3)", "})",
			"t.Sk"+"ip(\"no node here\")")["jwt/a_test.go"],
	}))
	for _, rule := range rules {
		require.Empty(t, rule.check(sound), rule.name)
		require.NotEmpty(t, rule.broken, rule.name)
		for name, files := range rule.broken {
			require.Len(t, rule.check(memoryTree(t, files)), 1, "%s: %s", rule.name, name)
		}
	}
}

func memoryTree(t *testing.T, content files) *tree {
	root := make(fstest.MapFS)
	for name, text := range content {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	tree, err := readTree(root)
	require.NoError(t, err)
	return tree
}
