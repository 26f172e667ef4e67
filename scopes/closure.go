package scopes

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// closures are all that each name of a hierarchy implies, directly or not.
type closures struct {
	*vocabulary
	implied []numberSet // by number; nil: nothing
	marks   []uint64    // by number: those of all that is implied
}

// numberSet is a set of the numbers of a vocabulary, a bit for each.
type numberSet []uint64

func (s numberSet) has(n int) bool { return s[n/64]>>(n%64)&1 != 0 }
func (s numberSet) add(n int)      { s[n/64] |= 1 << (n % 64) }
func (s numberSet) remove(n int)   { s[n/64] &^= 1 << (n % 64) }

func (s numberSet) addAll(other numberSet) {
	for i, word := range other {
		s[i] |= word
	}
}

func (s numberSet) len() (n int) {
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

func (v *vocabulary) newNumberSet() numberSet { return make(numberSet, (len(v.names)+63)/64) }

// closing is the walk that finds what everything implies, and the circles.
type closing struct {
	implications
	closures *closures
	state    []progress
	path     []int // the names on the way, each implied by the one before
	circles  []error
}

type progress byte

const (
	unseen progress = iota
	onPath
	closed
)

// mostCircles bounds how many circles are reported: who removes these learns of others.
const mostCircles = 8

// closuresOf returns what everything implies, or the circles that it found.
func closuresOf(declared implications) (*closures, []error) {
	n := len(declared.names)
	found := &closures{declared.vocabulary, make([]numberSet, n), make([]uint64, n)}
	c := closing{implications: declared, closures: found, state: make([]progress, n)}
	for number := range declared.names {
		c.visit(number)
	}
	return c.closures, c.circles
}

// visit goes no deeper than there are names.
func (c *closing) visit(number int) {
	switch c.state[number] {
	case closed:
		return
	case onPath:
		c.report(number)
		return
	}
	c.state[number] = onPath
	c.path = append(c.path, number)
	var all numberSet
	for _, narrow := range c.direct[number] {
		c.visit(narrow)
		if all == nil {
			all = c.closures.newNumberSet()
		}
		all.add(narrow)
		all.addAll(c.closures.implied[narrow])
		c.closures.marks[number] |= mark(c.names[narrow]) | c.closures.marks[narrow]
	}
	c.closures.implied[number] = all
	c.path = c.path[:len(c.path)-1]
	c.state[number] = closed
}

func (c *closing) report(number int) {
	if len(c.circles) == mostCircles {
		return
	}
	const mostNamed = 8
	circle := append(slices.Clone(c.path[slices.Index(c.path, number):]), number)
	var names []string
	for i, n := range circle {
		if i < mostNamed || i == len(circle)-1 {
			names = append(names, fmt.Sprintf("%.40q", c.names[n]))
		} else if i == mostNamed {
			names = append(names, "…")
		}
	}
	c.circles = append(c.circles, fmt.Errorf("scopes: the hierarchy goes round in a circle: %s: remove one of these "+
		"implications", strings.Join(names, " implies ")))
}

// expand returns granted with all that it implies.
func (c *closures) expand(granted Set) Set {
	names := granted.list.names
	if granted.list.implied != nil { // by another hierarchy
		names = slices.Collect(granted.All())
	}
	all, marks := c.newNumberSet(), granted.list.marks
	for _, name := range names {
		if number, ok := c.numbers[name]; ok {
			all.addAll(c.implied[number])
			marks |= c.marks[number]
		}
	}
	for _, name := range names { // what was granted is not implied as well
		if number, ok := c.numbers[name]; ok {
			all.remove(number)
		}
	}
	if all.len() == 0 {
		return granted
	}
	return Set{list: &list{names: names, marks: marks, implied: &implied{c.vocabulary, all, all.len()}}}
}

// implied is what a set has by implication, beside what was granted. It costs a bit for
// each name of the hierarchy. A nil implied is none.
type implied struct {
	*vocabulary
	set   numberSet
	count int
}

func (i *implied) of(v *vocabulary) bool { return i != nil && i.vocabulary == v }

func (i *implied) has(name string) bool {
	if i == nil {
		return false
	}
	number, ok := i.numbers[name]
	return ok && i.set.has(number)
}

func (i *implied) len() int {
	if i == nil {
		return 0
	}
	return i.count
}

func (i *implied) all(yield func(string) bool) {
	if i == nil {
		return
	}
	for at, word := range i.set {
		for ; word != 0; word &= word - 1 {
			if !yield(i.names[at*64+bits.TrailingZeros64(word)]) {
				return
			}
		}
	}
}
