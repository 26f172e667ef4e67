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
	number  string // one that was added between two others has a letter: 147a
	level   string // M, S or P
	section string
	text    string
	planned bool // its capability does not exist yet
	partly  bool // planned, and today's code shows something of it
}

const (
	plannedMark = " (planned)"
	partlyMark  = " | partly"
	itemMark    = " | planned"
)

var itemLine = regexp.MustCompile(`^(\d+)([a-z]?) ([MSP]) ([^|]+) \| (.+)$`)

// parseItems reads the form that the head of items.txt describes. Numbers count up from one without a gap, and so do
// the letters of what was added between two, so that no item can be lost unnoticed.
func parseItems(text string) ([]group, error) {
	var groups []group
	last := place{}
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
		it, here, err := parseItem(line)
		if err != nil {
			return nil, err
		}
		if here != last.next() && here != last.nextLetter() || len(groups) == 0 {
			return nil, fmt.Errorf("item %s does not follow the one before it, or stands under no heading", it.number)
		}
		last = here
		g := &groups[len(groups)-1]
		it.planned = it.planned || it.partly || g.planned
		g.items = append(g.items, it)
	}
	return groups, nil
}

func parseItem(line string) (item, place, error) {
	rest, partly := strings.CutSuffix(line, partlyMark)
	rest, planned := strings.CutSuffix(rest, itemMark)
	parts := itemLine.FindStringSubmatch(rest)
	if parts == nil {
		return item{}, place{}, fmt.Errorf("%q is neither an item nor a heading", line)
	}
	number, err := strconv.Atoi(parts[1])
	if err != nil {
		return item{}, place{}, err
	}
	it := item{
		number: parts[1] + parts[2], level: parts[3], section: parts[4], text: parts[5],
		planned: planned, partly: partly,
	}
	return it, place{number, parts[2]}, nil
}

// A place is where an item stands in the count.
type place struct {
	number int
	letter string // empty for the item itself
}

func (p place) next() place { return place{p.number + 1, ""} }

func (p place) nextLetter() place {
	if p.letter == "" {
		return place{p.number, "a"}
	}
	return place{p.number, string(p.letter[0] + 1)}
}
