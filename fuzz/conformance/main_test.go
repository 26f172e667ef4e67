package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

func TestTableIsCurrent(t *testing.T) {
	r, err := build(os.DirFS("../.."))
	require.NoError(t, err)
	written, err := os.ReadFile("../CONFORMANCE.md")
	require.NoError(t, err)
	require.True(t, string(r.markdown()) == string(written), "fuzz/CONFORMANCE.md is stale: run go run ./fuzz/conformance")
}

func TestEveryItemOfWhatExistsHasATest(t *testing.T) {
	r, err := build(os.DirFS("../.."))
	require.NoError(t, err)
	var lines strings.Builder
	for _, it := range r.missing() {
		fmt.Fprintf(&lines, "%s %s: %s\n", it.number, it.section, it.text)
	}
	require.Empty(t, lines.String(), "no test cites these items")
}

func TestItems(t *testing.T) {
	groups, err := parseItems(itemsFile)
	require.NoError(t, err)
	last := groups[len(groups)-1].items
	require.Equal(t, "224", last[len(last)-1].number)

	groups, err = parseItems("## A\n1 M R | One.\n1a S R | Also. | planned\n1b P R | And.\n2 M R | Two. | partly\n" +
		"## B (planned)\n3 M R | T.\n")
	require.NoError(t, err)
	require.Equal(t, []group{
		{title: "A", items: []item{
			{number: "1", level: "M", section: "R", text: "One."},
			{number: "1a", level: "S", section: "R", text: "Also.", planned: true},
			{number: "1b", level: "P", section: "R", text: "And."},
			{number: "2", level: "M", section: "R", text: "Two.", planned: true, partly: true},
		}},
		{title: "B", planned: true, items: []item{{number: "3", level: "M", section: "R", text: "T.", planned: true}}},
	}, groups)

	for name, text := range map[string]string{
		"a letter":   "## A\n1 M RFC 1 §1 | One.\n1b M RFC 1 §1 | Two.\n",
		"twice":      "## A\n1 M RFC 1 §1 | One.\n1 M RFC 1 §1 | Two.\n",
		"gap":        "## A\n1 M RFC 1 §1 | One.\n3 M RFC 1 §1 | Three.\n",
		"no heading": "1 M RFC 1 §1 | One.\n",
		"no level":   "## A\n1 RFC 1 §1 | One.\n",
		"no section": "## A\n1 M One.\n",
	} {
		_, err := parseItems(text)
		require.Error(t, err, name)
	}
}

func TestParseCitation(t *testing.T) {
	for comment, want := range map[string][]string{
		"checklist 28":                       {"28"},
		"checklist 28, 30":                   {"28", "30"},
		"checklist 28–30":                    {"28", "29", "30"},
		"checklist 28-30, 41":                {"28", "29", "30", "41"},
		"checklist 3 and 4: as RFC 6750 §2":  {"3", "4"},
		"one, checklist 1; two, checklist 2": {"1", "2"},
		"checklist 147a, 148, and more":      {"147a", "148"},
		"checklist 28 and all of it":         {"28"},
		"a checklist of 3 things":            nil,
	} {
		got, err := parseCitation(comment)
		require.NoError(t, err, comment)
		require.Equal(t, want, got, comment)
	}
	for _, comment := range []string{"checklist 0", "checklist 5–4", "checklist 5a–6", "checklist 1-1000000000",
		"checklist 99999999999999999999"} {
		_, err := parseCitation(comment)
		require.Error(t, err, comment)
	}
}

func TestCitations(t *testing.T) {
	shown, err := citations(fstest.MapFS{
		"jwt/a_test.go": {Data: []byte(`package jwt_test

// checklist 1
func TestAbove(t *testing.T) {}

func TestInside(t *testing.T) {
	// checklist 2
}

func TestRow(t *testing.T) {
	for _, row := range []row{
		{"one"}, // checklist 3
	} {
		helper(row)
	}
}

// checklist 4
var table = []row{
	{"one"}, // checklist 5
}

// checklist 6
func helper(row) { use(table) }
`)},
		"jwt/b_test.go": {Data: []byte("package jwt_test\n\n// checklist 1\nfunc FuzzB(f *testing.F) {}\n")},
		"jwt/in_test.go": {Data: []byte("package jwt\n\n// checklist 9\nfunc TestAbove(t *testing.T) {}\n\n" +
			"func helper() {}\n")},
		"jwt/c.go":               {Data: []byte("package jwt\n\n// checklist 7\nfunc TestNot() {}\n")},
		"jwt/testdata/d_test.go": {Data: []byte("package not\n\n// checklist 8\nfunc TestNot() {}\n")},
	})
	require.NoError(t, err)
	row := test{folder: "jwt", name: "TestRow", file: "a_test.go"}
	require.Equal(t, map[string][]test{
		"1": {{folder: "jwt", name: "FuzzB", file: "b_test.go"}, {folder: "jwt", name: "TestAbove", file: "a_test.go"}},
		"2": {{folder: "jwt", name: "TestInside", file: "a_test.go"}},
		"3": {row}, "4": {row}, "5": {row}, "6": {row},
		"9": {{folder: "jwt", name: "TestAbove", file: "in_test.go"}},
	}, shown)
}

func TestCitationsOfNothing(t *testing.T) {
	for name, source := range map[string]string{
		"floating":     "package a\n\n// checklist 1\n\nfunc TestA(t *testing.T) {}\n",
		"unused":       "package a\n\n// checklist 1\nvar table = 1\n\nfunc TestA(t *testing.T) {}\n",
		"bad range":    "package a\n\n// checklist 9–1\nfunc TestA(t *testing.T) {}\n",
		"no Go at all": "package",
	} {
		_, err := citations(fstest.MapFS{"a/a_test.go": {Data: []byte(source)}})
		require.Error(t, err, name)
	}
}

func TestMissingAndUnknown(t *testing.T) {
	groups, err := parseItems("## A\n1 M RFC 1 §1 | One.\n2 S RFC 1 §2 | Two.\n" +
		"## B (planned)\n3 M RFC 2 §1 | Three.\n4 P RFC 2 §2 | Four. | partly\n")
	require.NoError(t, err)
	r := &report{groups: groups, shown: map[string][]test{"1": {{folder: "a", name: "TestA", file: "a_test.go"}},
		"5": nil}}
	var numbers []string
	for _, it := range r.missing() {
		numbers = append(numbers, it.number)
	}
	require.Equal(t, []string{"2", "4"}, numbers)
	require.Equal(t, []string{"5"}, r.unknown())
	require.Contains(t, string(r.markdown()), "| 1 | M | RFC 1 §1 | One. | [`a.TestA`](../a/a_test.go) |\n")
}
