// Conformance writes the table of what the RFCs ask of a resource server, and of the tests that show it.
//
//	go run ./fuzz/conformance            rewrites fuzz/CONFORMANCE.md
//	go run ./fuzz/conformance -missing   prints the items that need a test and have none
//
// Both are run from the root of the repository. The items are in items.txt. A test says which of them it shows by a
// comment in its body, on a row of its table, or directly above it:
//
//	// checklist 28, 30–32
//
// A citation on something that tests share, such as a table in a variable, counts for every test of that package that
// uses it. The tests of this command fail when the table is stale, when a citation names no item or belongs to no test,
// and when an item has no test although its capability exists.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
)

const tableFile = "fuzz/CONFORMANCE.md"

func main() {
	log.SetFlags(0)
	missing := flag.Bool("missing", false, "print the items that need a test and have none, and write nothing")
	flag.Parse()
	report, err := build(os.DirFS("."))
	if err != nil {
		log.Fatal(err)
	}
	if *missing {
		for _, item := range report.missing() {
			fmt.Printf("%s %s %s: %s\n", item.number, item.level, item.section, item.text)
		}
		return
	}
	if err := os.WriteFile(tableFile, report.markdown(), 0o644); err != nil {
		log.Fatal(err)
	}
}
