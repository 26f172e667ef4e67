package main

import (
	"fmt"
	"regexp"
	"strings"
)

var parameter = regexp.MustCompile(`(\w+)="([^"]*)"`)

// abridge keeps what differs from line to line: the error and the scope.
func abridge(challenge string) string {
	scheme, _, _ := strings.Cut(challenge, " ")
	short := scheme
	for _, match := range parameter.FindAllStringSubmatch(challenge, -1) {
		if name, value := match[1], match[2]; name == "error" || name == "scope" {
			short += fmt.Sprintf(" %s=%q", name, value)
		}
	}
	return short
}
