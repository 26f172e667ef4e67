package protector_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

// checklist 1, 2, 3, 4, 6, 7, 12, 13, 14, 15
func TestAuthorizationHeader(t *testing.T) {
	rows := newTable()
	rows.rows["a-b.c_d~e+f/g=="] = &token{user: "syntax"}
	rows.rows["/alice"] = &token{user: "slash"}
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(rows.lookup)}})
	server := serve(t, guard.Require()(hello))

	for _, tt := range []struct {
		name    string
		headers []string
		status  int
		error   string // in the challenge
	}{
		{"token", []string{"Authorization: Bearer alice"}, 200, ""},
		{"lower case", []string{"Authorization: bearer alice"}, 200, ""},
		{"upper case", []string{"Authorization: BEARER alice"}, 200, ""},
		{"mixed case", []string{"Authorization: bEaReR alice"}, 200, ""},
		{"several spaces", []string{"Authorization: Bearer    alice"}, 200, ""},
		{"every kind of character", []string{"Authorization: Bearer a-b.c_d~e+f/g=="}, 200, ""},
		{"unknown token", []string{"Authorization: Bearer mallory"}, 401, "invalid_token"},
		{"expired token", []string{"Authorization: Bearer expired"}, 401, "invalid_token"},
		{"token of another case", []string{"Authorization: Bearer Alice"}, 401, "invalid_token"},
		{"nothing", nil, 401, ""},
		{"empty", []string{"Authorization: "}, 401, ""},
		{"basic", []string{"Authorization: Basic YWxpY2U6cw=="}, 401, ""},
		{"basic without credentials", []string{"Authorization: Basic"}, 401, ""},
		{"longer scheme", []string{"Authorization: BearerX alice"}, 401, ""},
		{"scheme with dot", []string{"Authorization: Bearer.alice"}, 401, ""},
		{"token alone", []string{"Authorization: alice"}, 401, ""},
		{"bare", []string{"Authorization: Bearer"}, 400, "invalid_request"},
		{"two parts", []string{"Authorization: Bearer alice bob"}, 400, "invalid_request"},
		{"comma", []string{"Authorization: Bearer alice, Bearer bob"}, 400, "invalid_request"},
		{"comma for a space", []string{"Authorization: Bearer,alice"}, 400, "invalid_request"},
		{"equals sign alone", []string{"Authorization: Bearer ="}, 400, "invalid_request"},
		{"equals sign within", []string{"Authorization: Bearer al=ice"}, 400, "invalid_request"},
		{"equals sign for a space", []string{"Authorization: Bearer=alice"}, 400, "invalid_request"},
		{"slash for a space", []string{"Authorization: Bearer/alice"}, 400, "invalid_request"},
		{"quoted", []string{`Authorization: Bearer "alice"`}, 400, "invalid_request"},
		{"not ASCII", []string{"Authorization: Bearer alic\u00e9"}, 400, "invalid_request"},
		{"percent", []string{"Authorization: Bearer ali%63e"}, 400, "invalid_request"},
		{"two fields", []string{"Authorization: Bearer alice", "Authorization: Bearer bob"}, 400, "invalid_request"},
		{"two equal fields", []string{"Authorization: Bearer alice", "Authorization: Bearer alice"}, 400, "invalid_request"},
		{"basic and bearer", []string{"Authorization: Basic YTpi", "Authorization: Bearer alice"}, 400, "invalid_request"},
		{"proxy field", []string{"Proxy-Authorization: Bearer alice"}, 401, ""},
		{"form field name", []string{"Access_token: alice"}, 401, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := get(t, server, "/?access_token=bob", tt.headers...)
			require.Equal(t, tt.status, a.status, a.body)
			if tt.status == 200 {
				require.Empty(t, a.challenges())
				return
			}
			require.Len(t, a.challenges(), 1)
			scheme, params := parseChallenge(t, a.challenges()[0])
			require.Equal(t, "Bearer", scheme)
			require.Equal(t, tt.error, params["error"])
		})
	}
}

