package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// sample is what one path took: for one run, in nanoseconds, in each round, and
// the allocations of one run.
type sample struct {
	NS     []float64
	Allocs float64
}

// samples are those of every path, by its name.
type samples map[string]sample

const pkg = "example.com/resourceserver/jwt/internal/speed"

// measure builds this folder's tests, which may import what the room may not, and
// has them measure.
func measure(rounds int, slice time.Duration) (s samples, err error) {
	dir, err := os.MkdirTemp("", "speed")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "speed.test")
	if out, err := exec.Command("go", "test", "-c", "-o", binary, pkg).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building: %w\n%s", err, out)
	}
	cmd := exec.Command(binary, fmt.Sprintf("-rounds=%d", rounds), "-slice="+slice.String())
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("measuring: %w", err)
	}
	return s, json.Unmarshal(out, &s)
}
