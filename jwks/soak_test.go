package jwks_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// world is an issuer with a life: keys come and go, and it fails in every way.
// What it knows is compared with what a Remote says. Its random numbers are
// seeded; those of the Remote are not.
type world struct {
	t         *testing.T
	random    *rand.Rand
	endpoint  *endpoint
	remote    *jwks.Remote
	keys      map[string]jwk       // published
	published map[string]time.Time // of those
	withdrawn map[string]time.Time // and not refused yet
	refused   []string             // withdrawn, and seen to be refused
	upSince   time.Time            // since when it answers; the zero time while it does not
	upAgain   time.Time            // when the fault ends
	floodEnds time.Time
	senders   sync.WaitGroup

	rotations, outages, floods, forged int
	longestAccepted, longestRefused    time.Duration
}

const (
	allowance    = 15*time.Minute + 2*time.Second // the interval, a fetch, and the second between two lookups
	refusalLimit = 10 * time.Second
)

// soak lets 72 hours pass, once with traffic alone and once with Run beside it.
func soak(t *testing.T) string {
	var all world
	for seed := range uint64(2) {
		simulated(t, func(t *testing.T) string {
			w := newWorld(t, seed)
			ctx, cancel := context.WithCancel(t.Context())
			if seed == 1 {
				w.senders.Go(func() { _ = w.remote.Run(ctx) })
			}
			for began := time.Now(); time.Since(began) < 72*time.Hour; {
				w.step()
			}
			cancel()
			w.senders.Wait()
			all.add(w)
			return ""
		})
	}
	require.Greater(t, all.rotations, 100)
	require.Greater(t, all.longestAccepted, 5*time.Minute, "this world is too easy")
	require.Greater(t, all.outages, 50)
	require.Greater(t, all.floods, 50)
	return fmt.Sprintf("%d rotations, %d outages, %d floods: accepted %v at most, refused %v at most",
		all.rotations, all.outages, all.floods,
		all.longestAccepted.Round(time.Second), all.longestRefused.Round(10*time.Millisecond))
}

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{
		t: t, random: rand.New(rand.NewPCG(seed, 7)), endpoint: slowEndpoint(), upSince: time.Now(),
		keys: map[string]jwk{}, published: map[string]time.Time{}, withdrawn: map[string]time.Time{},
	}
	w.remote = newRemote(t, w.endpoint, nil)
	w.publish()
	return w
}

// add sums up another world.
func (w *world) add(other *world) {
	w.rotations += other.rotations
	w.outages += other.outages
	w.floods += other.floods
	w.longestAccepted = max(w.longestAccepted, other.longestAccepted)
	w.longestRefused = max(w.longestRefused, other.longestRefused)
}

// chance is true once in n times.
func (w *world) chance(n int) bool { return w.random.IntN(n) == 0 }

func (w *world) between(min, max time.Duration) time.Duration {
	return min + time.Duration(w.random.Int64N(int64(max-min)))
}

// step is about a second of the world.
func (w *world) step() {
	time.Sleep(w.between(100*time.Millisecond, 2*time.Second)) // simulated
	now := time.Now()
	if w.chance(1800) {
		w.publish()
	}
	if w.chance(1800) {
		w.withdraw()
	}
	if w.upSince.IsZero() && now.After(w.upAgain) {
		w.endpoint.answer(nil)
		w.upSince = now
	} else if !w.upSince.IsZero() && w.chance(2400) {
		w.fail(now)
	}
	if w.chance(2400) {
		w.floodEnds = now.Add(w.between(time.Second, 3*time.Minute))
		w.floods++
	}
	if now.Before(w.floodEnds) {
		for range 5 {
			w.forged++
			kid := fmt.Sprint("forged", w.forged)
			w.senders.Go(func() { refuses(w.remote, kid) })
		}
	}
	w.look()
}

// publish adds a key; the world begins with one.
func (w *world) publish() {
	w.rotations++
	kid := fmt.Sprint("key", w.rotations)
	w.keys[kid], w.published[kid] = ecJWK(kid), time.Now()
	w.show()
}

// withdraw takes the oldest key away, if there is another. It does not come
// together with a new one, whose first token would bring the news at once.
func (w *world) withdraw() {
	kids := slices.SortedFunc(maps.Keys(w.keys), func(a, b string) int { return w.published[a].Compare(w.published[b]) })
	if len(kids) < 2 {
		return
	}
	delete(w.keys, kids[0])
	delete(w.published, kids[0])
	w.withdrawn[kids[0]] = time.Now()
	w.show()
}

func (w *world) show() {
	keys := make([]any, 0, len(w.keys))
	for _, kid := range slices.Sorted(maps.Keys(w.keys)) {
		keys = append(keys, w.keys[kid])
	}
	w.endpoint.publish(keys...)
}

func (w *world) fail(now time.Time) {
	faults := []answerFunc{
		refuse, hang, body(500, "text/html", "sorry"), body(200, "text/html", "<html>"), body(200, "application/json", "{}"),
		noKeys, body(200, "application/json", `{"keys":[{"kty":"EC"`), body(204, "", ""), body(304, "", ""),
	}
	w.outages++
	w.endpoint.answer(faults[w.random.IntN(len(faults))])
	w.upSince, w.upAgain = time.Time{}, now.Add(w.between(time.Second, 2*time.Hour))
}

// look asks for every published key and every withdrawn one. Once a
// withdrawn key is refused it is an unknown kid like any other, and asking for
// it brings the news: that is then done rarely.
func (w *world) look() {
	for _, kid := range slices.Sorted(maps.Keys(w.published)) {
		w.mustAccept(kid, w.published[kid])
	}
	for _, kid := range slices.Sorted(maps.Keys(w.withdrawn)) {
		w.mustRefuse(kid, w.withdrawn[kid])
	}
	if len(w.refused) > 0 && w.chance(600) {
		require.False(w.t, accepts(w.remote, w.refused[w.random.IntN(len(w.refused))]), "a withdrawn key came back")
	}
}

func (w *world) mustAccept(kid string, since time.Time) {
	asked := time.Now()
	if accepts(w.remote, kid) || w.upSince.IsZero() {
		return
	}
	refused := asked.Sub(latest(since, w.upSince))
	w.longestRefused = max(w.longestRefused, refused)
	require.LessOrEqual(w.t, refused, refusalLimit, "a published key refused for too long")
}

func (w *world) mustRefuse(kid string, since time.Time) {
	asked := time.Now()
	if !accepts(w.remote, kid) {
		delete(w.withdrawn, kid)
		w.refused = append(w.refused, kid)
		return
	}
	if w.upSince.IsZero() {
		require.LessOrEqual(w.t, asked.Sub(since), 24*time.Hour)
		return
	}
	accepted := asked.Sub(latest(since, w.upSince))
	w.longestAccepted = max(w.longestAccepted, accepted)
	require.LessOrEqual(w.t, accepted, allowance, "a withdrawn key accepted for too long")
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
