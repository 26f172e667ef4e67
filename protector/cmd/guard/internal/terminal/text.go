// Package terminal is how the command speaks to people: text that others have written is shown so that no terminal
// obeys it, colour is for terminals only, and secrets are read without being shown.
package terminal

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Plain returns a text as printable ASCII of at most limit bytes, and "..." where it was longer. Whatever a terminal
// could obey, and letters that only look like others, are escaped as in Go.
func Plain(text string, limit int) string {
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		piece := text[:1]
		if r < ' ' || r > '~' {
			quoted := strconv.QuoteToASCII(text[:size])
			piece = quoted[1 : len(quoted)-1]
		}
		if b.Len()+len(piece) > limit {
			return b.String() + "..."
		}
		b.WriteString(piece)
		text = text[size:]
	}
	return b.String()
}

// Lines is Plain for a text of several lines, which stay.
func Lines(text string, limit int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		lines[i] = Plain(line, limit)
	}
	return strings.Join(lines, "\n")
}
