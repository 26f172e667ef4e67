// Command speed measures what validation costs beside its floor, the check of
// the signature itself, and prints the result as a table:
//
//	go run ./fuzz/speed
//
// A row is the median of its ratio over the rounds, in each of which the two sides
// are measured milliseconds apart. The exit status tells whether every row
// is within its target. Run it on a machine that has nothing else to do.
//
// What many tenants cost is a table of its own, with what their first tokens fetch from
// a real server:
//
//	go run ./fuzz/speed -tenants
//
// How many requests a second a real server answers, with a guard and without, is the
// third, and the README's picture is drawn from it:
//
//	go run ./fuzz/speed -server
//
// The same paths are benchmarks of this folder, for benchstat and for profiles:
//
//	go test -bench . -cpu 1 ./fuzz/speed
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 250, "how often everything is measured")
	slice := flag.Duration("slice", 2*time.Millisecond, "about how long each path is gone in a round")
	tenants := flag.Bool("tenants", false, "measure what many tenants cost")
	server := flag.Bool("server", false, "measure real servers, in a fifth of the rounds, of 50 slices each")
	flag.Parse()
	if *server {
		if err := printServers(os.Stdout, max(1, *rounds/5), 50**slice); err != nil {
			fmt.Fprintln(os.Stderr, "speed:", err)
			os.Exit(2)
		}
		return
	}
	if *tenants {
		os.Exit(tenantsMain(*rounds, *slice))
	}
	s, err := measure(*rounds, *slice)
	if err != nil {
		fmt.Fprintln(os.Stderr, "speed:", err)
		os.Exit(2)
	}
	if !report(os.Stdout, rows, s) {
		os.Exit(1)
	}
}

// tenantsMain returns the exit status.
func tenantsMain(rounds int, slice time.Duration) int {
	good, err := printTenants(os.Stdout, rounds, slice)
	if err == nil {
		var fine bool
		fine, err = printBursts(os.Stdout, 1, 5000)
		good = good && fine
	}
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "speed:", err)
		return 2
	case !good:
		return 1
	}
	return 0
}
