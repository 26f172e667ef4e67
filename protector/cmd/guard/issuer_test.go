package main_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// running is a guard issuer.
type running struct {
	Issuer, Audience, Command, Go string

	process *exec.Cmd
	stdin   io.WriteCloser
	stdout  *bufio.Reader
	answers *bufio.Reader // to what is said on stdin
}

func startIssuer(t *testing.T, args ...string) *running {
	t.Helper()
	r := &running{process: exec.Command(program, append([]string{"issuer", "-json"}, args...)...)}
	var err error
	r.stdin, err = r.process.StdinPipe()
	require.NoError(t, err)
	stdout, err := r.process.StdoutPipe()
	require.NoError(t, err)
	stderr, err := r.process.StderrPipe()
	require.NoError(t, err)
	r.answers = bufio.NewReader(stderr)
	require.NoError(t, r.process.Start())
	t.Cleanup(func() {
		_ = r.process.Process.Kill()
		_ = r.process.Wait()
	})
	r.stdout = bufio.NewReader(stdout)
	var text strings.Builder
	for !strings.HasSuffix(text.String(), "\n}\n") {
		line, err := r.stdout.ReadString('\n')
		require.NoError(t, err)
		text.WriteString(line)
	}
	require.NoError(t, json.Unmarshal([]byte(text.String()), r))
	return r
}

// do gives a command by HTTP.
func (r *running) do(t *testing.T, command string) (status int, answer string) {
	t.Helper()
	resp, err := http.Post(r.Command, "", strings.NewReader(command))
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, strings.TrimSpace(string(body))
}

func (r *running) token(t *testing.T, wishes string) string {
	t.Helper()
	status, token := r.do(t, "token "+wishes)
	require.Equal(t, 200, status, token)
	return token
}

// say gives a command as a person does.
func (r *running) say(t *testing.T, command string) string {
	t.Helper()
	_, err := io.WriteString(r.stdin, command+"\n")
	require.NoError(t, err)
	line, err := r.answers.ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(line)
}

func TestIssuerTokens(t *testing.T) {
	t.Parallel()
	issuer := startIssuer(t, "-audience", "shop", "-user", "alice=profile,email", "-user", "bob=orders")
	for wishes, says := range map[string]string{
		"":                                  `passed      scope           scope "profile email"`,
		"bob":                               `passed      scope           scope "orders"`,
		"bob scope=a,b sub=x client=y":      `scope "a b"`,
		"expires=10m":                       `(in 9 minutes)`,
		"claim:n=[1,\"a\"]":                 `passed      claims          9 claims`,
		"expired":                           "expired (exp)",
		"expires=-10m":                      "expired (exp)",
		"not-yet":                           "not_yet_valid (nbf)",
		"wrong-aud":                         "audience (aud)",
		"alice aud=a,b":                     "audience (aud)",
		"wrong-issuer":                      "issuer (iss)",
		"wrong-type":                        "type (typ)",
		"stranger":                          "unknown_key",
		"tampered":                          "signature",
		"unsigned":                          "algorithm (alg)",
		"without=sub,jti":                   "missing_claim",
		"bob wrong-aud wrong-type tampered": "type (typ)",
	} {
		t.Run(wishes, func(t *testing.T) {
			r := run(t, issuer.token(t, wishes), "explain", "-issuer", issuer.Issuer, "-audience", "shop")
			require.Contains(t, r.out, says)
		})
	}
}

// Both doors take the same commands, and what they do is seen by whoever checks tokens.
func TestIssuerKeysAndTrouble(t *testing.T) {
	t.Parallel()
	issuer := startIssuer(t)
	token := issuer.token(t, "")
	explain := func(token string) int {
		return run(t, token, "explain", "-issuer", issuer.Issuer, "-audience", issuer.Audience).code
	}
	require.Equal(t, 0, explain(token))
	require.Contains(t, issuer.say(t, "rotate"), "RS256-2")
	require.Equal(t, 0, explain(token), "rotated")
	require.Equal(t, 0, explain(issuer.say(t, "token")))
	require.Contains(t, issuer.say(t, "withdraw old"), "publishes 1")
	require.Equal(t, 1, explain(token), "withdrawn")
	require.Equal(t, "RS256-2", issuer.say(t, "keys"))

	for _, trouble := range []string{"stop", "break html", "break 500"} {
		status, _ := issuer.do(t, trouble)
		require.Equal(t, 200, status)
		require.Equal(t, 3, explain(issuer.token(t, "")), trouble)
		issuer.do(t, "start")
		require.Equal(t, 0, explain(issuer.token(t, "")), "after "+trouble)
	}
	require.Contains(t, issuer.say(t, "requests"), "metadata ")
}

