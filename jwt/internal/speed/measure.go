package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// sample is what one benchmark measured in one round.
type sample struct{ ns, allocs float64 }

// samples are those of each benchmark, in the order of the rounds.
type samples map[string][]sample

const pkg = "example.com/resourceserver/jwt/internal/speed"

// measure builds the benchmarks once and runs them for the given rounds.
func measure(rounds int, benchtime string) (samples, error) {
	dir, err := os.MkdirTemp("", "speed")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "speed.test")
	if out, err := exec.Command("go", "test", "-c", "-o", binary, pkg).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building: %w\n%s", err, out)
	}
	all := make(samples)
	for range rounds {
		for _, args := range [][]string{{"-test.bench=^Benchmark[^P]", "-test.cpu=1"}, {"-test.bench=^BenchmarkParallel", "-test.cpu=1,2"}} {
			cmd := exec.Command(binary, append(args, "-test.run=^$", "-test.benchtime="+benchtime)...)
			out, err := cmd.CombinedOutput()
			if err != nil {
				return nil, fmt.Errorf("running: %w\n%s", err, out)
			}
			all.read(out)
		}
	}
	return all, nil
}

var line = regexp.MustCompile(`^Benchmark(\S+)\s+\d+\s+([\d.]+) ns/op(?:.*\s(\d+) allocs/op)?`)

// read adds what the benchmarks printed.
func (s samples) read(output []byte) {
	for text := range bytes.Lines(output) {
		m := line.FindStringSubmatch(strings.TrimSpace(string(text)))
		if m == nil {
			continue
		}
		ns, _ := strconv.ParseFloat(m[2], 64)
		allocs, _ := strconv.ParseFloat(m[3], 64)
		s[m[1]] = append(s[m[1]], sample{ns, allocs})
	}
}
