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
	c.Add("a", &one)
	require.Same(t, &one, c.Find("a"))
	require.Nil(t, c.Find("b"))
	c.Add("b", &two)
	require.Nil(t, c.Find("a"), "the last to come wins")
	require.Same(t, &two, m.Cell("b").Find("b"))
	c.Add(strings.Repeat("x", memo.MaxText), &one)
	require.Same(t, &one, c.Find(strings.Repeat("x", memo.MaxText)))
	c.Add(strings.Repeat("y", memo.MaxText+1), &two)
	require.Nil(t, c.Find(strings.Repeat("y", memo.MaxText+1)), "not worth the room")
}

// Who sends ever new texts under one name displaces his own, and not those of others.
func TestOneNameHasOneCell(t *testing.T) {
	m := memo.New[int](1024)
	value, mine := 1, m.Cell("mine")
	for i := range 100 {
		name := fmt.Sprint("other ", i)
		m.Cell(name).Add(name, &value)
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
		m.Cell("mine").Add(fmt.Sprint(i), &value)
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
				m.Cell(text).Add(text, &text)
			}
		})
	}
	all.Wait()
}
