package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"example.com/resourceserver/jwt/jwttest"
)

// openTerminal returns the two ends of a pseudo terminal: that of who types and looks, and that of the program.
func openTerminal(t *testing.T) (person, screen *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no pseudo terminals here:", err)
	}
	t.Cleanup(func() { person.Close() })
	require.NoError(t, unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	screen, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { screen.Close() })
	return person, screen
}

// typing runs the program on a terminal, types once it asks, and returns all that a person saw.
func typing(t *testing.T, env []string, keys string, args ...string) (code int, seen string) {
	t.Helper()
	person, screen := openTerminal(t)
	command := exec.Command(program, args...)
	command.Env = append(append(os.Environ(), "TERM=xterm", "NO_COLOR="), env...)
	command.Stdin, command.Stdout, command.Stderr = screen, screen, screen
	require.NoError(t, command.Start())
	var all bytes.Buffer
	done := make(chan struct{})
	go func() {
		defer close(done)
		typed := false
		for buffer := make([]byte, 4096); ; {
			n, err := person.Read(buffer)
			all.Write(buffer[:n])
			if err != nil {
				return
			}
			if !typed && strings.Contains(all.String(), "not shown") && strings.Contains(all.String(), "2004h") {
				typed = true
				go person.WriteString(keys) // the terminal takes no more than a few thousand bytes at a time
			}
		}
	}()
	_ = command.Wait()
	require.NoError(t, screen.Close()) // the last one: who looks reads to the end
	<-done
	return command.ProcessState.ExitCode(), all.String()
}

func TestPastedTokens(t *testing.T) {
	t.Parallel()
	issuer := jwttest.NewIssuer(t)
	token := issuer.Token(jwttest.Claim("filler", strings.Repeat("a", 6000)))
	require.Greater(t, len(token), 8000, "more than a line of a terminal holds")
	half := len(token) / 2
	for name, c := range map[string]struct {
		keys string
		code int
	}{
		"typed":          {token + "\r", 0},
		"pasted":         {"\x1b[200~" + token + "\n\x1b[201~\r", 0},
		"pasted, folded": {"\x1b[200~" + token[:half] + "\r\n" + token[half:] + "\x1b[201~\r", 0},
		"corrected":      {token + "x\x7f\r", 0},
		"another":        {token[:half] + "\r", 1},
		"nothing":        {"\r", 2},
		"left":           {token + "\x03", 3},
	} {
		t.Run(name, func(t *testing.T) {
			code, seen := typing(t, nil, c.keys, flagsFor("explain", issuer)...)
			require.Equal(t, c.code, code, seen)
			require.NotContains(t, seen, token[:20])
			require.NotContains(t, seen, token[half:half+20])
		})
	}
}

func TestColours(t *testing.T) {
	t.Parallel()
	issuer := jwttest.NewIssuer(t)
	colour := func(env ...string) bool {
		_, seen := typing(t, env, issuer.Token()+"\r", flagsFor("explain", issuer)...)
		require.Contains(t, seen, "passed")
		return strings.Contains(seen, "\x1b[32m")
	}
	require.True(t, colour())
	require.False(t, colour("NO_COLOR=1"))
	require.False(t, colour("TERM=dumb"))
}
