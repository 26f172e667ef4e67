package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"example.com/resourceserver/jwt/jwttest"
)

// traffic is the requests that the page's chart shows, made within the process. It is
// what an API might see: clients that keep their token for a while, some whose token
// grants too little, strangers, and mistakes.
type traffic struct {
	api    http.Handler
	issuer *jwttest.Issuer
	made   int
	kept   [clientsOfTraffic]string
}

const (
	// trafficEvery is the time between two requests.
	trafficEvery = 50 * time.Millisecond
	// clientsOfTraffic keep their token for keptFor requests of the traffic each.
	clientsOfTraffic = 3
	keptFor          = 300
)

// next makes one request. One that the API does not answer soon is given up.
func (t *traffic) next(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(asTraffic(ctx), http.MethodGet, "http://127.0.0.1/profile", nil)
	if err != nil {
		return
	}
	if token := t.token(t.made); token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	t.made++
	t.api.ServeHTTP(nowhere{}, request)
}

// token returns that of the request with this number: seven of ten are good.
func (t *traffic) token(number int) string {
	mint := func(opts ...jwttest.TokenOption) string {
		return t.issuer.Token(append([]jwttest.TokenOption{jwttest.Scope("profile")}, opts...)...)
	}
	switch number % 10 {
	case 0:
		return ""
	case 1:
		return mint(jwttest.Scope("email"))
	case 2:
		if number%20 < 10 {
			return mint(jwttest.Audience("https://other.example"))
		}
		return mint(jwttest.ExpiresIn(-time.Hour))
	case 3, 4, 5:
		return mint()
	}
	client := number % clientsOfTraffic
	if due := number%keptFor < 10; due || t.kept[client] == "" {
		t.kept[client] = mint()
	}
	return t.kept[client]
}

type trafficKey struct{}

func asTraffic(ctx context.Context) context.Context {
	return context.WithValue(ctx, trafficKey{}, true)
}

// exceptTraffic keeps the traffic out of the log, which is about the user's requests.
type exceptTraffic struct{ slog.Handler }

func (e exceptTraffic) Enabled(ctx context.Context, level slog.Level) bool {
	return ctx.Value(trafficKey{}) == nil && e.Handler.Enabled(ctx, level)
}

func (e exceptTraffic) WithAttrs(attrs []slog.Attr) slog.Handler {
	return exceptTraffic{e.Handler.WithAttrs(attrs)}
}

func (e exceptTraffic) WithGroup(name string) slog.Handler {
	return exceptTraffic{e.Handler.WithGroup(name)}
}

// nowhere is where answers go that nobody reads.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) WriteHeader(int)             {}
