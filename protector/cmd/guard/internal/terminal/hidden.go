package terminal

import (
	"errors"
	"io"
	"os"

	"golang.org/x/term"
)

// ErrInterrupted is what ReadHidden returns at Ctrl-C.
var ErrInterrupted = errors.New("interrupted")

// What keys send while the terminal interprets nothing.
const (
	keyInterrupt = 0x03
	keyEnd       = 0x04
	keyBackspace = 0x08
	keyDelete    = 0x7f
)

// ReadHidden asks for one line of at most limit bytes and shows nothing of it. It reads key by key: term.ReadPassword
// leaves the line to the terminal, which holds 4095 bytes of it and drops the rest of a token without a word.
func ReadHidden(in *os.File, out io.Writer, prompt string, limit int) (string, error) {
	state, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return "", err
	}
	defer io.WriteString(out, "\n") // after the terminal is itself again
	defer term.Restore(int(in.Fd()), state)
	if _, err := io.WriteString(out, prompt); err != nil {
		return "", err
	}
	return readLine(in, limit)
}

func readLine(in io.Reader, limit int) (string, error) {
	var line []byte
	key := make([]byte, 1)
	for {
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
		case '\r', '\n', keyEnd:
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
	}
}
