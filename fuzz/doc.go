// Package fuzz holds the tests that attack this library from outside, through its public packages only. It exports
// nothing.
//
// There are four kinds, each where it is the right tool:
//
//   - Published vectors (vectors_test.go): the examples printed in the RFCs, typed in as data with their section.
//   - Sweeps (sweep_*_test.go): spaces small enough to be walked to the end. Every truncation, every flipped bit and
//     every inserted byte of a token; every subset of the required claims; every JSON type for every claim; every pair
//     of algorithm and key; every requirement over a few scope names.
//   - Fuzz targets (fuzz_*_test.go): everything larger. Their seeds, and what they once found, are in testdata/fuzz and
//     run with every go test.
//   - Comparisons across rooms (doors_test.go): what two rooms do alike, as neither may import the other.
//
// A target checks properties, not only that nothing panics. Whatever is accepted was signed by a key of the set over
// exactly those bytes, has one spelling, holds every required claim with its type, and is refused once anything about
// it changes.
//
// Run one target, or all of them for ten minutes each:
//
//	go test ./fuzz -run '^$' -fuzz '^FuzzName$' -fuzztime 1m
//	FUZZTIME=10m bash .ci/fuzz
//
// Below it are the proofs that are no attacks:
//
//   - architecture: the rules of the house, who may import whom among them
//   - conformance: writes CONFORMANCE.md, the table that leads from the section of an RFC to the tests that show it
//   - doors: prints what every kind of server decides about the same requests, in one table
//   - pictures: draws the pictures that the documents show
//   - speed: what validation costs beside the check of the signature
package fuzz
