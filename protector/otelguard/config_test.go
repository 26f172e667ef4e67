package otelguard_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/metric/noop"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/otelguard"
)

func TestFaultsAreReportedTogether(t *testing.T) {
	_, err := otelguard.New(otelguard.Config{
		Keys:    map[string]otelguard.KeySet{"": fixed{}, "a": (*jwks.Remote)(nil), "b\n": fixed{}},
		Tenants: map[string]otelguard.TenantKeys{"d": nil, "e": otelguard.KeysOfAll[any](nil)},
		Caches:  map[string]otelguard.TokenCache{"c": nil},
		Reasons: []string{"fine", "two words"},
	})
	require.EqualError(t, err, `otelguard: Config.MeterProvider is nil: pass the SDK's, or otel.GetMeterProvider()
otelguard: Config.Keys has the name "": use 1 to 100 printable ASCII characters
otelguard: Config.Keys["a"] is nil: check the error of what made it
otelguard: Config.Keys has the name "b\n": use 1 to 100 printable ASCII characters
otelguard: Config.Tenants["d"] is nil: check the error of what made it
otelguard: Config.Tenants["e"] is nil: check the error of what made it
otelguard: Config.Caches["c"] is nil: check the error of what made it
otelguard: Config.Reasons[1] is "two words": use up to 64 letters, digits, hyphens and underscores`)
}

func TestCeilings(t *testing.T) {
	keys := make(map[string]otelguard.KeySet)
	for i := range 1001 {
		keys[fmt.Sprint(i)] = fixed{}
	}
	_, err := otelguard.New(otelguard.Config{
		MeterProvider: noop.NewMeterProvider(), Keys: keys, Reasons: strings.Split(strings.Repeat("r,", 100)+"r", ","),
	})
	require.EqualError(t, err, "otelguard: Config.Keys has 1001 items: name 1000 at most\n"+
		"otelguard: Config.Reasons has 101 items: name 100 at most")
}

// A reason that is added to a room is known here, or this test says so.
//
// checklist 222
func TestEveryReasonOfOursIsKnown(t *testing.T) {
	o, found := observe(t, otelguard.Config{}), make(map[string]bool)
	for _, room := range []string{"../../protector", "../../jwt"} {
		require.NoError(t, filepath.WalkDir(room, func(file string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
				return err
			}
			for _, reason := range reasonsIn(t, file) {
				o.OnDecision(t.Context(), protector.Decision{Outcome: protector.OutcomeRefused, Reason: reason})
				require.NotContains(t, o.series(t, "resourceserver.decision.duration"),
					"error.type=_OTHER outcome=refused", "%s: %s", file, reason)
				found[reason] = true
			}
			return nil
		}))
	}
	for _, reason := range []string{"no_credentials", "unknown_key", "proof_replay", "inactive", "undeclared", "no_user"} {
		require.Contains(t, found, reason)
	}
	require.GreaterOrEqual(t, len(found), 70)
}

// reasonsIn are those that are constants, and those that are written where a refusal is
// made.
func reasonsIn(t *testing.T, file string) (reasons []string) {
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	made := regexp.MustCompile(`(?m)^\t[rR]eason\w+\s+(?:Reason )?= "(\w+)"|\bReason:\s+"(\w+)"`)
	for _, m := range made.FindAllStringSubmatch(string(source), -1) {
		reasons = append(reasons, m[1]+m[2])
	}
	return reasons
}

func TestEveryFailureOfIntrospectionIsKnown(t *testing.T) {
	source, err := os.ReadFile("../introspection/unavailable.go")
	require.NoError(t, err)
	found := regexp.MustCompile(`Failure = "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	require.GreaterOrEqual(t, len(found), 11)
	o := observe(t, otelguard.Config{})
	for _, m := range found {
		o.IntrospectionCall(0, m[1])
	}
	require.Len(t, o.series(t, "resourceserver.introspection.duration"), len(found))
	require.NotContains(t, o.series(t, "resourceserver.introspection.duration"), "error.type=_OTHER")
}
