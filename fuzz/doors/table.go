package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
)

// table has what each door decided, by row. A door that is tried in several ways has
// several texts where they differ.
type table struct {
	doors []door
	rows  []string
	cells map[cell][]string
}

type cell struct {
	row  string
	door int
}

func lay(doors []door, all [][]outcome) table {
	t := table{doors: doors, cells: make(map[cell][]string)}
	for i, outcomes := range all {
		for _, o := range outcomes {
			if !slices.Contains(t.rows, o.Row) {
				t.rows = append(t.rows, o.Row)
			}
			if at := (cell{o.Row, i}); !slices.Contains(t.cells[at], o.String()) {
				t.cells[at] = append(t.cells[at], o.String())
			}
		}
	}
	return t
}

// decision is what the first door that was asked has decided.
func (t table) decision(row string) string {
	for i := range t.doors {
		if texts := t.cells[cell{row, i}]; len(texts) > 0 {
			return texts[0]
		}
	}
	return ""
}

// mark is "=" for the same decision, "-" where the door was not asked.
func (t table) mark(row string, door int) string {
	texts := t.cells[cell{row, door}]
	switch {
	case len(texts) == 0:
		return "-"
	case len(texts) == 1 && texts[0] == t.decision(row):
		return "="
	}
	return strings.Join(texts, " / ")
}

func (t table) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "request\tdecision")
	for _, d := range t.doors {
		fmt.Fprint(w, "\t"+d.name)
	}
	fmt.Fprintln(w)
	for _, row := range t.rows {
		fmt.Fprint(w, row+"\t"+t.decision(row))
		for i := range t.doors {
			fmt.Fprint(w, "\t"+t.mark(row, i))
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	return b.String()
}

// faults are the cells that differ, and the required ones that are not there.
func (t table) faults(required []string) error {
	var faults []error
	for _, row := range t.rows {
		for i, d := range t.doors {
			if mark := t.mark(row, i); mark != "=" && mark != "-" {
				faults = append(faults, fmt.Errorf("%s decides otherwise about %q: %s", d.name, row, mark))
			}
		}
	}
	for _, row := range required {
		for i, d := range t.doors {
			if t.mark(row, i) == "-" {
				faults = append(faults, fmt.Errorf("%s was not asked about %q", d.name, row))
			}
		}
	}
	return errors.Join(faults...)
}
