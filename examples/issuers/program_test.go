package issuers_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/examples/internal/child"
)

// patience bounds how long a program may take to do what it is told. One that loads gets a third of it each time: on a
// busy machine some versions of Node never begin, all their threads waiting for each other, and are begun anew.
const (
	patience      = time.Minute
	startTimeout  = patience / 3
	startAttempts = 5
)

// program is an issuer that runs as a process of its own. It says in one line of JSON that it listens, answers each
// command with a line, and ends when its standard input does.
type program struct {
	commands io.WriteCloser
	answers  *bufio.Reader
	process  *exec.Cmd
	stderr   bytes.Buffer
}

// run starts a program, and reads into ready what it says when it listens. It is stopped when the test ends, and by
// the system when the tests are killed, where that can be asked for.
func run(t *testing.T, ready any, name string, args ...string) *program {
	t.Helper()
	for attempt := 1; ; attempt++ {
		p := start(t, name, args...)
		line, err := p.answer(startTimeout)
		if err != nil && p.killed() && attempt < startAttempts {
			t.Logf("%s: nothing after %v: begun anew", p.process, startTimeout)
			continue
		}
		p.parse(t, line, err, ready)
		return p
	}
}

func start(t *testing.T, name string, args ...string) *program {
	t.Helper()
	p := &program{process: exec.Command(name, args...)}
	p.process.SysProcAttr = child.EndWithUs()
	p.process.Stderr = &p.stderr
	p.process.Env = append(os.Environ(), "NO_COLOR=1")
	var err error
	p.commands, err = p.process.StdinPipe()
	require.NoError(t, err)
	answers, err := p.process.StdoutPipe()
	require.NoError(t, err)
	p.answers = bufio.NewReader(answers)
	require.NoError(t, p.process.Start())
	t.Cleanup(p.stop)
	return p
}

// runNode starts a script of this folder.
func runNode(t *testing.T, ready any, script string) *program {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		// Who builds the library in Go need not have Node.
		t.Skip("no Node here, for an issuer that needs it")
	}
	if _, err := os.Stat("node_modules"); err != nil {
		// A test does not install: what it runs was chosen by npm ci and its lock file.
		t.Skip("the packages are not installed: run npm ci in examples/issuers")
	}
	return run(t, ready, node, script)
}

// serve starts a program that takes no commands, and waits until it answers at an address. It ends as run's do.
func serve(t *testing.T, address, name string, args ...string) {
	t.Helper()
	process := exec.Command(name, args...)
	process.SysProcAttr = child.EndWithUs()
	process.Stdout, process.Stderr = t.Output(), t.Output()
	require.NoError(t, process.Start())
	gone := make(chan error, 1)
	go func() { gone <- process.Wait() }()
	t.Cleanup(func() {
		process.Process.Signal(os.Interrupt)
		select {
		case <-gone:
		case <-time.After(patience / 6):
			process.Process.Kill()
			<-gone
		}
	})
	require.Eventually(t, func() bool {
		response, err := http.Get(address)
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	}, patience, 20*time.Millisecond, "%s does not answer", process)
}

// tell has the program carry out a command.
func (p *program) tell(t *testing.T, command string) {
	t.Helper()
	_, err := fmt.Fprintln(p.commands, command)
	require.NoError(t, err)
	line, err := p.answer(patience)
	p.parse(t, line, err, new(struct{}))
}

// answer returns the next line, or an error with the program stopped.
func (p *program) answer(within time.Duration) ([]byte, error) {
	late := time.AfterFunc(within, func() { p.process.Process.Kill() })
	defer late.Stop()
	line, err := p.answers.ReadBytes('\n')
	if err != nil {
		p.stop() // also ends the writing to stderr
	}
	return line, err
}

func (p *program) parse(t *testing.T, line []byte, err error, into any) {
	t.Helper()
	require.NoError(t, err, "%s: %s", p.process, &p.stderr)
	require.NoError(t, json.Unmarshal(line, into), string(line))
}

// killed says that the stopped program did not end by itself.
func (p *program) killed() bool { return !p.process.ProcessState.Exited() }

// stop ends the program and waits until it is gone. It may be called again.
func (p *program) stop() {
	p.commands.Close()
	late := time.AfterFunc(patience/6, func() { p.process.Process.Kill() })
	defer late.Stop()
	p.process.Wait()
}

func TestProgramsEndWithTheirTest(t *testing.T) {
	var server *program
	t.Run("started", func(t *testing.T) { server = runNode(t, new(struct{}), "mockserver.mjs") })
	if server == nil {
		t.Skip("no program can run here: the test before says why")
	}
	require.False(t, server.killed(), "still running, or killed because it did not end")
}
