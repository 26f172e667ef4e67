package main

import (
	_ "embed"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

//go:embed items.txt
var itemsFile string

// A group is the items of one specification. Those of a planned group describe a capability that does not exist yet.
type group struct {
	title   string
	planned bool
	items   []item
}

// An item is one thing a resource server has to do.
type item struct {
	number  int
	level   string // M, S or P
	section string
	text    string
	partly  bool // in a planned group: today's code shows something of it
}

const (
	plannedMark = " (planned)"
	partlyMark  = " | partly"
)

var itemLine = regexp.MustCompile(`^(\d+) ([MSP]) ([^|]+) \| (.+)$`)

// parseItems reads the form that the head of items.txt describes. Numbers count up from one without a gap, so that no item
// can be lost unnoticed.
func parseItems(text string) ([]group, error) {
	var groups []group
	count := 0
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if title, ok := strings.CutPrefix(line, "## "); ok {
			title, planned := strings.CutSuffix(title, plannedMark)
			groups = append(groups, group{title: title, planned: planned})
			continue
		}
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		it, err := parseItem(line)
		if err != nil {
			return nil, err
		}
		if count++; it.number != count || len(groups) == 0 {
			return nil, fmt.Errorf("item %d stands where %d belongs, or under no heading", it.number, count)
		}
		last := &groups[len(groups)-1]
		last.items = append(last.items, it)
	}
	return groups, nil
}

func parseItem(line string) (item, error) {
	rest, partly := strings.CutSuffix(line, partlyMark)
	parts := itemLine.FindStringSubmatch(rest)
	if parts == nil {
		return item{}, fmt.Errorf("%q is neither an item nor a heading", line)
	}
	number, err := strconv.Atoi(parts[1])
	if err != nil {
		return item{}, err
	}
	return item{number: number, level: parts[2], section: parts[3], text: parts[4], partly: partly}, nil
}
