package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/jwttest"
)

func noEnvironment(string) string { return "" }

func once(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	err := run(t.Context(), append(args, "-once"), noEnvironment, &out, io.Discard)
	return out.String(), err
}

func TestTourIsAsExpected(t *testing.T) {
	out, err := once(t)
	require.NoError(t, err, out)
	for _, want := range []string{
		`REQUEST +TOKEN +SCOPES IN THE TOKEN +DECISION +STATUS +CHALLENGE`,
		`GET / +none +- +open +200 +-`,
		`GET /me +none +- +refused: no_credentials +401 +Bearer`,
		`GET /me +valid, alice +- +granted +200 +-`,
		`GET /profile +valid, alice +email +refused: insufficient_scope +403 +Bearer error="insufficient_scope" ` +
			`scope="profile"`,
		`GET /contact +valid, alice +email profile +granted +200 +-`,
		`GET /contact +valid, alice +profile +refused: insufficient_scope +403 +Bearer error="insufficient_scope" ` +
			`scope="profile email"`,
		`GET /feed +valid, alice +email +granted +200 +-`,
		`GET /user +valid, alice +user +granted +200 +-`,
		`GET /greeting +none +- +anonymous +200 +-`,
		`GET /greeting +expired +profile +refused: expired +401 +Bearer error="invalid_token"`,
		`GET /files/bob +valid, alice +files +refused: insufficient_scope +403 +Bearer error="insufficient_scope" ` +
			`scope="files admin"`,
		`POST /notes +valid, alice +notes:write +granted +201 +-`,
		`GET /profile +expired an hour ago +profile +refused: expired +401 +Bearer error="invalid_token"`,
		`GET /profile +for another audience +profile +refused: audience +401 +Bearer error="invalid_token"`,
		`GET /profile +tampered with +profile +refused: signature +401 +Bearer error="invalid_token"`,
		`GET /payments +two factors, an hour ago +payments +refused: insufficient_auth_time +401 ` +
			`+Bearer error="insufficient_user_authentication" acr_values="phr mfa" max_age="300"`,
		`GET /profile +alice's; proof without nonce +profile +refused: proof_nonce +401 +DPoP error="use_dpop_nonce"`,
		`GET /profile +alice's; proof with that nonce +profile +granted +200 +-`,
		`GET /profile +the same proof again +profile +refused: proof_replay +401 +DPoP error="invalid_dpop_proof"`,
		`GET /profile +stolen; as a bearer token +profile +refused: confirmation +401 +Bearer error="invalid_token"`,
		`GET /profile +alice's; her certificate +profile +granted +200 +-`,
		`GET /profile +stolen; no certificate +profile +refused: certificate_missing +401 +Bearer error="invalid_token"`,
		`GET /<metadata> +none; where the 401 points +- +open +200 +-`,
		`GET /profile +fresh ones; a new key halfway +profile +granted +200 ×200 +-`,
		`GET /profile +by the old key, now withdrawn +profile +refused: unknown_key +401 +Bearer error="invalid_token"`,
		`GET /profile +valid; the issuer is down +profile +granted +200 ×20 +-`,
		`All \d+ lines are as expected\.`,
	} {
		require.Regexp(t, "(?m)^ *"+want+"$", out)
	}
	require.NotContains(t, out, "UNEXPECTED")
	require.NotContains(t, out, "curl")
	require.NotContains(t, out, "page")
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	require.Contains(t, string(readme), "```\n"+out+"```\n", "the README shows the whole table, as it is")
}

// A wrong decision must not pass for a good one: each column counts.
func TestTableTellsSurprises(t *testing.T) {
	tests := []struct {
		name string
		got  answer
	}{
		{"decision", answer{"refused: signature", 401, `Bearer error="invalid_token"`}},
		{"status", answer{"refused: expired", 403, `Bearer error="invalid_token"`}},
		{"challenge", answer{"refused: expired", 401, "Bearer"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			lines := table{out: &out}
			lines.print(line{step: step{want: invalid("expired")}, got: tt.got})
			require.EqualError(t, lines.foot(), "1 of 1 lines were not as expected")
			require.Contains(t, out.String(), "UNEXPECTED")
		})
	}
	require.NoError(t, (&table{out: io.Discard}).foot())
}

// Of many requests a single odd answer is the one to show.
func TestStepFindsTheOddAnswer(t *testing.T) {
	var served atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if served.Add(1) == 30 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	defer server.Close()
	halfway := int32(0)
	s := step{request: "GET /", times: 40, want: open, during: func() { halfway = served.Load() }}
	got, err := s.askAll(t.Context(), server.URL)
	require.NoError(t, err)
	require.Equal(t, 500, got.status)
	require.EqualValues(t, 40, served.Load())
	require.Greater(t, halfway, int32(0))
}

func TestUnreachableIssuerIsASurprise(t *testing.T) {
	issuer := jwttest.NewIssuer(t)
	issuer.Refuse()
	_, err := once(t, "-issuer", issuer.URL(), "-audience", issuer.Audience())
	require.ErrorContains(t, err, "the issuer's keys cannot be had yet")
}

