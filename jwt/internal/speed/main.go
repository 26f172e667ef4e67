// Command speed measures what validation costs beside its floor, the check of
// the signature itself, and prints the result as a table:
//
//	go run ./jwt/internal/speed
//
// A row is the median of its ratio over the rounds, in each of which the two sides
// are measured milliseconds apart. The exit status tells whether every row
// is within its target. Run it on a machine that has nothing else to do.
//
// The same paths are benchmarks of this folder, for benchstat and for profiles:
//
//	go test -bench . -cpu 1 ./jwt/internal/speed
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"
)

var algorithms = []string{"RS256", "PS256", "ES256", "EdDSA", "ES384"}

func main() {
	rounds := flag.Int("rounds", 250, "how many times everything is measured")
	slice := flag.Duration("slice", 2*time.Millisecond, "about how long each path is gone in a round")
	flag.Parse()
	runtime.GOMAXPROCS(1)
	s := make(samples)
	for _, alg := range algorithms {
		s.add("Accept", accept(alg, "small"), *rounds, *slice)
	}
	s.add("Accept", accept("RS256", "large"), *rounds, *slice)
	s.add("Accept4096", accept4096(), *rounds, *slice)
	s.add("Keys", keys(), *rounds, *slice)
	s.add("Guard", guard(), *rounds, *slice)
	s.add("Remember", remember("small"), *rounds, *slice)
	s.add("Remember", remember("large"), *rounds, *slice)
	s.add("Refuse", refuse(), *rounds, *slice)
	s.add("Scopes", decide(), *rounds, *slice)
	s.add("Parallel", parallel(), *rounds, *slice)
	if !report(os.Stdout, s) {
		os.Exit(1)
	}
}

func (s samples) add(group string, paths []path, rounds int, slice time.Duration) {
	if err := s.measure(group, paths, rounds, slice); err != nil {
		fmt.Fprintln(os.Stderr, "speed:", err)
		os.Exit(2)
	}
}