// What net/http's client refuses to send, a hostile one sends.
//
// checklist 4
func TestAuthorizationHeaderRaw(t *testing.T) {
	server := serve(t, newGuard(t, protector.Config{}).Require()(hello))
	for _, tt := range []struct {
		name, field string
		statuses    []int
	}{
		{"TAB for the space", "Bearer\talice", []int{400}},
		{"TAB after the space", "Bearer \talice", []int{400}},
		// White space around a field value is not part of it: RFC 9110 §5.5.
		{"TAB at the end", "Bearer alice\t", []int{200}},
		{"TAB within", "Bearer ali\tce", []int{400}},
		{"NUL", "Bearer ali\x00ce", []int{400}},
		{"DEL", "Bearer ali\x7fce", []int{400}},
		{"CR", "Bearer ali\rce", []int{400}},
		{"folded line", "Bearer\r\n alice", []int{200}}, // net/http makes it a space, as RFC 9112 §5.2 says
		{"high bytes", "Bearer \xff\xfe", []int{400}},
		{"trailing space", "Bearer alice ", []int{200}},
		{"spaces only", "Bearer     ", []int{400}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := raw(t, server,
				"GET / HTTP/1.1\r\nHost: api.example\r\nAuthorization: "+tt.field+"\r\nConnection: close\r\n\r\n")
			require.Contains(t, tt.statuses, a.status, a.body)
		})
	}
}

// A token is bounded before anybody works on it.
//
// checklist 4, 15
func TestTokenLength(t *testing.T) {
	rows := newTable()
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(rows.lookup)}})
	small := newGuard(t, protector.Config{MaxTokenBytes: 5,
		Validators: []protector.Validator{protector.Bearer(rows.lookup)}})
	for _, tt := range []struct {
		name   string
		guard  *protector.Protector
		token  string
		status int
		asked  bool
	}{
		{"default, longest", guard, strings.Repeat("a", 16384), 401, true},
		{"default, one more", guard, strings.Repeat("a", 16385), 401, false},
		{"half a megabyte", guard, strings.Repeat("a", 512<<10), 401, false},
		{"half a megabyte of nonsense", guard, strings.Repeat(",", 512<<10), 401, false},
		{"configured, longest", small, "alice", 200, true},
		{"configured, one more", small, "alice1", 401, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := rows.asked.Load()
			a := get(t, serve(t, tt.guard.Require()(hello)), "/", "Authorization: Bearer "+tt.token)
			require.Equal(t, tt.status, a.status)
			require.Equal(t, tt.asked, rows.asked.Load() > before)
			if tt.status == 401 {
				_, params := parseChallenge(t, a.challenges()[0])
				require.Equal(t, "invalid_token", params["error"])
			}
		})
	}
}

// HEAD and OPTIONS are protected like any other method, preflights included.
//
// checklist 25
func TestEveryMethodIsProtected(t *testing.T) {
	server := serve(t, newGuard(t, protector.Config{}).Require("profile")(hello))
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE"} {
		t.Run(method, func(t *testing.T) {
			a := ask(t, server, method, "/", "", "Origin: https://app.example", "Access-Control-Request-Method: GET")
			require.Equal(t, 401, a.status)
			require.Equal(t, []string{`Bearer realm="api"`}, a.challenges())
			require.Equal(t, 403, ask(t, server, method, "/", "", "Authorization: Bearer bob").status)
			require.Equal(t, 200, ask(t, server, method, "/", "", "Authorization: Bearer alice").status)
		})
	}
}

// A credential is looked at in runs of eight characters: each place of a run, and
// of what is left behind the last, has to refuse what is not of the syntax.
// checklist 4
func TestEveryByteAtEveryPlaceOfACredential(t *testing.T) {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/"
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{protector.Bearer(instant)}})
	handler := guard.Require()(http.HandlerFunc(func(w http.ResponseWriter,
		_ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}))
	const length = 19 // two runs, and three characters
	for place := range length {
		for c := range 256 {
			token := []byte(strings.Repeat("a", length))
			token[place] = byte(c)
			status := http.StatusBadRequest
			if strings.IndexByte(allowed, byte(c)) >= 0 || c == '=' && place == length-1 || c == ' ' && place == 0 {
				status = http.StatusNoContent
			}
			w := &sink{header: http.Header{}}
			handler.ServeHTTP(w, newRequest(string(token)))
			require.Equal(t, status, w.status, "%#x at %d", c, place)
		}
	}
}
