package memo_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/internal/memo"
)

func TestCell(t *testing.T) {
	m := memo.New[int](1)
	c, one, two := m.Cell("a"), 1, 2
	require.Nil(t, c.Find("a"))
	m.Add(c, "a", &one)
	require.Same(t, &one, c.Find("a"))
	require.Nil(t, c.Find("b"))
	m.Add(c, "b", &two)
	require.Nil(t, c.Find("a"), "the last to come wins")
	require.Same(t, &two, m.Cell("b").Find("b"))
	m.Add(c, strings.Repeat("x", memo.MaxText), &one)
	require.Same(t, &one, c.Find(strings.Repeat("x", memo.MaxText)))
	m.Add(c, strings.Repeat("y", memo.MaxText+1), &two)
	require.Nil(t, c.Find(strings.Repeat("y", memo.MaxText+1)), "not worth the room")
}

// A growing Memo has one cell until that is not enough, and then what comes again and again finds its place.
func TestMemoGrows(t *testing.T) {
	m, values := memo.Growing[int](64), [20]int{}
	only := m.Cell("0")
	for range 3 {
		m.Add(m.Cell("0"), "0", &values[0])
		require.Same(t, only, m.Cell("1"), "a text that comes again needs no room")
	}
	m.Add(m.Cell("1"), "1", &values[1])
	places := make(map[*memo.Cell[int]]bool)
	for range 10 {
		for i := range values {
			text := fmt.Sprint(i)
			m.Add(m.Cell(text), text, &values[i])
		}
	}
	for i := range 1000 {
		places[m.Cell(fmt.Sprint(i))] = true
	}
	require.Len(t, places, 64)
	found := 0
	for i := range values {
		if text := fmt.Sprint(i); m.Cell(text).Find(text) == &values[i] {
			found++
		}
	}
	require.Greater(t, found, 10)
}

// Who sends ever new texts under one name displaces his own, and not those of others.
func TestOneNameHasOneCell(t *testing.T) {
	m := memo.New[int](1024)
	value, mine := 1, m.Cell("mine")
	for i := range 100 {
		name := fmt.Sprint("other ", i)
		m.Add(m.Cell(name), name, &value)
	}
	remembered := func() (names []string) {
		for i := range 100 {
			name := fmt.Sprint("other ", i)
			if c := m.Cell(name); c != mine && c.Find(name) != nil {
				names = append(names, name)
			}
		}
		return names
	}
	before := remembered()
	require.Greater(t, len(before), 80)
	for i := range 10_000 {
		m.Add(m.Cell("mine"), fmt.Sprint(i), &value)
	}
	require.Equal(t, before, remembered())
}

func TestMemosDoNotShareASeed(t *testing.T) {
	collisions := func() (found string) {
		m := memo.New[int](64)
		for i := range 64 {
			found += fmt.Sprint(m.Cell("a") == m.Cell(fmt.Sprint(i)))
		}
		return found
	}
	seen := make(map[string]bool)
	for range 20 {
		seen[collisions()] = true
	}
	require.Greater(t, len(seen), 1, "nobody can choose whose cell is his")
}

func TestConcurrentUse(t *testing.T) {
	m := memo.New[string](4)
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for i := range 5000 {
				text := fmt.Sprint((i * g) % 50)
				if found := m.Cell(text).Find(text); found != nil && *found != text {
					t.Errorf("%q for %q", *found, text)
				}
				m.Add(m.Cell(text), text, &text)
			}
		})
	}
	all.Wait()
}
