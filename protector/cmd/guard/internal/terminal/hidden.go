package terminal

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"

	"golang.org/x/term"
)

// What keys send while the terminal interprets nothing.
const (
	keyInterrupt = 0x03
	keyEnd       = 0x04
	keyBackspace = 0x08
	keyDelete    = 0x7f
)

// A terminal that was asked to says where what is pasted begins and ends. Without that the first line end of a pasted
// text would end the answer, and the shell would get the rest of the token, to run and to remember.
const (
	askForMarks  = "\x1b[?2004h"
	noMoreMarks  = "\x1b[?2004l"
	pasteBegins  = "\x1b[200~"
	pasteEnds    = "\x1b[201~"
	marksAtMost  = len(pasteBegins)
	pressedEnter = "\r\n"
)

// ReadHidden asks for one line of at most limit bytes and shows nothing of it. Line ends within what is pasted are left
// out. It reads key by key: term.ReadPassword leaves the line to the terminal, which holds 4095 bytes of it and drops
// the rest of a token without a word. It asks on errs where that is a terminal, and otherwise on the one that it reads:
// a prompt in a file of errors asks nobody. However it ends, the terminal is as it was.
func ReadHidden(ctx context.Context, in *os.File, errs io.Writer, prompt string, limit int) (string, error) {
	out := errs
	if !Is(errs) {
		out = in
	}
	state, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return "", err
	}
	defer term.Restore(int(in.Fd()), state)
	if _, err := io.WriteString(out, prompt+askForMarks); err != nil {
		return "", errCannotAsk
	}
	defer io.WriteString(out, noMoreMarks+pressedEnter)
	return Await(ctx, func() (string, error) { return readLine(in, limit+marksAtMost) })
}

var errCannotAsk = errors.New("the terminal cannot be written to, so that nobody can be asked: " +
	"leave standard error on a terminal, or give the token by a pipe")

func readLine(in io.Reader, limit int) (string, error) {
	var line []byte
	pasting := false
	for key := make([]byte, 1); ; {
		n, err := in.Read(key)
		switch {
		case n == 0 && errors.Is(err, io.EOF):
			return string(line), nil
		case n == 0 && err != nil:
			return "", err
		case n == 0:
			continue
		}
		switch key[0] {
		case '\r', '\n':
			if !pasting {
				return string(line), nil
			}
		case keyEnd:
			return string(line), nil
		case keyInterrupt:
			return "", ErrInterrupted
		case keyBackspace, keyDelete:
			line = line[:max(0, len(line)-1)]
		default:
			if len(line) < limit {
				line = append(line, key[0])
			}
		}
		line, pasting = withoutMarks(line, pasting)
	}
}

// withoutMarks takes a mark off the end of a line.
func withoutMarks(line []byte, pasting bool) ([]byte, bool) {
	if before, ok := bytes.CutSuffix(line, []byte(pasteBegins)); ok {
		return before, true
	}
	if before, ok := bytes.CutSuffix(line, []byte(pasteEnds)); ok {
		return before, false
	}
	return line, pasting
}
