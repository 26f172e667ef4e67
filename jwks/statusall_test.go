package jwks_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
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

// Among the sources that failed some are dead for good. They do not take the turns of those that can be reached again.
func TestStatusOfAllRetriesInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newSources(t, 30)
		f.down(true)
		inOrder := func(yield func(string, any) bool) {
			for _, name := range slices.Sorted(maps.Keys(f.sources)) {
				if !yield(name, f.sources[name]) {
					return
				}
			}
		}
		for _, source := range inOrder {
			_ = source.(*jwks.Remote).Refresh(t.Context())
		}
		f.down(false)
		for _, dead := range f.endpoints[:8] {
			dead.set(func(e *endpoint) { e.down = true })
		}
		ready := probeUntilReady(jwks.StatusOfAll(inOrder), 6)
		require.True(t, ready)
	})
}

// A KeyEndpoint is asked again for the kid that failed, whether that has a key or not.
func TestStatusOfAllRetriesKeyEndpoints(t *testing.T) {
	for _, kid := range []string{knownID, "made-up"} {
		synctest.Test(t, func(t *testing.T) {
			s := newKeyServer(knownID)
			s.answer(refuse)
			sources := make(map[string]any)
			for _, name := range names("tenant", 8) {
				e := newKeyEndpoint(t, s, nil)
				require.True(t, unavailable(e, kid))
				sources[name] = e
			}
			handler := jwks.StatusOfAll(maps.All(sources))
			require.False(t, probeUntilReady(handler, 20), "the network is down")
			require.LessOrEqual(t, s.fetches(""), 8+8*20)
			s.answer(nil)
			time.Sleep(time.Minute) // simulated
			require.True(t, probeUntilReady(handler, 2))
			letFetchesEnd()
		})
	}
}

// A KeyEndpoint whose keys have all grown too old is asked for one of them again.
func TestStatusOfAllRetriesKnownKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newKeyServer(knownID)
		sources := make(map[string]any)
		for _, name := range names("tenant", 8) {
			sources[name] = newKeyEndpoint(t, s, nil)
			require.True(t, accepts(sources[name].(*jwks.KeyEndpoint), knownID))
		}
		s.answer(refuse)
		time.Sleep(25 * time.Hour) // simulated
		for _, e := range sources {
			require.True(t, unavailable(e.(*jwks.KeyEndpoint), knownID))
		}
		s.answer(nil)
		time.Sleep(time.Minute) // simulated
		require.True(t, probeUntilReady(jwks.StatusOfAll(maps.All(sources)), 2))
	})
}

// probeUntilReady asks once in ten seconds.
func probeUntilReady(handler http.Handler, most int) bool {
	for range most {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
		if w.Code == http.StatusOK {
			return true
		}
		time.Sleep(10 * time.Second) // simulated
	}
	return false
}
