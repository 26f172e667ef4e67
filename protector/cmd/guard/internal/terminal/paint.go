package terminal

import (
	"io"
	"os"
	"runtime"

	"golang.org/x/term"
)

// Is reports whether a stream is a terminal.
func Is(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Paint adds colour to text; the zero Paint adds none.
type Paint struct{ on bool }

// PaintFor returns colours for a terminal, unless NO_COLOR is set (https://no-color.org) or the terminal has none, and
// no colours for anything else. The consoles of old Windows would show the escapes as they are.
func PaintFor(out io.Writer, getenv func(string) string) Paint {
	able := getenv("TERM") != "dumb" && (runtime.GOOS != "windows" || getenv("WT_SESSION") != "")
	return Paint{able && getenv("NO_COLOR") == "" && Is(out)}
}

// Good is green.
func (p Paint) Good(text string) string { return p.in("32", text) }

// Bad is red.
func (p Paint) Bad(text string) string { return p.in("31", text) }

// Doubtful is yellow.
func (p Paint) Doubtful(text string) string { return p.in("33", text) }

func (p Paint) in(colour, text string) string {
	if !p.on {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}
