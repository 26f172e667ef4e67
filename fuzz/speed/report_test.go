package main

import (
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
