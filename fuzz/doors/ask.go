package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
)

// door is a kind of server, with the test that tries it.
type door struct{ name, folder, test string }

// outcome is what a door made of a row. protector/internal/refusals writes it.
type outcome struct {
	Row    string
	Status int
	Error  string
	Reason string
	Ran    bool
}

// String is the same for all doors that decide alike. What the client is told of a
// grant differs, and is no decision.
func (o outcome) String() string {
	switch {
	case o.Ran && o.Status/100 == 2:
		return fmt.Sprintf("%d granted", o.Status)
	case o.Ran:
		return fmt.Sprintf("%d AND RAN", o.Status)
	}
	return strings.Join(strings.Fields(fmt.Sprintf("%d %s %s", o.Status, o.Error, o.Reason)), " ")
}

// askAll runs the tests of all doors, and returns the outcomes of each.
func askAll(doors []door) ([][]outcome, error) {
	all, faults := make([][]outcome, len(doors)), make([]error, len(doors))
	var asking sync.WaitGroup
	for i, d := range doors {
		asking.Go(func() { all[i], faults[i] = d.ask() })
	}
	asking.Wait()
	return all, errors.Join(faults...)
}

func (d door) ask() ([]outcome, error) {
	var anchored []string
	for part := range strings.SplitSeq(d.test, "/") {
		anchored = append(anchored, "^"+part+"$")
	}
	command := exec.Command("go", "test", "-v", "-run", strings.Join(anchored, "/"), ".")
	command.Dir = d.folder
	log, err := command.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", d.name, err, log)
	}
	outcomes, err := read(log)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", d.name, err)
	}
	return outcomes, nil
}

// read finds the outcomes in the log of a test.
func read(log []byte) (outcomes []outcome, err error) {
	for line := range bytes.Lines(log) {
		_, text, ok := bytes.Cut(line, []byte(": decided "))
		if !ok {
			continue
		}
		var o outcome
		if err := json.Unmarshal(text, &o); err != nil {
			return nil, fmt.Errorf("%w in the line %q", err, line)
		}
		outcomes = append(outcomes, o)
	}
	if len(outcomes) == 0 {
		return nil, errors.New("the tests log no outcome")
	}
	return outcomes, nil
}
