package refusals

import "strings"

// Snippets returns the lines of Go in a document, without their indentation: for
// the test that they stand in an example, which runs.
func Snippets(document string) (lines []string) {
	for i, block := range strings.Split(document, "\n```") {
		code, isGo := strings.CutPrefix(block, "go\n")
		if i == 0 || !isGo {
			continue
		}
		for line := range strings.Lines(code) {
			if line = strings.TrimSpace(line); line != "" {
				lines = append(lines, line)
			}
		}
	}
	return lines
}