func TestSettings(t *testing.T) {
	environment := map[string]string{"QUICKSTART_ISSUER": "https://id.example", "QUICKSTART_AUDIENCE": "api"}
	fromEnvironment := func(name string) string { return environment[name] }

	got, err := parseSettings(nil, fromEnvironment, io.Discard)
	require.NoError(t, err)
	require.Equal(t, settings{addr: "127.0.0.1:0", issuer: "https://id.example", audience: "api", profile: "rfc9068",
		page: "127.0.0.1:0"}, got)

	got, err = parseSettings([]string{"-issuer", "https://other.example", "-addr", ":8080", "-profile", "keycloak",
		"-once"}, fromEnvironment, io.Discard)
	require.NoError(t, err)
	require.Equal(t, settings{addr: ":8080", issuer: "https://other.example", audience: "api", profile: "keycloak",
		page: "127.0.0.1:0", once: true}, got)

	for _, args := range [][]string{{"-issuer", "https://id.example"}, {"-audience", "api"}, {"tour"}, {"-unknown"},
		{"-profile", "keycloak"},
		{"-page", ":0"}, {"-page", "0.0.0.0:0"}, {"-page", "localhost:0"}, {"-page", "192.0.2.1:80"}, {"-page", ""},
		{"-explain-real-tokens"},
		{"-issuer", "https://id.example", "-audience", "api", "-profile", "acme"},
		{"-issuer", "https://id.example", "-audience", "api", "-profile", `{"typ": ["JWT"]}`}} {
		_, err := parseSettings(args, noEnvironment, io.Discard)
		require.Error(t, err, args)
	}
}

// What is wrong with a profile is told at the start, by the name of the flag.
func TestFaultsOfAProfile(t *testing.T) {
	for profile, fault := range map[string]string{
		"acme":               `-profile "acme" is not known; use one of auth0, `,
		`{"typ": ["JWT"]}`:   `-profile: jwt: ParseProfile: `,
		`{"types": ["JWT"]}`: "nothing in it tells access tokens from ID tokens",
	} {
		args := []string{"-issuer", "https://id.example", "-audience", "api", "-profile", profile}
		err := run(t.Context(), args, noEnvironment, io.Discard, io.Discard)
		require.ErrorContains(t, err, fault, profile)
	}
}

// The program as a user runs it: it serves after the tour until it is told to
// end, and the curl lines work.
func TestServesWithAnEmbeddedIssuer(t *testing.T) {
	out := start(t)
	tokens := regexp.MustCompile(`(?m)^([A-Z]+)='(\S+)'$`).FindAllStringSubmatch(out, -1)
	require.Len(t, tokens, 5)
	url := regexp.MustCompile(`Serving on (http://\S+)\.`).FindStringSubmatch(out)[1]
	want := map[string]int{"PROFILE": 403, "EVERYTHING": 200, "ELSEWHERE": 401}
	for _, token := range tokens[:3] {
		require.Equal(t, want[token[1]], get(t, url+"/contact", token[2]), token[1])
	}
	require.Equal(t, []string{"BOUND", "PROOF"}, []string{tokens[3][1], tokens[4][1]})
	profile := regexp.MustCompile(`https://\S+/profile`).FindString(out)
	document := strings.Replace(profile, "/profile", "/.well-known/oauth-protected-resource", 1)
	require.Equal(t, 200, ask(t, document, http.Header{}))
	proved := http.Header{"Authorization": {"DPoP " + tokens[3][2]}, "Dpop": {tokens[4][2]}}
	require.Equal(t, 200, ask(t, profile, proved))
	require.Equal(t, 401, ask(t, profile, proved), "once")
	require.Equal(t, 401, ask(t, profile, http.Header{"Authorization": {"Bearer " + tokens[3][2]}}))
}

func TestServesWithAnotherIssuer(t *testing.T) {
	issuer := jwttest.NewIssuer(t)
	out := start(t, "-issuer", issuer.URL(), "-audience", issuer.Audience())
	require.Contains(t, out, "All 4 lines are as expected.")
	url := regexp.MustCompile(`Serving on (http://\S+)\.`).FindStringSubmatch(out)[1]
	require.Equal(t, 200, get(t, url+"/profile", issuer.Token(jwttest.Scope("profile"))))
	require.Equal(t, 403, get(t, url+"/profile", issuer.Token(jwttest.Scope("email"))))
	require.Equal(t, 401, get(t, url+"/profile", issuer.Token(jwttest.Scope("profile"), jwttest.Tampered())))
}

func TestServesWithAnIssuerThatNeedsAProfile(t *testing.T) {
	issuer := jwttest.NewIssuer(t)
	token := issuer.Token(jwttest.Scope("profile"), jwttest.Typ("JWT"), jwttest.Claim("typ", "Bearer"),
		jwttest.Without("client_id"), jwttest.Claim("azp", "app"))
	const asJSON = ` {"types": ["JWT"], "required": ["azp"], "client_id": ["azp"], "equal": {"typ": "Bearer"}}`
	want := map[string]int{"keycloak": 200, "rfc9068": 401, asJSON: 200}
	for profile, status := range want {
		out := start(t, "-issuer", issuer.URL(), "-audience", issuer.Audience(), "-profile", profile)
		url := regexp.MustCompile(`Serving on (http://\S+)\.`).FindStringSubmatch(out)[1]
		require.Equal(t, status, get(t, url+"/profile", token), profile)
	}
}

// start runs the program until the test ends, and returns what it printed up
// to its last line.
func start(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, args, noEnvironment, writer, io.Discard)
		writer.CloseWithError(io.EOF)
		ended <- err
	}()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-ended)
	})
	var out strings.Builder
	for lines := bufio.NewScanner(reader); lines.Scan(); {
		out.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "Serving on ") {
			return out.String()
		}
	}
	require.Fail(t, "ended early", out.String())
	return ""
}

func get(t *testing.T, url, token string) int {
	t.Helper()
	return ask(t, url, http.Header{"Authorization": {"Bearer " + token}})
}

// ask believes any certificate, as curl -k does.
func ask(t *testing.T, url string, header http.Header) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	request.Header = header
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(request)
	require.NoError(t, err)
	defer response.Body.Close()
	return response.StatusCode
}
