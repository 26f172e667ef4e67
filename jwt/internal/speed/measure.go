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
	cmd := exec.Command(binary, "-test.run=^$", "-test.bench=.", "-test.cpu=1", "-test.timeout=1h",
		"-test.benchtime="+benchtime, "-rounds="+strconv.Itoa(rounds))
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("running: %w\n%s", err, out)
	}
	return read(out), nil
}

// The testing package numbers the rounds after the first.
var line = regexp.MustCompile(`^Benchmark(\S+?)(?:#\d+)?\s+\d+\s+([\d.]+) ns/op(?:.*\s(\d+) allocs/op)?`)

// read returns what the benchmarks printed.
func read(output []byte) samples {
	s := make(samples)
	for text := range bytes.Lines(output) {
		m := line.FindStringSubmatch(strings.TrimSpace(string(text)))
		if m == nil {
			continue
		}
		ns, _ := strconv.ParseFloat(m[2], 64)
		allocs, _ := strconv.ParseFloat(m[3], 64)
		s[m[1]] = append(s[m[1]], sample{ns, allocs})
	}
	return s
}
