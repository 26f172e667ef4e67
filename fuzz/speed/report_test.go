package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A row whose paths are called otherwise would be one that is not measured.
func TestEveryRowHasItsPaths(t *testing.T) {
	names := map[string]bool{"": true}
	for _, g := range groups() {
		for _, p := range g.paths() {
			names[g.name+"/"+p.name] = true
		}
	}
	for _, r := range rows {
		for _, name := range []string{r.what, r.less, r.base} {
			require.True(t, names[name], "%s: %s", r.title, name)
		}
	}
}

func TestRowsAreJudged(t *testing.T) {
	measured := samples{
		"floor":  {ns: []float64{100, 200, 100}},
		"path":   {ns: []float64{110, 220, 500}, allocs: 2},
		"double": {ns: []float64{200, 400, 200}},
	}
	for name, test := range map[string]struct {
		row  row
		line string
	}{
		"within":    {row{what: "path", base: "floor", most: 1.1, allocs: 2}, "1.1000  ≤1.1      +2      ≤2      ok"},
		"slower":    {row{what: "path", base: "floor", most: 1.09, allocs: 2}, "1.1000  ≤1.09      +2      ≤2  MISSED"},
		"allocates": {row{what: "path", base: "floor", most: 1.1, allocs: 1}, "1.1000  ≤1.1      +2      ≤1  MISSED"},
		"difference": {row{what: "path", less: "floor", base: "floor", most: 0.1, allocs: -1},
			"0.1000  ≤0.1                  ok"},
		"at least": {row{what: "double", base: "floor", most: 2, atLeast: true, allocs: -1},
			"2.0000      ≥2                  ok"},
		"less than": {row{what: "path", base: "floor", most: 2, atLeast: true, allocs: -1},
			"1.1000      ≥2                  MISSED"},
		"not measured": {row{what: "pth", base: "floor", most: 9, allocs: -1},
			"not measured                          MISSED"},
		"without floor": {row{what: "path", base: "flor", most: 9, allocs: -1},
			"not measured                          MISSED"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			require.Equal(t, strings.HasSuffix(test.line, "ok"), report(&out, []row{test.row}, measured))
			require.Contains(t, strings.Join(strings.Fields(out.String()), " "), strings.Join(strings.Fields(test.line), " "))
		})
	}
}
