package protector_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"example.com/resourceserver/protector"
)

func TestZZ(t *testing.T) {
	guard := newGuard(t, protector.Config{Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), BufferedFormTokens: true, MaxFormBytes: 10})
	until := time.Now().Add(time.Hour)
	h := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			_, ok := protector.CurrentToken[*token](r.Context())
			fmt.Fprintf(w, "%s path=%s body=%q err=%v tok=%v sh=%v form=%v", name, r.URL.Path, b, err, ok, protector.Shadowed(r.Context()), r.PostForm)
		})
	}
	routes := guard.Routes()
	routes.Handle("/s/", protector.Policy{InsecureShadowUntil: until}, h("shadow"))
	routes.Handle("/s/secret/", protector.Policy{}, h("SECRET"))
	routes.Handle("/secret", protector.Policy{}, h("SECRET"))
	routes.Handle("GET /x/{id}", protector.Policy{InsecureShadowUntil: until}, h("x"))
	for _, p := range []string{"/s/a", "/s/secret%2Fplan", "/s/%2e%2e/secret", "/s/..%2fsecret", "/s//secret/a", "/s/secret", "/s/secret/", "/s/%73ecret/", "/s/..;/secret", "/x/..%2fsecret", "/x/a/", "/x/a%2f", "/s/\\..\\secret", "/s/%252e", "/none", "//s/a", "/s/./a"} {
		r := httptest.NewRequest("GET", "http://a/", nil)
		r.URL.Path = ""
		rr, err := http.NewRequest("GET", "http://a"+p, nil)
		if err != nil {
			fmt.Println(p, err)
			continue
		}
		rr.Body = http.NoBody
		w := httptest.NewRecorder()
		routes.ServeHTTP(w, rr)
		fmt.Println(p, w.Code, w.Body.String())
		rr.Method = "CONNECT"
		w = httptest.NewRecorder()
		routes.ServeHTTP(w, rr)
		fmt.Println("   CONNECT", w.Code, w.Body.String())
	}
	r := httptest.NewRequest("POST", "http://a/s/a", strings.NewReader("access_token=alice&a=bbbbbbbbbbbbbbbbbbb"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	routes.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
	_ = context.Background
}
