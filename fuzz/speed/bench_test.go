package main

import "testing"

// Benchmark has a benchmark for every path, named after its group.
func Benchmark(b *testing.B) {
	for _, g := range groups() {
		b.Run(g.name, func(b *testing.B) {
			for _, p := range g.paths() {
				b.Run(p.name, func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						if !p.run() {
							b.Fatal("not the expected decision")
						}
					}
				})
			}
		})
	}
}
