package main_test

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"go/format"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/jwttest"
)

func TestDoctorOfAGoodIssuer(t *testing.T) {
	t.Parallel()
	issuer := jwttest.NewIssuer(t)
	issuer.SetHeader("Cache-Control", "max-age=300")
	r := run(t, "", flagsFor("doctor", issuer)...)
	require.Equal(t, 0, r.code, r.out+r.err)
	require.NotContains(t, r.out, "BAD")
	for _, says := range []string{
		"identical to the configured one", "1 used, 0 skipped", `kid "` + issuer.KeyID() + `"`, "max-age=300",
		"differ by 0s", "which is this machine", "func newGuard()", `Issuer: "` + issuer.URL() + `"`,
	} {
		require.Contains(t, r.out, says)
	}
}

// documents is a server that has its metadata and its keys from the test.
func documents(t *testing.T, metadata, keys func(url string) string) string {
	return serve(t, func(url string, w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/.well-known/") {
			writeJSON(w, metadata(url))
		} else {
			writeJSON(w, keys(url))
		}
	})
}

func metadataOf(issuer string) func(string) string {
	return func(url string) string {
		named := strings.ReplaceAll(issuer, "URL", url)
		text, _ := json.Marshal(map[string]string{"issuer": named, "jwks_uri": url + "/keys"})
		return string(text)
	}
}

func TestDoctorOfAnotherName(t *testing.T) {
	t.Parallel()
	keys := string(jwttest.NewIssuer(t).JWKS())
	const escape = "\x1b[2J\u202e"
	for name, c := range map[string]struct {
		given, named string
		says         []string
		followed     bool
	}{
		"a slash less":    {"URL", "URL/", []string{"a slash is missing", `configure exactly "URL/"`}, true},
		"a slash more":    {"URL/", "URL", []string{"does not belong there", `configure exactly "URL"`}, true},
		"a path":          {"URL/a", "URL/b", []string{"the path differs", `configure exactly "URL/b"`}, true},
		"letter case":     {"URL/A", "URL/a", []string{"letter case differs"}, true},
		"another host":    {"URL", "https://evil.example", []string{"the host differs", "only if", "-discovery-url"}, false},
		"another port":    {"URL", "http://127.0.0.1:1", []string{"the port differs", "only if"}, false},
		"escapes":         {"URL", "URL/" + escape, []string{"by what is none"}, false},
		"a shell's":       {"URL", "URL/$(reboot)", []string{"by what is none"}, false},
		"a long one":      {"URL", "URL/" + strings.Repeat("a", 1000), []string{"by what is none"}, false},
		"with a query":    {"URL", "URL?a", nil, false},
		"by user's leave": {"URL", "http://user:secret@127.0.0.1", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			url := documents(t, metadataOf(c.named), func(string) string { return keys })
			r := run(t, "", "doctor", "-issuer", strings.ReplaceAll(c.given, "URL", url))
			require.Equal(t, 1, r.code, r.out+r.err)
			for _, says := range c.says {
				require.Contains(t, r.out, strings.ReplaceAll(says, "URL", url))
			}
			require.Equal(t, c.followed, strings.Contains(r.out, "func newGuard()"), r.out)
			require.Less(t, len(r.out), 8<<10)
		})
	}
}

func TestDoctorOfHostileServers(t *testing.T) {
	t.Parallel()
	respond := func(status int, contentType, body string) func(string, http.ResponseWriter, *http.Request) {
		return func(_ string, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			fmt.Fprint(w, body)
		}
	}
	redirect := func(to string) func(string, http.ResponseWriter, *http.Request) {
		return func(_ string, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", to)
			w.WriteHeader(http.StatusFound)
		}
	}
	deep := strings.Repeat("[", 100_000)
	for name, c := range map[string]struct {
		answer func(string, http.ResponseWriter, *http.Request)
		says   string
	}{
		"HTML":           {respond(200, "text/html", "<script>"), "not JSON"},
		"HTML as JSON":   {respond(200, "application/json", "<script>"), "not a JSON object"},
		"not found":      {respond(404, "text/plain", "no"), "-jwks-url"},
		"error":          {respond(500, "text/plain", "\x1b[2J"), "500"},
		"huge":           {respond(200, "application/json", strings.Repeat(" ", 3<<20)), "larger than its bound"},
		"deep":           {respond(200, "application/json", `{"issuer":`+deep), "nested deeper"},
		"elsewhere":      {redirect("https://evil.example/%1b[2J"), "it is redirected to"},
		"in circles":     {redirect("/.well-known/oauth-authorization-server"), "redirect"},
		"strange type":   {respond(200, "text/\u202e", "{}"), "not JSON"},
		"not an issuer":  {respond(200, "application/json", `{"issuer":7}`), "metadata"},
		"no issuer":      {respond(200, "application/json", `{}`), "issuer mismatch"},
		"null":           {respond(200, "application/json", `null`), "issuer mismatch"},
		"cut off":        {respond(200, "application/json", `{"issuer":"`), "not a JSON object"},
		"keys in place":  {respond(200, "application/json", `{"keys":[]}`), "issuer mismatch"},
		"informational?": {respond(299, "application/json", `{}`), "299"},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, "", "doctor", "-issuer", serve(t, c.answer))
			require.Equal(t, 1, r.code, r.out+r.err)
			require.Contains(t, r.out, c.says)
			require.NotContains(t, r.out, "newGuard")
			require.Less(t, len(r.out), 8<<10)
		})
	}
}

