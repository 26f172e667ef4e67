//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/introspection"
	"example.com/resourceserver/protector/otelguard"
)

// world is an issuer, an introspection endpoint, and services that trust them.
type world struct {
	issuer   *jwttest.Issuer
	endpoint *endpoint
	callers  *traffic
	store    *store
	now      time.Time // of the next scrape
}

func newWorld(t *testing.T) *world {
	w := &world{issuer: jwttest.NewIssuer(t), endpoint: newEndpoint(), store: newStore(), now: time.Now()}
	t.Cleanup(w.endpoint.Close)
	callers, err := newTraffic(w.issuer)
	require.NoError(t, err)
	t.Cleanup(callers.client.Close)
	w.callers = callers
	return w
}

// running is a service, and where it is.
type running struct {
	*service
	origin, metrics string
}

func (w *world) start(t *testing.T) running {
	t.Helper()
	var r running
	api := httptest.NewUnstartedServer(nil)
	r.origin = "http://" + api.Listener.Addr().String()
	s, err := newService(settings{w.issuer.URL(), w.issuer.Audience(), w.endpoint.URL, r.origin})
	require.NoError(t, err)
	metrics := httptest.NewServer(s.metrics)
	api.Config.Handler = s.api
	api.Start()
	t.Cleanup(api.Close)
	t.Cleanup(metrics.Close)
	r.service, r.metrics = s, metrics.URL
	return r
}

// scrape reads the metrics, a quarter of a minute after the last time.
func (w *world) scrape(t *testing.T, r running) {
	t.Helper()
	w.now = w.now.Add(15 * time.Second)
	w.store.scrape(t, r.metrics, r.origin, w.now)
}

func (w *world) calm(t *testing.T, r running) {
	for range 4 {
		require.NoError(t, w.callers.calm(t.Context(), r.origin))
		w.scrape(t, r)
	}
}

// reports asks for what takes introspection, by five tokens that are new.
func (w *world) reports(t *testing.T, r running) {
	for range 5 {
		token := fmt.Sprint("Bearer opaque-", w.callers.round.Add(1))
		require.NoError(t, w.callers.send(t.Context(), "GET", r.origin+"/reports", token, ""))
	}
}

// rules are alerts.yml.
type rules struct {
	Groups []struct {
		Name  string
		Rules []rule
	}
}

type rule struct {
	Alert, Expr, For    string
	Labels, Annotations map[string]string
}

func alerts(t *testing.T) []rule {
	t.Helper()
	file, err := os.Open("alerts.yml")
	require.NoError(t, err)
	defer file.Close()
	decoder := yaml.NewDecoder(file)
	decoder.KnownFields(true)
	var r rules
	require.NoError(t, decoder.Decode(&r))
	require.Len(t, r.Groups, 1)
	return r.Groups[0].Rules
}

// firing are the alerts whose expression says something now. How long it has to do so is
// Prometheus's to count.
func (w *world) firing(t *testing.T) (names []string) {
	t.Helper()
	for _, rule := range alerts(t) {
		if len(w.store.query(t, rule.Expr, w.now)) > 0 {
			names = append(names, rule.Alert)
		}
	}
	return names
}

type dashboard struct {
	Panels []struct {
		Title   string
		GridPos struct{ X, Y, W, H int }
		Targets []struct{ Expr string }

		FieldConfig struct{ Defaults map[string]any }
	}
}

