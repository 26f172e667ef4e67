package connectguard_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"connectrpc.com/connect"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/connectguard"
	"example.com/resourceserver/protector/internal/refusals"
)

// What is not declared is closed, whoever asks, in every spelling.
//
// checklist 217
func TestClosed(t *testing.T) {
	var mu sync.Mutex
	var last protector.Decision
	guard := newGuard(t, protector.Config{OnDecision: func(_ context.Context, d protector.Decision) {
		mu.Lock()
		defer mu.Unlock()
		last = d
	}})
	middleware := newMiddleware(t, guard, connectguard.Config{
		Policies: map[string]protector.Policy{
			"/a.Service/*":      {Scopes: []string{"profile"}},
			"/a.Service/Strict": {Scopes: []string{"email"}},
			"/a.Mixed/Greeting": {Optional: true},
		},
		Open: []string{"/a.Service/Open", "/a.Public/*"},
	})
	ran := false
	url := serve(t, middleware.Wrap(say(func(ctx context.Context) string { ran = true; return whoami(ctx) }).unary("/")))
	client := newClient(t, false)
	for _, tt := range []struct {
		path            string
		none, bob, both int
		pattern         string
	}{
		{"/a.Service/Any", 401, 200, 200, "/a.Service/*"},
		{"/a.Service/Strict", 401, 403, 200, "/a.Service/Strict"},
		{"/a.Mixed/Greeting", 200, 200, 200, "/a.Mixed/Greeting"},
		{"/a.Service/Open", 200, 200, 200, ""},
		{"/a.Public/Any", 200, 200, 200, ""},
		{"/a.Forgotten/Any", 401, 403, 403, ""},
		{"/a.Service/%41ny", 401, 403, 403, ""},
		{"/a.Public%2fAny", 401, 403, 403, ""},
		{"/a.Public/../a.Service/Any", 401, 403, 403, ""},
		{"/a.Public/..%2fa.Service%2fAny", 401, 403, 403, ""},
		{"/a.Public//Any", 401, 403, 403, ""},
		{"//a.Public/Any", 401, 403, 403, ""},
		{"/a.Public/Any/", 401, 403, 403, ""},
		{"/a.Public/", 401, 403, 403, ""},
		{"/a.Public/..", 401, 403, 403, ""},
		{"/a.public/Any", 401, 403, 403, ""},
		{"/healthz", 401, 403, 403, ""},
		{"/", 401, 403, 403, ""},
	} {
		for token, want := range map[string]int{"": tt.none, "bob": tt.bob, "alice": tt.both} {
			ran, last = false, protector.Decision{}
			r, err := http.NewRequest(http.MethodPost, url+tt.path, strings.NewReader("{}"))
			require.NoError(t, err)
			r.Header.Set("Content-Type", "application/json")
			if token != "" {
				r.Header.Set("Authorization", "Bearer "+token)
			}
			response, err := client.Do(r)
			require.NoError(t, err)
			io.Copy(io.Discard, response.Body)
			response.Body.Close()
			require.Equal(t, want, response.StatusCode, tt.path+" "+token)
			require.Equal(t, want == 200, ran)
			require.Equal(t, tt.pattern, last.Pattern)
			if tt.pattern == "" && want == 403 {
				require.Equal(t, "undeclared", last.Reason)
			}
		}
	}
}

// The answers as they are on the wire. The body of a refused call is not read.
//
// checklist 218
func TestProtocols(t *testing.T) {
	middleware := newMiddleware(t, newGuard(t, protector.Config{}), connectguard.Config{
		Policies: map[string]protector.Policy{"/a.B/C": {}},
	})
	handler := middleware.Wrap(say(func(context.Context) string { t.Error("ran"); return "" }).unary("/a.B/C"))
	const message = "An access token is required."
	for name, tt := range map[string]struct {
		method, contentType string
		status              int
		judge               func(http.Header, string)
	}{
		"connect": {"POST", "application/json", 401, func(h http.Header, body string) {
			require.Equal(t, "application/json", h.Get("Content-Type"))
			var said struct{ Code, Message string }
			require.NoError(t, json.Unmarshal([]byte(body), &said))
			require.Equal(t, "unauthenticated", said.Code)
			require.Equal(t, message, said.Message)
		}},
		"connect, GET": {"GET", "", 401, func(_ http.Header, body string) {
			require.Contains(t, body, `"code":"unauthenticated"`)
		}},
		"connect, stream": {"POST", "application/connect+proto", 200, func(h http.Header, body string) {
			require.Equal(t, "application/connect+proto", h.Get("Content-Type"))
			require.Equal(t, byte(2), body[0]) // the end of the stream
			require.Contains(t, body[5:], `"code":"unauthenticated","message":"`+message+`"`)
		}},
		"gRPC": {"POST", "application/grpc", 200, func(h http.Header, body string) {
			require.Equal(t, []string{"application/grpc", "", "16"},
				[]string{h.Get("Content-Type"), body, h.Get("Grpc-Status")})
		}},
		"gRPC-Web": {"POST", "application/grpc-web+proto", 200, func(h http.Header, body string) {
			require.Equal(t, []string{"application/grpc-web+proto", "", "16"},
				[]string{h.Get("Content-Type"), body, h.Get("Grpc-Status")})
		}},
		"none": {"POST", "text/plain", 401, func(_ http.Header, body string) {
			require.Equal(t, `{"error":"unauthorized","error_description":"`+message+"\"}\n", body)
		}},
		"OPTIONS": {"OPTIONS", "", 401, func(http.Header, string) {}},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, "/a.B/C", unread{t})
			r.Header.Set("Content-Type", tt.contentType)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			require.Equal(t, tt.status, w.Code)
			require.Equal(t, `Bearer realm="api"`, w.Header().Get("Www-Authenticate"))
			require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
			tt.judge(w.Header(), w.Body.String())
		})
	}
}