func TestDoctorOfHostileKeys(t *testing.T) {
	t.Parallel()
	issuer := jwttest.NewIssuer(t)
	issuer.PublishRaw(`{"kty":"EC","kid":"\u001b[2J\u202e"}`, `{"kty":"oct","kid":"secret","k":"c2VjcmV0"}`, `7`)
	for range 100 {
		issuer.PublishRaw(`{"kty":"RSA","kid":"` + strings.Repeat("a", 500) + `","n":"AQAB","e":"AQAB"}`)
	}
	r := run(t, "", flagsFor("doctor", issuer)...)
	require.Contains(t, r.out, "1 used, 103 skipped")
	require.Contains(t, r.out, `kid "secret" is skipped: `)
	require.NotContains(t, r.out, "c2VjcmV0")
	require.Less(t, len(r.out), 16<<10)
	require.Less(t, len(run(t, "", flagsFor("doctor", issuer, "-json")...).out), 16<<10)
}

func TestDoctorOfPublishedPrivateKey(t *testing.T) {
	t.Parallel()
	issuer := jwttest.NewIssuer(t)
	issuer.AddKey("ES256")
	issuer.Alter(issuer.KeyID(), func(key map[string]any) { key["d"] = "AQAB" })
	r := run(t, "", flagsFor("doctor", issuer)...)
	require.Equal(t, 1, r.code, r.out)
	require.Contains(t, r.out, "its private half is published")
}

func TestDoctorOfAnIssuerThatIsDown(t *testing.T) {
	t.Parallel()
	issuer := jwttest.NewIssuer(t)
	issuer.Refuse()
	r := run(t, "", flagsFor("doctor", issuer)...)
	require.Equal(t, 3, r.code, r.out+r.err)
	require.Contains(t, r.out, "unknown  metadata")
	require.NotContains(t, r.out, "newGuard")

	issuer.Recover()
	issuer.Refuse(jwttest.KeySet)
	r = run(t, "", flagsFor("doctor", issuer)...)
	require.Contains(t, r.out, "good     metadata")
	require.Equal(t, 1, r.code, r.out+r.err)
}

func TestDoctorOfClocks(t *testing.T) {
	t.Parallel()
	issuer := jwttest.NewIssuer(t)
	for name, c := range map[string]struct {
		ahead time.Duration
		code  int
		says  string
	}{
		"far ahead":  {time.Hour, 1, "and 30s are forgiven"},
		"far behind": {-time.Hour, 1, "and 30s are forgiven"},
		"a little":   {-15 * time.Second, 0, "warning  clock"},
	} {
		t.Run(name, func(t *testing.T) {
			issuer.SetHeader("Date", time.Now().Add(c.ahead).UTC().Format(http.TimeFormat))
			r := run(t, "", flagsFor("doctor", issuer)...)
			require.Equal(t, c.code, r.code, r.out)
			require.Contains(t, r.out, c.says)
		})
	}
}

// One fetch more than a service makes, however many profiles are tried.
func TestDoctorAsksLittle(t *testing.T) {
	t.Parallel()
	issuer := jwttest.NewIssuer(t)
	run(t, issuer.Token(jwttest.Unpublished()), flagsFor("doctor", issuer, "-token", "-")...)
	require.LessOrEqual(t, issuer.Requests().JWKS, 2)
}

// What is printed for pasting compiles, whatever the token says.
func TestDoctorWritesGo(t *testing.T) {
	t.Parallel()
	issuer := jwttest.NewIssuer(t)
	token := issuer.Token(jwttest.Typ("JWT"), jwttest.Claim("typ", "Bearer"), jwttest.Claim("azp", "shop"),
		jwttest.Audience("a\"\x1b\n`*/"))
	r := run(t, token, "doctor", "-issuer", issuer.URL(), "-token", "-")
	require.Equal(t, 0, r.code, r.out+r.err)
	_, code, found := strings.Cut(r.out, "Save as guard.go:\n\n")
	require.True(t, found)
	require.Contains(t, code, "jwt.Keycloak()")
	_, another, _ := strings.Cut(run(t, "", "doctor", "-issuer", issuer.URL()).out, "Save as guard.go:\n\n")
	require.Contains(t, another, `os.Getenv("AUDIENCE")`)
	requireCompiles(t, code, strings.ReplaceAll(another, "newGuard()", "newOther()"))
}

// What was said of the keys is in the code: without it a service reads PEM as JSON, and does not start.
func TestDoctorWritesTheEncoding(t *testing.T) {
	t.Parallel()
	issuer, flags := offline(t, gitHub)
	public, err := x509.MarshalPKIXPublicKey(issuer.PublicKey(issuer.KeyID()))
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "keys.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}), 0o600))
	r := run(t, "", "doctor", "-issuer", gitHub, "-jwks-file", file, "-jwks-encoding", "pem")
	require.Equal(t, 0, r.code, r.out+r.err)
	_, code, _ := strings.Cut(r.out, "Save as guard.go:\n\n")
	require.Regexp(t, `Encoding: +jwks\.EncodingPEM,`, code)
	_, other, _ := strings.Cut(run(t, "", flags...).out, "Save as guard.go:\n\n")
	require.NotContains(t, other, "Encoding:")
	requireCompiles(t, code, strings.ReplaceAll(other, "newGuard()", "newOther()"))
}

// requireCompiles has the compiler and vet look at files beside a main function that calls what they declare.
func requireCompiles(t *testing.T, guard, other string) {
	t.Helper()
	folder := t.TempDir()
	vet := exec.Command("go", "vet")
	for name, code := range map[string]string{
		"guard.go": guard, "other.go": other, "main.go": "package main\n\nfunc main() { newGuard(); newOther() }\n",
	} {
		formatted, err := format.Source([]byte(code))
		require.NoError(t, err)
		require.Equal(t, string(formatted), code)
		file := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(file, []byte(code), 0o600))
		vet.Args = append(vet.Args, file)
	}
	out, err := vet.CombinedOutput()
	require.NoError(t, err, string(out))
}
