package main

import (
	"fmt"
	"io"
	"strings"
)

// table prints the tour line by line as it happens, so its columns are as wide
// as the texts are known to be.
type table struct {
	out       io.Writer
	lines     int
	surprises int
}

const row = "  %-16s %-31s %-19s %-30s %-8s %s"

func (t *table) head() {
	t.write("REQUEST", "TOKEN", "SCOPES IN THE TOKEN", "DECISION", "STATUS", "CHALLENGE")
}

func (t *table) title(text string) { fmt.Fprintf(t.out, "\n%s\n", text) }

func (t *table) print(l line) {
	t.lines++
	s := l.step
	if l.err != nil {
		t.surprises++
		t.write(s.request, s.about, s.scopes, "UNEXPECTED: "+l.err.Error(), "", "")
		return
	}
	t.write(s.request, s.about, s.scopes, l.got.decision, status(l), l.got.challenge)
	if l.surprising() {
		t.surprises++
		t.write("", "", "", "UNEXPECTED: should have been", "", "")
		t.write("", "", "", s.want.decision, fmt.Sprint(s.want.status), s.want.challenge)
	}
}

func status(l line) string {
	if l.step.times > 1 && !l.surprising() {
		return fmt.Sprintf("%d ×%d", l.got.status, l.step.times)
	}
	return fmt.Sprint(l.got.status)
}

func (t *table) write(request, token, scopes, decision, status, challenge string) {
	text := fmt.Sprintf(row, request, token, dash(scopes), decision, status, dash(challenge))
	fmt.Fprintln(t.out, strings.TrimRight(text, " "))
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// foot sums up. Its error counts the surprises.
func (t *table) foot() error {
	fmt.Fprintf(t.out, "\nOne challenge of each answer is shown, "+
		"without realm, algs, resource_metadata and error_description.\n")
	if t.surprises > 0 {
		return fmt.Errorf("%d of %d lines were not as expected", t.surprises, t.lines)
	}
	fmt.Fprintf(t.out, "All %d lines are as expected.\n", t.lines)
	return nil
}