type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) { u.t.Error("the body was read"); return 0, io.EOF }

// A call without side effects may come as a GET, and its answer may be kept: by
// nobody else, where the token was one that caches do not see.
func TestGet(t *testing.T) {
	guard := newGuard(t, protector.Config{AmbientCookie: "session"})
	middleware := newMiddleware(t, guard, connectguard.Config{
		Policies: map[string]protector.Policy{"/a.B/C": {Scopes: []string{"email"}, Optional: true}},
	})
	methods := make(chan string, 1)
	handler := connect.NewUnaryHandler("/a.B/C", func(ctx context.Context, r *connect.Request[empty]) (
		*connect.Response[text], error,
	) {
		methods <- r.HTTPMethod()
		answer := connect.NewResponse(&text{Value: whoami(ctx)})
		answer.Header().Set("Cache-Control", "public, max-age=60")
		return answer, nil
	}, connect.WithIdempotency(connect.IdempotencyNoSideEffects))
	url := serve(t, middleware.Wrap(handler)) + "/a.B/C"
	call := unary(newClient(t, false), connect.WithHTTPGet(), connect.WithIdempotency(connect.IdempotencyNoSideEffects))
	for _, tt := range []struct {
		fields        http.Header
		user, caching string
	}{
		{bearer("alice"), "alice", "public, max-age=60"},
		{http.Header{"Cookie": {"session=alice"}}, "alice", "private"},
		{nil, "nobody", "public, max-age=60"},
	} {
		o := call(t.Context(), url, tt.fields)
		require.NoError(t, o.err)
		require.Equal(t, http.MethodGet, <-methods)
		require.Equal(t, tt.user, o.text)
		require.Equal(t, []string{tt.caching}, o.header["Cache-Control"])
		require.Contains(t, strings.Join(o.header["Vary"], ", "), "Authorization, Cookie")
	}
	for token, want := range map[string]connect.Code{
		"bob": connect.CodePermissionDenied, "mallory": connect.CodeUnauthenticated,
	} {
		require.Equal(t, want, connect.CodeOf(call(t.Context(), url, bearer(token)).err))
	}
}

// However a handler sends its header, the last word is the guard's.
func TestPrivateAnswers(t *testing.T) {
	middleware := newMiddleware(t, newGuard(t, protector.Config{AmbientCookie: "session"}), connectguard.Config{
		Policies: map[string]protector.Policy{"/a.B/C": {Optional: true}},
	})
	late := func(w http.ResponseWriter) { w.Header().Set("Cache-Control", "public") }
	for name, answer := range map[string]http.HandlerFunc{
		"nothing": func(w http.ResponseWriter, _ *http.Request) { late(w) },
		"status":  func(w http.ResponseWriter, _ *http.Request) { late(w); w.WriteHeader(http.StatusOK) },
		"text":    func(w http.ResponseWriter, _ *http.Request) { late(w); io.WriteString(w, "a") },
		"flushed": func(w http.ResponseWriter, _ *http.Request) { late(w); w.(http.Flusher).Flush() },
		"controlled": func(w http.ResponseWriter, _ *http.Request) {
			late(w)
			http.NewResponseController(w).Flush()
		},
		"early hints": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			late(w)
		},
	} {
		t.Run(name, func(t *testing.T) {
			guarded := middleware.Wrap(answer)
			url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Vary", "Origin")
				guarded.ServeHTTP(w, r)
			}))
			response, err := newClient(t, false).Do(withCookie(t, url+"/a.B/C"))
			require.NoError(t, err)
			defer response.Body.Close()
			require.Equal(t, http.StatusOK, response.StatusCode)
			require.Equal(t, []string{"private"}, response.Header["Cache-Control"])
			require.Equal(t, []string{"Origin", "Authorization, Cookie"}, response.Header["Vary"])
		})
	}
}

