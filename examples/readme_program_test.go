package examples_test

import (
	"bufio"
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
)

// onLoopback is where the README's service listens. A test puts a free port in its place.
const onLoopback = "localhost:8080"

// TestReadmeService builds the service that the README has a newcomer write, and tries it.
func TestReadmeService(t *testing.T) {
	readme := documents(t)["README.md"]
	programs := wholePrograms(readme)
	require.Len(t, programs, 2, "the service and its issuer")
	address := freeAddress(t)
	require.Contains(t, programs[0], onLoopback)
	program := build(t, strings.ReplaceAll(programs[0], onLoopback, address))

	t.Run("answers", func(t *testing.T) {
		shell := exports(t, start(t, build(t, programs[1]), nil, nil), 5)
		service := startService(t, program, address, shell["ISSUER"], shell["AUDIENCE"])
		answersAsShown(t, service, readme, shell)
	})
	t.Run("reasons", func(t *testing.T) {
		issuer := jwttest.NewIssuer(t)
		service := startService(t, program, address, issuer.URL(), issuer.Audience())
		refusesAsExplained(t, service, readme, issuer)
	})
}

// answersAsShown sends what the curl lines send, and looks for every line of the answers and of the log.
func answersAsShown(t *testing.T, service *service, readme string, shell map[string]string) {
	t.Helper()
	exchanges := consoleExchanges(t, readme)
	require.NotEmpty(t, exchanges)
	for _, e := range exchanges {
		answer := service.ask(t, e.path, os.Expand(e.authorization, func(name string) string {
			require.Contains(t, shell, name, "the issuer prints what curl is to send")
			return shell[name]
		}))
		for _, line := range e.shown {
			require.Regexp(t, `(?m)^`+gapped(line)+`\r?$`, answer, e.path)
		}
	}
	logged := regexp.MustCompile("(?ms)^```\n(INFO access refused .*?)\n```$").FindStringSubmatch(readme)
	require.NotNil(t, logged, "the README shows a record of the log")
	service.logged(t, gapped(strings.ReplaceAll(logged[1], "\n", " ")))
}

// refusesAsExplained walks the reasons of the README: each is what the service logs of a request that deserves it.
func refusesAsExplained(t *testing.T, service *service, readme string, issuer *jwttest.Issuer) {
	t.Helper()
	bearer := func(opts ...jwttest.TokenOption) string {
		return "Bearer " + issuer.Token(append([]jwttest.TokenOption{jwttest.Scope("profile")}, opts...)...)
	}
	walked := map[string]string{
		"other_scheme":  "Token " + issuer.Token(),
		"malformed":     "Bearer 5d41402abc4b2a76",
		"algorithm":     bearer(jwttest.Header("alg", "HS256")),
		"type":          bearer(jwttest.Header("typ", "JWT")),
		"unknown_key":   bearer(jwttest.Unpublished()),
		"issuer":        bearer(jwttest.Claim("iss", issuer.URL()+"/")),
		"audience":      bearer(jwttest.Audience("https://other.example")),
		"expired":       bearer(jwttest.ExpiresIn(-time.Minute)),
		"missing_claim": bearer(jwttest.Without("client_id")),
	}
	require.Contains(t, service.ask(t, "/profile", bearer()), " 200 OK")
	_, section, _ := strings.Cut(readme, "\n## When it says 401\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllStringSubmatch(section, -1)
	require.Len(t, rows, 1+len(walked))
	for _, row := range rows {
		if row[1] == "no_credentials" {
			continue // below: at Info nothing is logged of it
		}
		require.Contains(t, service.ask(t, "/profile", walked[row[1]]), " 401 Unauthorized", row[1])
		service.logged(t, "access refused .* reason="+row[1]+" .*status=401")
	}
	bound := bearer(jwttest.Claim("cnf", map[string]string{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}))
	require.Contains(t, service.ask(t, "/profile", bound), " 401 Unauthorized")
	service.logged(t, "access refused .* reason=confirmation .*status=401")
	require.Contains(t, service.ask(t, "/profile", bearer(jwttest.Scope("email"))), " 403 Forbidden")
	service.logged(t, "access refused .* reason=insufficient_scope .*status=403")

	require.Contains(t, service.ask(t, "/profile", ""), " 401 Unauthorized")
	require.NotContains(t, service.log.String(), "no_credentials")
	require.Contains(t, section, "`slog.SetLogLoggerLevel(slog.LevelDebug)`")
	require.Regexp(t, `level=DEBUG msg="access refused" .*reason=no_credentials`, debugLog(t))
}

// debugLog returns what a guard logs at Debug of a request without a token.
func debugLog(t *testing.T) string {
	t.Helper()
	var log safeBuffer
	nobody := func(context.Context, string) (protector.Token, error) { return nil, nil }
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(nobody)},
		Logger:     slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	require.NoError(t, err)
	guard.Require()(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	return log.String()
}

func wholePrograms(document string) []string {
	var found []string
	for _, s := range snippets("README.md", document) {
		if _, whole := s.complete(); whole {
			found = append(found, s.source)
		}
	}
	return found
}

// build compiles a program with this module at hand, as a checkout is to whoever has replaced it.
func build(t *testing.T, source string) string {
	t.Helper()
	dir := t.TempDir()
	file, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
	require.NoError(t, os.WriteFile(file, []byte(source), 0o600))
	command := exec.Command("go", "build", "-o", program, file)
	command.Dir = ".."
	out, err := command.CombinedOutput()
	require.NoError(t, err, string(out))
	return program
}

// start runs a program until the test ends, and returns what it prints.
func start(t *testing.T, program string, environment []string, log *safeBuffer) *bufio.Reader {
	t.Helper()
	command := exec.CommandContext(t.Context(), program)
	command.Env = append(os.Environ(), environment...)
	if log != nil {
		command.Stderr = log
	}
	out, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() { _ = command.Wait() }) // killed by the end of the context: that is its error
	return bufio.NewReader(out)
}

