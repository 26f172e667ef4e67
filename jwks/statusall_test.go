package jwks_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// tenantSources is a number of sources, each with an endpoint of its own.
type tenantSources struct {
	sources   map[string]any
	endpoints []*endpoint
}

func newSources(t *testing.T, n int) *tenantSources {
	f := &tenantSources{sources: make(map[string]any)}
	for i := range n {
		e := newEndpoint(ecJWK("a"))
		f.endpoints = append(f.endpoints, e)
		f.sources[fmt.Sprintf("https://%03d.example", i)] = newRemote(t, e, nil)
	}
	return f
}

// fetches counts those of all endpoints.
func (f *tenantSources) fetches() (n int) {
	for _, e := range f.endpoints {
		n += e.fetches()
	}
	return n
}

func (f *tenantSources) down(down bool) {
	for _, e := range f.endpoints {
		e.set(func(e *endpoint) { e.down = down })
	}
}

func (f *tenantSources) refresh(t *testing.T, most int) {
	for _, source := range f.sources {
		if most--; most >= 0 {
			_ = source.(*jwks.Remote).Refresh(t.Context())
		}
	}
}

type shown struct {
	Ready    bool
	Sources  int
	States   map[jwks.State]int
	Failing  int
	Failures []map[string]any
}

func (f *tenantSources) status(t *testing.T) (s shown) {
	t.Helper()
	w := httptest.NewRecorder()
	jwks.StatusOfAll(maps.All(f.sources)).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &s))
	require.Equal(t, s.Ready, w.Code == http.StatusOK)
	require.Equal(t, !s.Ready, w.Code == http.StatusServiceUnavailable)
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
	require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
	return s
}

// A number of sources that fail are listed, and do not take the service out of
// rotation while another one serves.
func TestStatusOfAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newSources(t, 0)
		require.Equal(t, shown{Ready: true, States: map[jwks.State]int{}, Failures: []map[string]any{}}, f.status(t))

		f = newSources(t, 200)
		s := f.status(t)
		require.True(t, s.Ready, "nobody has asked for any of them")
		require.Equal(t, 200, s.States[jwks.NeverLoaded])
		require.Empty(t, s.Failures)
		require.Zero(t, f.fetches(), "one that is idle stays so")

		f.refresh(t, 1)
		f.down(true)
		f.refresh(t, 200)
		s = f.status(t)
		require.True(t, s.Ready)
		require.Equal(t, map[jwks.State]int{jwks.NeverLoaded: 199, jwks.Stale: 1}, s.States)
		require.Equal(t, 200, s.Failing)
		require.Len(t, s.Failures, 100)
		require.Contains(t, s.Failures[0]["last_error"], "connection refused")
		require.Contains(t, s.Failures[0]["name"], "https://")
	})
}

// checklist 213
func TestStatusOfAllIsUnreadyOnlyWhereNobodyIsReached(t *testing.T) {
	for _, tt := range []struct {
		failing int
		other   any
		ready   bool
	}{
		{7, nil, true}, {8, nil, false}, {8, (*jwks.Remote)(nil), false}, {8, "a source without status", true},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newSources(t, tt.failing)
			f.down(true)
			f.refresh(t, tt.failing)
			if tt.other == (*jwks.Remote)(nil) {
				f.sources["idle"] = newRemote(t, newEndpoint(ecJWK("a")), nil)
			} else if tt.other != nil {
				f.sources["other"] = tt.other
			}
			require.Equal(t, tt.ready, f.status(t).Ready)
		})
	}
}

// Where it is not ready no requests come that would ask again: the probe does.
func TestStatusOfAllRecoversByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newSources(t, 20)
		f.down(true)
		f.refresh(t, 20)
		before := f.fetches()
		require.False(t, f.status(t).Ready)
		synctest.Wait()
		require.Equal(t, before, f.fetches(), "none is due yet")
		f.down(false)
		time.Sleep(time.Minute) // simulated
		require.False(t, f.status(t).Ready)
		synctest.Wait()
		require.Equal(t, before+8, f.fetches())
		require.True(t, f.status(t).Ready)
		synctest.Wait()
		require.Equal(t, before+8, f.fetches())
	})
}

func TestStatusOfAllAnswersGET(t *testing.T) {
	handler := jwks.StatusOfAll(maps.All(map[string]any{}))
	for method, status := range map[string]int{http.MethodHead: 200, http.MethodPost: 405, http.MethodDelete: 405} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(method, "/", nil))
		require.Equal(t, status, w.Code, method)
	}
}