// A handler may be stricter than the guard.
func TestAnswersThatNobodyKeeps(t *testing.T) {
	middleware := newMiddleware(t, newGuard(t, protector.Config{AmbientCookie: "session"}), connectguard.Config{
		Policies: map[string]protector.Policy{"/a.B/C": {}},
	})
	for _, caching := range []string{"no-store", "No-Store", "max-age=0, no-store"} {
		url := serve(t, middleware.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Cache-Control", caching)
		})))
		response, err := newClient(t, false).Do(withCookie(t, url+"/a.B/C"))
		require.NoError(t, err)
		response.Body.Close()
		require.Equal(t, http.StatusOK, response.StatusCode)
		require.Equal(t, []string{caching}, response.Header["Cache-Control"])
	}
}

func withCookie(t *testing.T, url string) *http.Request {
	r, err := http.NewRequest(http.MethodGet, url, nil)
	require.NoError(t, err)
	r.AddCookie(&http.Cookie{Name: "session", Value: "alice"})
	return r
}

func TestFaults(t *testing.T) {
	guard := newGuard(t, protector.Config{})
	for name, tt := range map[string]struct {
		guard  *protector.Protector
		config connectguard.Config
		want   string
	}{
		"nil guard": {nil, connectguard.Config{Open: []string{"/a.B/C"}},
			"connectguard: New was given a nil or zero Protector: build one with protector.New, and check its error"},
		"nothing": {guard, connectguard.Config{},
			"connectguard: Config.Policies is empty: name the procedures that may be called"},
		"no procedure": {guard, connectguard.Config{Policies: map[string]protector.Policy{"a.B/C": {}}},
			`connectguard: Config.Policies has the key "a.B/C": write it as "/package.Service/Method", ` +
				`or "/package.Service/*" for the whole service`},
		"blank scope": {guard, connectguard.Config{Policies: map[string]protector.Policy{"/a.B/C": {Groups: []string{}}}},
			`connectguard: Config.Policies["/a.B/C"] is not usable: the list of groups is empty: ` +
				`name at least one, or leave it nil`},
	} {
		middleware, err := connectguard.New(tt.guard, tt.config)
		require.EqualError(t, err, tt.want, name)
		require.Nil(t, middleware)
	}
	middleware := newMiddleware(t, guard, connectguard.Config{Open: []string{"/a.B/C"}})
	require.Panics(t, func() { middleware.Wrap(nil) })
}

// checklist 217
func TestVerify(t *testing.T) {
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("a.proto"), Package: proto.String("a"), Syntax: proto.String("proto3"),
		MessageType: []*descriptorpb.DescriptorProto{{Name: proto.String("M")}},
		Service: []*descriptorpb.ServiceDescriptorProto{{
			Name: proto.String("Service"),
			Method: []*descriptorpb.MethodDescriptorProto{
				{Name: proto.String("One"), InputType: proto.String(".a.M"), OutputType: proto.String(".a.M")},
				{Name: proto.String("Two"), InputType: proto.String(".a.M"), OutputType: proto.String(".a.M")},
			},
		}},
	}, nil)
	require.NoError(t, err)
	service := file.Services().ByName("Service")
	verify := func(open ...string) error {
		return newMiddleware(t, newGuard(t, protector.Config{}), connectguard.Config{Open: open}).Verify(service)
	}
	require.NoError(t, verify("/a.Service/One", "/a.Service/Two"))
	require.NoError(t, verify("/a.Service/*"))
	require.EqualError(t, verify("/a.Service/One", "/a.Service/Tow"),
		"connectguard: /a.Service/Two is registered and not declared: add it to Config.Policies, or to Config.Open\n"+
			"connectguard: /a.Service/Tow is declared and not registered: correct its name, or remove it")
}

// One connection carries what an HTTP client would merge.
//
// checklist 219
func TestSeveralTokens(t *testing.T) {
	middleware := newMiddleware(t, newGuard(t, protector.Config{}), connectguard.Config{
		Policies: map[string]protector.Policy{"/a.B/C": {}},
	})
	addr := strings.TrimPrefix(serve(t, middleware.Wrap(say(whoami).unary("/a.B/C"))), "http://")
	for _, tt := range []struct {
		fields []string
		want   int
	}{
		{[]string{"Authorization: Bearer alice", "authorization: Bearer alice"}, 400},
		{[]string{"Authorization: Bearer alice, Bearer alice"}, 400},
		{[]string{"Authorization: Bearer " + strings.Repeat("a", 100<<10)}, 401},
		{[]string{"AUTHORIZATION: bEARER alice"}, 415}, // let through, to a handler that knows no such content
	} {
		status, _, _ := refusals.Send(t, addr, "POST", "/a.B/C", tt.fields...)
		require.Equal(t, tt.want, status)
	}
}
