package jwks_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"
)

// TestFaults shows what a Remote does when things go wrong, as a table:
//
//	go test -run Faults -v ./jwks
//
// Every row is a test of its own, and what it has seen is measured. Rows about
// time run in simulated time, rows about HTTP against a real server.
func TestFaults(t *testing.T) {
	rows := []struct {
		fault, must string
		run         func(t *testing.T) (seen string)
	}{
		{"500 concurrent first verifications, cold", "1 fetch, 0 errors", coldStampede},
		{"5,000 random kids, endpoint takes 50 ms", "at most 3 fetches, valid tokens never wait", flood},
		{"rotation during that flood", "new key accepted within 10 s", rotationInFlood},
		{"rotation, in calm and after forged kids", "first token with the new key accepted", rotationInCalm},
		{"key withdrawn", "refused within 15 min; max-age: 1 min to 1 h", withdrawal},
		{"last usable key withdrawn", "refused within 30 min, not after one answer", lastWithdrawal},
		{"endpoint answers 500 after a good load", "serves for 24 h, then 503; back within 1 min", outageBy500},
		{"endpoint refuses after a good load", "serves for 24 h, then 503; back within 1 min", outageByRefusal},
		{"endpoint down at cold start", "503 + Retry-After, first retry in about 1 s", coldOutage},
		{"endpoint hangs", "known kid: no wait; unknown: deadline or 5 s", hanging},
		{"requester that began a fetch goes away", "the others get its result", requesterLeaves},
		{"one bad key in the set", "the rest is used, Status says why", badKeys},
		{"answer that is no key set", "nothing replaced, counted as failure", badAnswers},
		{"huge, endless and redirected answers", "refused; bounded time; under 4 MiB more memory", hugeAnswers},
		{"same kid, new material", "new material used, reported as changed", newMaterial},
		{"restart while the issuer is down", "serves from the snapshot file, if it is good", restarts},
		{"1,000 instances started within a second", "no later second holds more than 2 % of a round", fleet},
		{"72 hours of everything at random", "no key too long, none refused too long", soak},
	}
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 1, ' ', tabwriter.Debug)
	fmt.Fprintln(w, "\nfault\t must\t seen\t ok\n-----\t ----\t ----\t --")
	for _, row := range rows {
		seen, verdict := "not run", "-"
		if !t.Run(row.fault, func(t *testing.T) {
			verdict = "yes"
			seen = "see above"
			seen = row.run(t)
		}) {
			verdict = "NO"
		}
		fmt.Fprintf(w, "%s\t %s\t %s\t %s\n", row.fault, row.must, seen, verdict)
	}
	require.NoError(t, w.Flush())
	t.Log(table.String())
}

// simulated runs a row in a bubble, where time passes only when all wait.
func simulated(t *testing.T, run func(t *testing.T) string) (seen string) {
	seen = "failed"
	synctest.Test(t, func(t *testing.T) {
		seen = run(t)
		letFetchesEnd()
	})
	return seen
}

func slowEndpoint(keys ...any) *endpoint {
	e := newEndpoint(keys...)
	e.delay = 50 * time.Millisecond
	return e
}
