//go:build unix

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// postgres is a server of the test's own: its files in a temporary folder, no
// TCP port, and a Unix socket in the same folder.
type postgres struct {
	programs string // the folder of initdb and postgres
	folder   string
	account  *syscall.Credential // nil: our own
	process  *exec.Cmd
}

// startTimeout bounds how long the server may take to be ready.
const startTimeout = time.Minute

func startPostgres(t *testing.T) (database, error) {
	p := &postgres{}
	if err := errors.Join(p.findPrograms(), p.findAccount()); err != nil {
		return database{}, err
	}
	if err := p.makeFolder(t); err != nil {
		return database{}, err
	}
	data := filepath.Join(p.folder, "data")
	out, err := p.command("initdb", "-D", data, "-U", "tokentable", "--auth=trust", "--no-sync", "--no-locale", "-E",
		"UTF8").CombinedOutput()
	if err != nil {
		return database{}, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	p.start(t)
	t.Cleanup(func() { p.kill(t) })
	return database{source: p.url(), kill: p.kill, revive: p.start}, nil
}

func (p *postgres) findPrograms() error {
	folders, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return err
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		folders = append(folders, filepath.Dir(path))
	}
	for _, folder := range folders {
		_, err1 := os.Stat(filepath.Join(folder, "initdb"))
		_, err2 := os.Stat(filepath.Join(folder, "postgres"))
		if err1 == nil && err2 == nil {
			p.programs = folder
			return nil
		}
	}
	return fmt.Errorf("%w: initdb and postgres are neither on the PATH nor in /usr/lib/postgresql", errNoPostgres)
}

// findAccount finds somebody else to run as: PostgreSQL refuses to be root.
func (p *postgres) findAccount() error {
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(account.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(account.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			p.account = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
			return nil
		}
	}
	return fmt.Errorf("%w: it does not run as root, and there is no user postgres or nobody", errNoPostgres)
}

// makeFolder does without t.TempDir, whose parent no other user may enter, and
// whose name may be too long for a socket.
func (p *postgres) makeFolder(t *testing.T) (err error) {
	p.folder, err = os.MkdirTemp("", "pg")
	if err != nil {
		return err
	}
	t.Cleanup(func() { os.RemoveAll(p.folder) })
	if p.account == nil {
		return nil
	}
	return os.Chown(p.folder, int(p.account.Uid), int(p.account.Gid))
}

func (p *postgres) command(program string, args ...string) *exec.Cmd {
	command := exec.Command(filepath.Join(p.programs, program), args...)
	command.Dir = p.folder
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	command.SysProcAttr = &syscall.SysProcAttr{Credential: p.account}
	return command
}

func (p *postgres) url() string {
	u := url.URL{Scheme: "postgres", User: url.User("tokentable"), Path: "/postgres"}
	u.RawQuery = url.Values{"host": {p.folder}, "sslmode": {"disable"}}.Encode()
	return u.String()
}

// start returns when the server says that it is ready.
func (p *postgres) start(t *testing.T) {
	t.Helper()
	p.process = p.command("postgres", "-D", filepath.Join(p.folder, "data"), "-k", p.folder,
		"-c", "listen_addresses=", "-c", "fsync=off")
	stderr, err := p.process.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, p.process.Start())
	late := time.AfterFunc(startTimeout, func() { p.process.Process.Kill() })
	defer late.Stop()

	var said strings.Builder
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "ready to accept connections") {
			go io.Copy(io.Discard, stderr) // or it would block on a full pipe
			return
		}
	}
	p.kill(t)
	t.Fatalf("postgres did not start:\n%s", said.String())
}

// kill ends the server and every connection without a farewell. SIGQUIT is its
// own word for that; after SIGKILL its children would linger.
func (p *postgres) kill(t *testing.T) {
	t.Helper()
	if p.process == nil {
		return
	}
	p.process.Process.Signal(syscall.SIGQUIT)
	p.process.Wait()
	p.process = nil
}