// What is named for one of several queries of a panel would name the values of all:
// Grafana does not take names back by an override that has none.
func TestNamesOfValuesAreOfOneQuery(t *testing.T) {
	for _, panel := range readDashboard(t).Panels {
		if len(panel.Targets) > 1 {
			require.NotContains(t, panel.FieldConfig.Defaults, "mappings", panel.Title)
		}
	}
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	text, err := os.ReadFile("dashboard.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &d))
	return d
}

// first is the expression of the first target of the panel with the title.
func (d dashboard) first(t *testing.T, title string) string {
	t.Helper()
	for _, panel := range d.Panels {
		if panel.Title == title {
			return panel.Targets[0].Expr
		}
	}
	require.Fail(t, "there is no such panel", title)
	return ""
}

// Every panel has something to show of an ordinary day, but for what is no ordinary
// thing to happen.
//
// checklist 222
func TestPanelsShowAnOrdinaryDay(t *testing.T) {
	w := newWorld(t)
	s := w.start(t)
	w.calm(t, s)
	d := readDashboard(t)
	require.Len(t, d.Panels, 8)
	for _, panel := range d.Panels {
		require.NotEmpty(t, panel.Targets, panel.Title)
		for _, target := range panel.Targets {
			vector := w.store.query(t, target.Expr, w.now)
			require.NotEmpty(t, vector, "%s: %s", panel.Title, target.Expr)
			for _, value := range vector {
				require.False(t, math.IsNaN(value.F), "not a number: %s: %s %s", panel.Title, target.Expr, value.Metric)
			}
		}
	}

	refused := w.store.query(t, d.first(t, "Who is refused, and why?"), w.now)
	why := make(map[string]bool)
	for _, value := range refused {
		why[value.Metric.Get("http_route")+" "+value.Metric.Get("error_type")] = value.F > 0
	}
	require.Equal(t, map[string]bool{
		"/articles insufficient_scope": true, "/articles/{id} expired": true, "/articles/{id} no_credentials": true,
	}, why)
	hits := w.store.query(t, d.first(t, "How many tokens were seen before?"), w.now)
	require.Greater(t, hits[0].F, 0.9)
	usable := w.store.query(t, d.first(t, "How long are keys usable yet?"), w.now)
	require.InDelta(t, 24, usable[0].F, 0.1)
	state := w.store.query(t, d.first(t, "Is an issuer down?"), w.now)
	require.Len(t, state, 1)
	require.Zero(t, state[0].F, "which the panel calls fresh")
}

// The worst of all instances is what the panel shows.
//
// checklist 222
func TestThePanelOfStates(t *testing.T) {
	w := newWorld(t)
	expr := readDashboard(t).first(t, "Is an issuer down?")
	shown := func() float64 {
		state := w.store.query(t, expr, w.now)
		require.Len(t, state, 1)
		return state[0].F
	}
	first := w.start(t)
	w.calm(t, first)
	require.EqualValues(t, 0, shown(), "fresh")
	w.issuer.Fail(500)
	require.Error(t, first.keys.Refresh(t.Context()))
	w.scrape(t, first)
	require.EqualValues(t, 1, shown(), "stale")
	w.scrape(t, w.start(t))
	require.EqualValues(t, 2, shown(), "one that was never loaded, beside it")
}

// No panel lies upon another, or beside the page.
func TestPanelsHaveTheirPlaces(t *testing.T) {
	const columns = 24
	taken := make(map[[2]int]string)
	for _, panel := range readDashboard(t).Panels {
		at := panel.GridPos
		require.LessOrEqual(t, at.X+at.W, columns, panel.Title)
		for x := range at.W {
			for y := range at.H {
				place := [2]int{at.X + x, at.Y + y}
				require.Empty(t, taken[place], panel.Title)
				taken[place] = panel.Title
			}
		}
	}
	require.Zero(t, len(taken)%columns, "no row has a gap")
}

// Whoever looks at the dashboard for an hour sees an ordinary hour: no token is sent so
// long that it expires.
func TestTrafficGoesOn(t *testing.T) {
	w := newWorld(t)
	var sent []map[string]bool
	api := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		sent[len(sent)-1][r.Header.Get("Authorization")] = true
	}))
	t.Cleanup(api.Close)
	for range 2 {
		sent = append(sent, make(map[string]bool))
		require.NoError(t, w.callers.calm(t.Context(), api.URL))
	}
	delete(sent[0], "")
	require.Len(t, sent[0], 4)
	for token := range sent[0] {
		require.False(t, sent[1][token], "in the second round too")
	}
}

// checklist 222
func TestNoAlertFiresOnAnOrdinaryDay(t *testing.T) {
	w := newWorld(t)
	w.calm(t, w.start(t))
	require.Empty(t, w.firing(t))
}

// Nobody asks for keys where no request comes. That they were never loaded, or grow old,
// is no fault then: the next token fetches them.
//
// checklist 222
func TestNoAlertFiresForWantOfRequests(t *testing.T) {
	quiet := func(t *testing.T, w *world, s running) {
		for range 10 {
			w.scrape(t, s)
			require.Empty(t, w.firing(t), w.now)
		}
	}
	t.Run("new", func(t *testing.T) {
		w := newWorld(t)
		quiet(t, w, w.start(t))
	})
	for _, hours := range []time.Duration{1, 19, 30} {
		t.Run(fmt.Sprint("hours=", int(hours)), func(t *testing.T) {
			w := newWorld(t)
			s := w.start(t)
			w.calm(t, s)
			w.now = w.now.Add(hours * time.Hour)
			quiet(t, w, s)
		})
	}
}

