package main

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// sample is what one path took: for one run, in nanoseconds, in each round, and
// the allocations of one run.
type sample struct {
	ns     []float64
	allocs float64
}

// samples are those of every path, by its name.
type samples map[string]sample

// measure goes every path, on one processor.
func measure(rounds int, slice time.Duration) (samples, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	s := make(samples)
	for _, g := range groups() {
		if err := s.add(g.name, g.paths(), rounds, slice); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// add goes the paths in turn, each for a slice of time, round after round. Two
// paths are a few slices apart, so that a machine that changes its pace changes
// both. No collection of garbage is forced in between; the few slices that one falls
// into are far from the median.
func (s samples) add(group string, paths []path, rounds int, slice time.Duration) error {
	runs := make([]int, len(paths))
	for i, p := range paths {
		if !p.run() {
			return fmt.Errorf("%s/%s: not the expected decision", group, p.name)
		}
		runs[i] = p.runsIn(slice)
		s[group+"/"+p.name] = sample{allocs: testing.AllocsPerRun(20, func() { p.run() })}
	}
	runtime.GC()
	for range rounds {
		for i, p := range paths {
			took, ok := p.timed(runs[i])
			if !ok {
				return fmt.Errorf("%s/%s: not the expected decision", group, p.name)
			}
			m := s[group+"/"+p.name]
			m.ns = append(m.ns, float64(took.Nanoseconds())/float64(runs[i]))
			s[group+"/"+p.name] = m
		}
	}
	return nil
}

// runsIn returns how often the path can be gone in about that time.
func (p path) runsIn(slice time.Duration) int {
	for n := 1; ; n *= 2 {
		quickest := time.Hour // an interruption would make all the rounds short
		for range 3 {
			took, _ := p.timed(n)
			quickest = min(quickest, took)
		}
		if quickest >= slice/4 {
			return max(1, int(int64(n)*int64(slice)/int64(quickest)))
		}
	}
}

// timed goes the path n times.
func (p path) timed(n int) (took time.Duration, ok bool) {
	ok = true
	began := time.Now()
	for range n {
		ok = p.run() && ok
	}
	return time.Since(began), ok
}
