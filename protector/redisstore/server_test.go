package redisstore_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector/redisstore"
)

// server is a Redis or Valkey server of the test's own: its files in a temporary
// folder, no TCP port unless asked for, and a Unix socket in the same folder.
type server struct {
	program string
	folder  string
	options []string
	process *exec.Cmd
}

// startTimeout bounds how long the server may take to be ready.
const startTimeout = time.Minute

// startServer starts one; options are more of its command line.
func startServer(t testing.TB, options ...string) *server {
	t.Helper()
	program, err := findServer()
	if err != nil {
		t.Skip(err) // neither server is installed; what needs none is tested in any case
	}
	// Not t.TempDir, whose name can be too long for a socket.
	folder, err := os.MkdirTemp("", "redis")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(folder) })
	s := &server{program: program, folder: folder, options: options}
	s.start(t)
	t.Cleanup(s.kill)
	return s
}

func findServer() (program string, err error) {
	for _, name := range []string{"redis-server", "valkey-server"} {
		if program, err := exec.LookPath(name); err == nil {
			return program, nil
		}
	}
	return "", errors.New("no server can run here: neither redis-server nor valkey-server is on the PATH")
}

func (s *server) socket() string { return filepath.Join(s.folder, "socket") }

func (s *server) start(t testing.TB) {
	t.Helper()
	args := append([]string{"--port", "0", "--unixsocket", s.socket(), "--dir", s.folder, "--save", ""}, s.options...)
	s.process = exec.Command(s.program, args...)
	out, err := s.process.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, s.process.Start())
	late := time.AfterFunc(startTimeout, func() { s.process.Process.Kill() })
	defer late.Stop()
	require.NoError(t, awaitReady(out))
	go io.Copy(io.Discard, out)
}

// awaitReady reads what the server prints until it accepts connections.
func awaitReady(out io.Reader) error {
	var printed strings.Builder
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "ready to accept connections") {
			return nil
		}
		fmt.Fprintln(&printed, lines.Text())
	}
	return fmt.Errorf("the server ended before it was ready:\n%s", printed.String())
}

// kill ends the server at once, as the loss of its host does.
func (s *server) kill() {
	s.process.Process.Kill()
	s.process.Wait()
}

func (s *server) client(t testing.TB) *redis.Client {
	t.Helper()
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: s.socket(), ContextTimeoutEnabled: true})
	t.Cleanup(func() { client.Close() })
	return client
}

// newStore returns one that does not mind a slow machine.
func newStore(t testing.TB, client redis.UniversalClient) *redisstore.Store {
	t.Helper()
	store, err := redisstore.New(client, redisstore.Config{Timeout: 10 * time.Second})
	require.NoError(t, err)
	return store
}

// proof returns the n-th of some different proofs.
func proof(n int) [32]byte { return [32]byte([]byte(fmt.Sprintf("%032d", n))) }

func inAMinute() time.Time { return time.Now().Add(time.Minute) }