// A policy in shadow refuses nobody, whatever it would have decided. It does not hide
// either what others do.
//
// checklist 222
func TestShadowIsInNeitherHalfOfAShare(t *testing.T) {
	w := newWorld(t)
	registry := prometheus.NewRegistry()
	provider, err := newProvider(registry)
	require.NoError(t, err)
	telemetry, err := otelguard.New(otelguard.Config{MeterProvider: provider})
	require.NoError(t, err)
	guard, err := protector.New(protector.Config{
		Validators: []protector.Validator{protector.Bearer(func(context.Context, string) (*jwt.Token, error) {
			return nil, errors.New("an outage")
		})},
		OnDecision: telemetry.OnDecision, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	routes, done := guard.Routes(), http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	routes.Handle("GET /new", protector.Policy{InsecureShadowUntil: time.Now().Add(time.Hour)}, done)
	routes.Handle("GET /old", protector.Policy{}, done)
	api := httptest.NewServer(routes)
	t.Cleanup(api.Close)
	metrics := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	t.Cleanup(metrics.Close)
	s := running{origin: api.URL, metrics: metrics.URL}

	send := func(path, token string, status int) {
		r, err := http.NewRequestWithContext(t.Context(), "GET", api.URL+path, nil)
		require.NoError(t, err)
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		response, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, status, response.StatusCode)
	}
	for range 4 {
		for range 100 {
			send("/new", "some", 200)
		}
		w.scrape(t, s)
	}
	require.Empty(t, w.firing(t))

	for range 4 {
		for range 100 { // would make a share of two in a hundred one of less than one
			send("/new", "", 200)
		}
		send("/old", "", 401)
		send("/old", "some", 503)
		w.scrape(t, s)
	}
	require.Equal(t, []string{"RequestsUndecided"}, w.firing(t))
}

// Each alert fires for the fault that it is about, and for no other.
//
// checklist 222
func TestEachAlertFires(t *testing.T) {
	for alert, provoke := range map[string]func(*testing.T, *world, running){
		"IssuerDown": func(t *testing.T, w *world, s running) {
			w.issuer.Fail(500)
			require.Error(t, s.keys.Refresh(t.Context()))
		},
		"IssuerDown KeysRunOut": func(t *testing.T, w *world, s running) {
			w.now = w.now.Add(20 * time.Hour)
			w.scrape(t, s)
			w.issuer.Fail(500)
			require.Error(t, s.keys.Refresh(t.Context()))
		},
		// As where the keys are fetched, and the metadata that says where they are cannot be.
		"KeysRunOut": func(t *testing.T, w *world, s running) {
			w.now = w.now.Add(20 * time.Hour)
			w.scrape(t, s)
			require.NoError(t, s.keys.Refresh(t.Context()))
		},
		"ProofsReplayed ManyRefused UnknownKeys": func(t *testing.T, w *world, s running) {
			for range 4 {
				require.NoError(t, w.callers.hostile(t.Context(), s.origin))
				w.scrape(t, s)
			}
		},
		"DecisionsSlow": func(t *testing.T, w *world, s running) {
			w.endpoint.delay.Store(int64(120 * time.Millisecond))
			w.reports(t, s)
		},
		"IntrospectionFails RequestsUndecided": func(t *testing.T, w *world, s running) {
			w.endpoint.down.Store(true)
			for range 3 {
				w.reports(t, s)
				w.scrape(t, s)
			}
		},
	} {
		t.Run(alert, func(t *testing.T) {
			w := newWorld(t)
			s := w.start(t)
			w.calm(t, s)
			provoke(t, w, s)
			w.scrape(t, s)
			require.ElementsMatch(t, strings.Fields(alert), w.firing(t))
		})
	}
	t.Run("TokensCannotBeVerified RequestsUndecided", func(t *testing.T) { // a start during an outage
		w := newWorld(t)
		w.issuer.Fail(500)
		s := w.start(t)
		w.scrape(t, s) // it fails again and again, and the first time of all is not to be seen
		w.calm(t, s)
		require.ElementsMatch(t, []string{"TokensCannotBeVerified", "RequestsUndecided"}, w.firing(t))
	})
}

// Strangers can hang up before the endpoint has answered, as often as they like.
func TestCallsThatAreAbandonedAreNoFault(t *testing.T) {
	registry := prometheus.NewRegistry()
	provider, err := newProvider(registry)
	require.NoError(t, err)
	telemetry, err := otelguard.New(otelguard.Config{MeterProvider: provider})
	require.NoError(t, err)
	metrics := httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	t.Cleanup(metrics.Close)
	w := newWorld(t)
	scraped := func(failure string, of int) []string {
		for range 4 {
			for call := range 100 {
				if call < of {
					telemetry.IntrospectionCall(time.Millisecond, failure)
				} else {
					telemetry.IntrospectionCall(time.Millisecond, "")
				}
			}
			w.scrape(t, running{origin: "one", metrics: metrics.URL})
		}
		return w.firing(t)
	}
	require.Empty(t, scraped(string(introspection.FailureAbandoned), 100))
	require.Empty(t, scraped(string(introspection.FailureTimedOut), 2), "one in fifty")
	require.Equal(t, []string{"IntrospectionFails"}, scraped(string(introspection.FailureTimedOut), 50))
}

// Each alert says how bad it is, what it means and what to do, and its time is one.
func TestAlertsAreWhole(t *testing.T) {
	found := alerts(t)
	require.Len(t, found, 9)
	for _, rule := range found {
		require.Contains(t, []string{"critical", "warning"}, rule.Labels["severity"], rule.Alert)
		require.NotEmpty(t, rule.Annotations["summary"], rule.Alert)
		require.NotEmpty(t, rule.Annotations["description"], rule.Alert)
		if rule.For != "" {
			_, err := model.ParseDuration(rule.For)
			require.NoError(t, err, rule.Alert)
		}
	}
}
