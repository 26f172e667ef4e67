package main_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

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
	command := exec.Command(program, args...)
	command.Env = append(append(os.Environ(), "TERM=xterm", "NO_COLOR="), env...)
	return onTerminal(t, command, func(person *os.File) { person.WriteString(keys) })
}

// onTerminal runs a command on a terminal, but for the streams that it has already. Once it asks, there is an answer.
// The terminal has to be as it was, when it ends.
func onTerminal(t *testing.T, command *exec.Cmd, answer func(person *os.File)) (code int, seen string) {
	t.Helper()
	person, screen := openTerminal(t)
	before, err := unix.IoctlGetTermios(int(screen.Fd()), unix.TCGETS)
	require.NoError(t, err)
	command.Stdin = screen
	if command.Stdout == nil {
		command.Stdout = screen
	}
	if command.Stderr == nil {
		command.Stderr = screen
	}
	require.NoError(t, command.Start())
	giveUp := time.AfterFunc(10*time.Second, func() { command.Process.Kill() })
	defer giveUp.Stop()
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
				go answer(person) // the terminal takes no more than a few thousand bytes at a time
			}
		}
	}()
	_ = command.Wait()
	after, err := unix.IoctlGetTermios(int(screen.Fd()), unix.TCGETS)
	require.NoError(t, err)
	require.Equal(t, before, after, "the terminal was left changed")
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

// A prompt asks whoever sits there, wherever errors go.
func TestPromptIsSeen(t *testing.T) {
	t.Parallel()
	issuer := jwttest.NewIssuer(t)
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	require.NoError(t, err)
	defer log.Close()
	command := exec.Command(program, flagsFor("explain", issuer)...)
	command.Stderr = log
	code, seen := onTerminal(t, command, func(person *os.File) { person.WriteString(issuer.Token() + "\r") })
	require.Equal(t, 0, code, seen)
	require.Contains(t, seen, "Paste the token")
	logged, err := os.ReadFile(log.Name())
	require.NoError(t, err)
	require.Empty(t, string(logged))
}

// Where nobody can be asked, it says so, and does not wait.
func TestPromptThatNobodySees(t *testing.T) {
	t.Parallel()
	_, screen := openTerminal(t)
	readable, err := os.OpenFile(fmt.Sprintf("/proc/self/fd/%d", screen.Fd()), os.O_RDONLY|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	defer readable.Close()
	errs, err := os.Create(filepath.Join(t.TempDir(), "errors"))
	require.NoError(t, err)
	defer errs.Close()
	command := exec.Command(program, flagsFor("explain", jwttest.NewIssuer(t))...)
	command.Stdin, command.Stderr = readable, errs
	require.NoError(t, command.Start())
	requireInterrupted(t, command)
	said, err := os.ReadFile(errs.Name())
	require.NoError(t, err)
	require.Contains(t, string(said), "nobody can be asked")
}

// A signal ends the program wherever it waits for a token, or for a profile.
func TestSignals(t *testing.T) {
	t.Parallel()
	issuer := jwttest.NewIssuer(t)
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		for _, name := range []string{"explain", "doctor"} {
			t.Run(name+", "+signal.String(), func(t *testing.T) {
				ended(t, flagsFor(name, issuer, map[string][]string{"doctor": {"-token", "-"}}[name]...), signal)
			})
		}
		t.Run("prompt, "+signal.String(), func(t *testing.T) {
			command := exec.CommandContext(t.Context(), program, flagsFor("explain", issuer)...)
			code, seen := onTerminal(t, command, func(*os.File) { command.Process.Signal(signal) })
			require.Equal(t, 3, code, seen)
			require.Contains(t, seen, "interrupted")
		})
		t.Run("profile, "+signal.String(), func(t *testing.T) {
			pipe := filepath.Join(t.TempDir(), "profile.json")
			require.NoError(t, syscall.Mkfifo(pipe, 0o600))
			command := exec.CommandContext(t.Context(), program, flagsFor("explain", issuer, "-profile", pipe)...)
			require.NoError(t, command.Start())
			writer, err := os.OpenFile(pipe, os.O_WRONLY, 0) // which waits for the reader
			require.NoError(t, err)
			defer writer.Close()
			require.NoError(t, command.Process.Signal(signal))
			requireInterrupted(t, command)
		})
	}
}

// ended sends the signal once the program reads standard input, which stays open.
func ended(t *testing.T, args []string, signal os.Signal) {
	t.Helper()
	command := exec.CommandContext(t.Context(), program, args...)
	input, err := command.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	_, err = input.Write(make([]byte, 100<<10)) // more than a pipe holds: it has begun to read
	require.NoError(t, err)
	require.NoError(t, command.Process.Signal(signal))
	requireInterrupted(t, command)
}

// requireInterrupted waits for the end, and not for ever, where nothing could be decided.
func requireInterrupted(t *testing.T, command *exec.Cmd) {
	t.Helper()
	giveUp := time.AfterFunc(10*time.Second, func() { command.Process.Kill() })
	defer giveUp.Stop()
	state, err := command.Process.Wait()
	require.NoError(t, err)
	require.Equal(t, 3, state.ExitCode(), state.String())
}
