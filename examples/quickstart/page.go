package main

import (
	"context"
	"embed"
	"encoding/json"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"example.com/resourceserver/jwt/jwttest"
)

// page is what there is to look at, on an origin of its own: the API has nothing of it.
// It is for the person at this machine, and so on loopback, and for no other page in
// the browser: see [page.ServeHTTP].
type page struct {
	url      string
	hosts    []string // by which it may be called
	settings settings
	service  *service
	issuer   *issuerControls // nil for an issuer of somebody else
	board    *board

	routes     *http.ServeMux
	server     *http.Server
	explaining chan struct{} // holds those that are at work
	walking    atomic.Bool
	ctx        context.Context // of everything that the page does
	cancel     context.CancelFunc
	running    sync.WaitGroup
}

//go:embed page
var pageFiles embed.FS

// startPage serves the page until close. Its traffic waits for run.
func startPage(ctx context.Context, settings settings, service *service, embedded *jwttest.Issuer) (*page, error) {
	listener, err := net.Listen("tcp", settings.page)
	if err != nil {
		return nil, err
	}
	p := newPage(ctx, listener.Addr().(*net.TCPAddr), settings, service, embedded)
	p.server = &http.Server{
		Handler: p, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
		BaseContext: func(net.Listener) context.Context { return p.ctx }, // streams end with it
	}
	p.running.Go(func() { p.server.Serve(listener) })
	return p, nil
}

func newPage(
	ctx context.Context, addr *net.TCPAddr, settings settings, service *service, embedded *jwttest.Issuer,
) *page {
	p := &page{
		url: "http://" + addr.String() + "/", hosts: hostsOf(addr), settings: settings, service: service, board: &board{},
		explaining: make(chan struct{}, maxExplaining),
	}
	if embedded != nil {
		p.issuer = &issuerControls{issuer: embedded, keys: service.keys}
	}
	p.ctx, p.cancel = context.WithCancel(ctx)
	p.route()
	return p
}

// route leaves out what is not for tokens of a real issuer: what is not there cannot be
// called.
func (p *page) route() {
	p.routes = http.NewServeMux()
	for name, kind := range map[string]string{
		"page.css": "text/css", "page.js": "text/javascript", "chart.js": "text/javascript",
		"icon.svg": "image/svg+xml",
	} {
		p.routes.HandleFunc("GET /"+name, file("page/"+name, kind))
	}
	p.routes.HandleFunc("GET /{$}", file("page/index.html", "text/html"))
	p.routes.HandleFunc("GET /events", p.events)
	if p.explains() {
		p.routes.HandleFunc("POST /explain", p.explain)
	}
	if p.issuer != nil {
		p.routes.HandleFunc("POST /tokens/{name}", p.mint)
		p.routes.HandleFunc("POST /issuer/{action}", p.control)
		p.routes.HandleFunc("POST /tour", p.walkAgain)
	}
}

func (p *page) explains() bool { return p.issuer != nil || p.settings.explainRealTokens }

// file sends a file of the page, which is part of the program.
func file(name, kind string) http.HandlerFunc {
	content, err := pageFiles.ReadFile(name)
	if err != nil {
		panic(err)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", kind+"; charset=utf-8")
		w.Write(content)
	}
}

// about is what the page is told when it connects.
type about struct {
	API      string   `json:"api"`
	Issuer   string   `json:"issuer"`
	Embedded bool     `json:"embedded"`
	Explains bool     `json:"explains"`
	Routes   []listed `json:"routes"`
	Tokens   []sample `json:"tokens"`
}

func (p *page) about() about {
	a := about{API: p.service.url, Issuer: p.settings.issuer, Embedded: p.issuer != nil, Explains: p.explains(),
		Routes: p.service.routes}
	if p.issuer != nil {
		a.Tokens = samples
	}
	return a
}

// run measures, and makes the traffic as long as somebody watches, until close.
func (p *page) run() {
	p.running.Go(func() {
		meter := meter{service: p.service, last: p.service.decisions.counted()}
		every(p.ctx, time.Second, func() { p.board.measured(meter.second(p.issuer)) })
	})
	if p.issuer == nil {
		return
	}
	p.running.Go(func() {
		traffic := traffic{api: p.service.server.Handler, issuer: p.issuer.issuer}
		every(p.ctx, trafficEvery, func() {
			if p.board.isWatched() {
				traffic.next(p.ctx)
			}
		})
	})
}

func every(ctx context.Context, period time.Duration, do func()) {
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			do()
		}
	}
}

func (p *page) close() {
	p.cancel()
	if p.server != nil {
		p.server.Close()
	}
	p.running.Wait()
}

// tell answers the page with JSON, in which HTML is escaped besides.
func tell(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(value)
}
