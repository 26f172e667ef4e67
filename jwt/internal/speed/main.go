// Command speed measures what validation costs beside its floor, the check of
// the signature itself, and prints the result as a table:
//
//	go run ./jwt/internal/speed
//
// Each round measures both sides of a ratio milliseconds apart, so that a machine
// that changes its pace changes both; a row is the median of its ratio over the
// rounds. Many short rounds tell more than a few long ones. The exit status tells
// whether every row is within its target. Run it on a machine that has nothing
// else to do.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	rounds := flag.Int("rounds", 31, "how many times everything is measured")
	time := flag.String("benchtime", "50ms", "how long each benchmark runs in a round")
	flag.Parse()
	samples, err := measure(*rounds, *time)
	if err != nil {
		fmt.Fprintln(os.Stderr, "speed:", err)
		os.Exit(2)
	}
	if !report(os.Stdout, samples) {
		os.Exit(1)
	}
}
