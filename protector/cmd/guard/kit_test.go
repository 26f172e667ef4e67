package main_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/jwttest"
)

// program is the command, built once.
var program string

func TestMain(m *testing.M) {
	folder, err := os.MkdirTemp("", "guard-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	program = filepath.Join(folder, "guard")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	build := exec.Command("go", "build", "-o", program, ".")
	build.Stderr = os.Stderr
	code := 1
	if err := build.Run(); err == nil {
		code = m.Run()
	}
	os.RemoveAll(folder)
	os.Exit(code)
}

// result is what one run of the program came to.
type result struct {
	code     int
	out, err string
}

// run starts the program with that on standard input. What it writes is checked: whatever came in, a terminal gets
// printable ASCII and line ends.
func run(t *testing.T, input string, args ...string) result {
	t.Helper()
	return runIn(t, nil, input, args...)
}

func runIn(t *testing.T, env []string, input string, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	command := exec.Command(program, args...)
	command.Env = append(os.Environ(), env...)
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(input), &out, &errs
	if err := command.Run(); err != nil {
		require.ErrorAs(t, err, new(*exec.ExitError))
	}
	r := result{command.ProcessState.ExitCode(), out.String(), errs.String()}
	require.Empty(t, strings.Map(unsafe, r.out+r.err), "out: %q\nerr: %q", r.out, r.err)
	require.NotContains(t, r.out+r.err, "goroutine ", "a panic")
	return r
}

// unsafe keeps what a terminal might obey.
func unsafe(r rune) rune {
	if r == '\n' || r == '\t' || ' ' <= r && r <= '~' {
		return -1
	}
	return r
}

// flagsFor are those for an issuer and its audience.
func flagsFor(command string, issuer *jwttest.Issuer, more ...string) []string {
	return append([]string{command, "-issuer", issuer.URL(), "-audience", issuer.Audience()}, more...)
}

// serve is a server of the test's own, which is told its own URL.
func serve(t *testing.T, answer func(url string, w http.ResponseWriter, r *http.Request)) string {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	url := "http://" + server.Listener.Addr().String()
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(url, w, r) })
	server.Start()
	t.Cleanup(server.Close)
	return url
}

func writeJSON(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, text)
}
