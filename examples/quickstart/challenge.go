package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var parameter = regexp.MustCompile(`(\w+)="([^"]*)"`)

// shown are the parameters that differ from line to line.
var shown = []string{"error", "scope", "acr_values", "max_age"}

// abridge keeps what differs from line to line: of the challenges the one that has
// the error, or else the first, and of its parameters those that say what to do.
func abridge(challenges []string) string {
	if len(challenges) == 0 {
		return ""
	}
	challenge := challenges[max(0, slices.IndexFunc(challenges, hasError))]
	scheme, _, _ := strings.Cut(challenge, " ")
	short := scheme
	for _, match := range parameter.FindAllStringSubmatch(challenge, -1) {
		if name, value := match[1], match[2]; slices.Contains(shown, name) {
			short += fmt.Sprintf(" %s=%q", name, value)
		}
	}
	return short
}

func hasError(challenge string) bool { return strings.Contains(challenge, `error="`) }
