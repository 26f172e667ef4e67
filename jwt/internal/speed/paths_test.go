package main

import "testing"

func BenchmarkAccept(b *testing.B) {
	for _, alg := range algorithms {
		run(b, accept(alg, "small"))
		run(b, accept(alg, "large"))
	}
}

func BenchmarkRemember(b *testing.B) {
	run(b, remember("small"))
	run(b, remember("large"))
}

func BenchmarkAccept4096(b *testing.B) { run(b, accept4096()) }
func BenchmarkGuard(b *testing.B)      { run(b, guard()) }
func BenchmarkKeys(b *testing.B)       { run(b, keys()) }
func BenchmarkRefuse(b *testing.B)     { run(b, refuse()) }
func BenchmarkScopes(b *testing.B)     { run(b, decide()) }
func BenchmarkParallel(b *testing.B)   { run(b, parallel()) }

func run(b *testing.B, paths []path) {
	for _, p := range paths {
		b.Run(p.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !p.run() {
					b.Fatal("not the expected decision")
				}
			}
		})
	}
}
