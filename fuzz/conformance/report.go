package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// A report is the items and the tests that show them.
type report struct {
	groups []group
	shown  map[string][]test
}

// build reads the items and every test below root, the root of the repository.
func build(root fs.FS) (*report, error) {
	groups, err := parseItems(itemsFile)
	if err != nil {
		return nil, err
	}
	shown, err := citations(root)
	if err != nil {
		return nil, err
	}
	r := &report{groups: groups, shown: shown}
	if unknown := r.unknown(); len(unknown) > 0 {
		return nil, fmt.Errorf("tests cite items that do not exist: %v", unknown)
	}
	return r, nil
}

func (r *report) unknown() []string {
	cited := maps.Clone(r.shown)
	for _, g := range r.groups {
		for _, it := range g.items {
			delete(cited, it.number)
		}
	}
	return slices.Sorted(maps.Keys(cited))
}

// missing returns the items whose capability exists and that no test shows.
func (r *report) missing() []item {
	var missing []item
	for _, g := range r.groups {
		for _, it := range g.items {
			if (!it.planned || it.partly) && len(r.shown[it.number]) == 0 {
				missing = append(missing, it)
			}
		}
	}
	return missing
}

const preface = `# Conformance

<!-- Written by "go run ./fuzz/conformance". Edit fuzz/conformance/items.txt and the citations in the tests instead. -->

What the RFCs ask of a resource server, item by item, and the tests that show it. **M**: the RFC says MUST. **S**: it
says SHOULD. **P**: the policy of this project, stricter than the RFC or a choice the RFC leaves open. An item marked
*planned* belongs to a capability that does not exist yet.

Run one of the tests with ` + "`go test -run TestName -v ./folder`" + `.
`

// markdown renders the table.
func (r *report) markdown() []byte {
	var b bytes.Buffer
	b.WriteString(preface)
	for _, g := range r.groups {
		fmt.Fprintf(&b, "\n## %s\n\n", g.title)
		if g.planned {
			b.WriteString("This capability is planned.\n\n")
		}
		b.WriteString("| | level | where | what | shown by |\n|---:|---|---|---|---|\n")
		for _, it := range g.items {
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", it.number, it.level, it.section, it.text, r.tests(it))
		}
	}
	return b.Bytes()
}

func (r *report) tests(it item) string {
	var cells []string
	for _, t := range r.shown[it.number] {
		cells = append(cells, fmt.Sprintf("[`%s.%s`](../%s/%s)", t.folder, t.name, t.folder, t.file))
	}
	cell := strings.Join(cells, ", ")
	switch {
	case it.planned && cell == "":
		return "*planned*"
	case it.planned:
		return "*planned*, in part: " + cell
	case cell == "":
		return "**nothing**"
	}
	return cell
}