func TestIssuerRefusesCommands(t *testing.T) {
	t.Parallel()
	issuer := startIssuer(t)
	for _, command := range []string{
		"", "tok", "token carol", "token expires=never", "token expires=10000h", "token colour=blue", "token scope=",
		"token claim:a={", "token claim:=1", "withdraw", "withdraw RS256-9", "break", "break it", "rotate now",
		"\x1b[2J", strings.Repeat("a", 5000),
	} {
		status, answer := issuer.do(t, command)
		require.Contains(t, []int{400, 413}, status, command)
		require.Empty(t, strings.Map(unsafe, answer))
		require.Less(t, len(answer), 200)
	}
	require.Contains(t, issuer.say(t, "nonsense"), "help lists the commands")
	r := run(t, issuer.token(t, ""), "explain", "-issuer", issuer.Issuer, "-audience", issuer.Audience)
	require.Equal(t, 0, r.code, "after all that")
}

// A page in a browser on the machine may send what it likes, and may have its own name point here.
func TestIssuerRefusesPages(t *testing.T) {
	t.Parallel()
	issuer := startIssuer(t)
	for name, change := range map[string]func(*http.Request){
		"another site": func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
		"an origin":    func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"another name": func(r *http.Request) { r.Host = "evil.example" },
		"a link":       func(r *http.Request) { r.Method = "GET" },
	} {
		t.Run(name, func(t *testing.T) {
			request, err := http.NewRequest("POST", issuer.Command, strings.NewReader("token"))
			require.NoError(t, err)
			change(request)
			resp, err := http.DefaultClient.Do(request)
			require.NoError(t, err)
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.GreaterOrEqual(t, resp.StatusCode, 400)
			require.NotContains(t, string(body), "eyJ")
		})
	}
}

// A script reads one document from standard output, whatever is said on standard input.
func TestIssuerAsJSON(t *testing.T) {
	t.Parallel()
	r := run(t, "keys\nnonsense\nquit\n", "issuer", "-json")
	require.Equal(t, 0, r.code)
	require.NoError(t, json.Unmarshal([]byte(r.out), new(map[string]string)), r.out)
	require.Equal(t, "RS256-1\nguard issuer: not understood: help lists the commands\n", r.err)
}

// That an address is taken is no mistake in the command line.
func TestIssuerWhoseAddressIsTaken(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	r := run(t, "", "issuer", "-addr", listener.Addr().String())
	require.Equal(t, 3, r.code)
	require.Contains(t, r.err, "in use")
}

func TestIssuerEnds(t *testing.T) {
	t.Parallel()
	issuer := startIssuer(t)
	_, err := io.WriteString(issuer.stdin, "\nquit\n")
	require.NoError(t, err)
	require.NoError(t, issuer.process.Wait())

	issuer = startIssuer(t)
	require.NoError(t, issuer.stdin.Close())
	require.NotEmpty(t, issuer.token(t, ""), "it goes on without anybody to tell it what to do")
}

// What it prints for pasting is for this issuer.
func TestIssuerAnnounces(t *testing.T) {
	t.Parallel()
	r := run(t, "help\nquit\n", "issuer", "-audience", "a b'c")
	require.Equal(t, 0, r.code)
	for _, says := range []string{
		"export ISSUER=http://127.0.0.1:", `export AUDIENCE='a b'\''c'`, "curl -s -d token http://127.0.0.1:",
		"func newGuard()", "withdraw KID|old",
	} {
		require.Contains(t, r.out, says)
	}
}