// exports reads what a shell would set.
func exports(t *testing.T, out *bufio.Reader, lines int) map[string]string {
	t.Helper()
	set := make(map[string]string)
	for range lines {
		line, err := out.ReadString('\n')
		require.NoError(t, err)
		name, value, found := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		require.True(t, found, line)
		set[name] = value
	}
	return set
}

// service is the README's, at work.
type service struct {
	address string
	log     *safeBuffer
}

func startService(t *testing.T, program, address, issuer, audience string) *service {
	t.Helper()
	s := &service{address, &safeBuffer{}}
	start(t, program, []string{"ISSUER=" + issuer, "AUDIENCE=" + audience}, s.log)
	require.Eventually(t, func() bool {
		connection, err := net.Dial("tcp", s.address)
		return err == nil && connection.Close() == nil
	}, 10*time.Second, 10*time.Millisecond)
	return s
}

// freeAddress names a port that nobody listens on yet.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

// ask returns the whole answer, as curl -i prints it.
func (s *service) ask(t *testing.T, path, authorization string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.address+path, nil)
	require.NoError(t, err)
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	answer, err := httputil.DumpResponse(response, true)
	require.NoError(t, err)
	return string(answer)
}

// logged waits for a record: it goes through a pipe, beside the answer.
func (s *service) logged(t *testing.T, record string) {
	t.Helper()
	wanted := regexp.MustCompile(record)
	require.Eventually(t, func() bool { return wanted.MatchString(s.log.String()) }, 10*time.Second,
		5*time.Millisecond, "%s\nin\n%s", record, s.log)
}

// exchange is a curl line with the lines of its answer that are shown.
type exchange struct {
	path, authorization string
	shown               []string
}

var curl = regexp.MustCompile(`^\$ curl -i (?:-H "Authorization: ([^"]*)" )?` + onLoopback + `(\S*)$`)

func consoleExchanges(t *testing.T, document string) []exchange {
	t.Helper()
	block := regexp.MustCompile("(?ms)^```console\n(.*?)^```$").FindStringSubmatch(document)
	require.NotNil(t, block)
	var found []exchange
	for text := range strings.SplitSeq(strings.TrimSpace(block[1]), "\n\n") {
		lines := strings.Split(text, "\n")
		m := curl.FindStringSubmatch(lines[0])
		require.NotNil(t, m, lines[0])
		require.Greater(t, len(lines), 1, "no answer is shown to %s", lines[0])
		found = append(found, exchange{m[2], m[1], lines[1:]})
	}
	return found
}

// gapped makes a pattern of what is shown: it has an ellipsis for what is not.
func gapped(shown string) string {
	return strings.ReplaceAll(regexp.QuoteMeta(shown), "…", ".*")
}

// safeBuffer takes what a program writes while a test reads it.
type safeBuffer struct {
	mu      sync.Mutex
	content bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.content.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.content.String()
}
