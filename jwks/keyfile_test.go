package jwks_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// keyFile is a file in a directory of its own, and a Remote that reads it.
func keyFile(t *testing.T, doc string, change func(*jwks.Config)) (string, *jwks.Remote) {
	name := filepath.Join(t.TempDir(), "keys")
	writeFile(t, name, doc)
	c := jwks.Config{File: name}
	if change != nil {
		change(&c)
	}
	r, err := jwks.NewRemote(c)
	require.NoError(t, err)
	return name, r
}

func writeFile(t *testing.T, name, doc string) {
	require.NoError(t, os.WriteFile(name, []byte(doc), 0o600))
}

// aLookLater lets the file be looked at.
func aLookLater(r *jwks.Remote) {
	time.Sleep(time.Second) // simulated
	accepts(r, "a")
	synctest.Wait()
}

func TestKeyFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name, r := keyFile(t, setOf(ecJWK("a")), func(c *jwks.Config) { c.Issuer = issuerURL })
		require.Equal(t, issuerURL, r.Issuer())
		require.True(t, accepts(r, "a"))
		require.True(t, refuses(r, "x"))

		writeFile(t, name, setOf(ecJWK("b")))
		require.True(t, accepts(r, "b"), "an unknown kid looks at once")
		require.True(t, refuses(r, "a"))

		writeFile(t, name, setOf(ecJWK("c")))
		time.Sleep(time.Second) // simulated
		require.True(t, accepts(r, "b"), "this lookup finds it due, and does not wait")
		synctest.Wait()
		require.True(t, refuses(r, "b"))
		require.True(t, accepts(r, "c"))
	})
}

// What is no key set, in whatever way, replaces nothing, and holds up nobody.
func TestKeyFileThatIsNone(t *testing.T) {
	good := setOf(ecJWK("a"))
	for name, spoil := range map[string]func(t *testing.T, name string){
		"half written":   func(t *testing.T, name string) { writeFile(t, name, good[:len(good)/2]) },
		"empty":          func(t *testing.T, name string) { writeFile(t, name, "") },
		"gone":           func(*testing.T, string) {},
		"a directory":    func(t *testing.T, name string) { require.NoError(t, os.Mkdir(name, 0o700)) },
		"a link to it":   func(t *testing.T, name string) { require.NoError(t, os.Symlink("keys", name)) },
		"a link to none": func(t *testing.T, name string) { require.NoError(t, os.Symlink("none", name)) },
		"a device":       func(t *testing.T, name string) { require.NoError(t, os.Symlink("/dev/zero", name)) },
		"a gigabyte": func(t *testing.T, name string) {
			writeFile(t, name, "")
			require.NoError(t, os.Truncate(name, 1<<30))
		},
		"a private key": func(t *testing.T, name string) { writeFile(t, name, setOf(ecJWK("b").with("d", "AQAB"))) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				file, r := keyFile(t, good, nil)
				require.True(t, accepts(r, "a"))
				require.NoError(t, os.Remove(file))
				spoil(t, file)
				require.Error(t, r.Refresh(t.Context()))
				require.Equal(t, jwks.Stale, r.Status().State)
				require.True(t, accepts(r, "a"), "the last good set serves")

				require.NoError(t, os.RemoveAll(file))
				writeFile(t, file, setOf(ecJWK("b")))
				aLookLater(r)
				aLookLater(r)
				require.True(t, accepts(r, "b"), "and is replaced by the next")

				_, cold := keyFile(t, good, func(c *jwks.Config) { c.File = file + ".none" })
				_, err := cold.VerificationKeys(t.Context(), "a", "ES256")
				require.ErrorIs(t, err, jwks.ErrUnavailable)
			})
		})
	}
}

// A file of PEM has no end of its own. Wherever it is cut, but between two keys, the keys that it held before serve on.
func TestKeyFileThatIsHalfOfItsPEM(t *testing.T) {
	first, second := newEC(), newEC()
	before, after := publicPEM(first), publicPEM(second)
	for end := 1; end < len(strings.TrimSpace(after)); end++ {
		name, r := keyFile(t, before+after, inPEM)
		require.NoError(t, r.Refresh(t.Context()))
		writeFile(t, name, before+after[:end])
		require.Error(t, r.Refresh(t.Context()), end)
		keys, err := r.VerificationKeys(t.Context(), "", "ES256")
		require.NoError(t, err)
		require.Len(t, keys, 2, end)
	}
}

// Kubernetes replaces a volume by a link to another directory.
func TestKeyFileBehindALinkThatMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		for _, version := range []string{"1", "2"} {
			require.NoError(t, os.Mkdir(filepath.Join(dir, version), 0o700))
			writeFile(t, filepath.Join(dir, version, "keys"), setOf(ecJWK(version)))
			// the same time and, since kids are as long, the same size: only the file is another
			require.NoError(t, os.Chtimes(filepath.Join(dir, version, "keys"), time.Time{}, time.Unix(1, 0)))
		}
		require.NoError(t, os.Symlink("1", filepath.Join(dir, "..data")))
		require.NoError(t, os.Symlink("..data/keys", filepath.Join(dir, "keys")))
		_, r := keyFile(t, "", func(c *jwks.Config) { c.File = filepath.Join(dir, "keys") })
		require.True(t, accepts(r, "1"))
		aLookLater(r)
		require.EqualValues(t, 1, r.Status().Counts.NotModified, "it is not read again while it is the same")

		require.NoError(t, os.Symlink("2", filepath.Join(dir, "..tmp")))
		require.NoError(t, os.Rename(filepath.Join(dir, "..tmp"), filepath.Join(dir, "..data")))
		require.True(t, accepts(r, "2"))
		require.True(t, refuses(r, "1"))
	})
}

// An emptied set withdraws every key in time, and a file that is gone does so after MaxStale.
func TestKeyFileThatWithdraws(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name, r := keyFile(t, setOf(ecJWK("a")), nil)
		require.True(t, accepts(r, "a"))
		writeFile(t, name, `{"keys":[]}`)
		served := servedFor(r, "a", time.Hour)
		require.Greater(t, served, 15*time.Minute-2*time.Second, "it may be the accident of a minute")
		require.Less(t, served, 15*time.Minute+4*time.Second)
		require.True(t, refuses(r, "a"))
		require.Equal(t, jwks.Fresh, r.Status().State)

		writeFile(t, name, "{")
		aLookLater(r)
		aLookLater(r)
		_, err := r.VerificationKeys(t.Context(), "a", "ES256")
		require.ErrorIs(t, err, jwks.ErrUnavailable)
		require.Equal(t, jwks.Unavailable, r.Status().State, "no token is accepted, and a probe sees that")

		writeFile(t, name, setOf(ecJWK("a")))
		for range 3 {
			aLookLater(r)
		}
		require.True(t, accepts(r, "a"))
		require.NoError(t, os.Remove(name))
		time.Sleep(24 * time.Hour) // simulated
		_, err = r.VerificationKeys(t.Context(), "a", "ES256")
		require.ErrorIs(t, err, jwks.ErrUnavailable)
		require.True(t, strings.Contains(err.Error(), "no such file") || strings.Contains(err.Error(), "cannot find"), err)
	})
}

func TestKeyFileIsTheOnlySource(t *testing.T) {
	for _, c := range []jwks.Config{
		{File: "keys", URL: setURL}, {File: "keys", Issuer: issuerURL, DiscoveryURL: issuerURL},
		{File: "keys", SnapshotFile: "snapshot"},
	} {
		_, err := jwks.NewRemote(c)
		require.ErrorContains(t, err, "jwks: Config.File is set, and so is")
	}
}

// How long an emptied set is taken for an accident is as it is set, where it is.
func TestKeyFileThatWithdrawsSooner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name, r := keyFile(t, setOf(ecJWK("a")), func(c *jwks.Config) { c.RefreshInterval = 5 * time.Second })
		require.True(t, accepts(r, "a"))
		writeFile(t, name, `{"keys":[]}`)
		require.Less(t, servedFor(r, "a", time.Hour), 13*time.Second)
		require.True(t, refuses(r, "a"))
	})
}

// However long it failed, a file is looked at once a second, and the log is not written once a second for that.
func TestKeyFileThatComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &logBuffer{}
		name, r := keyFile(t, setOf(ecJWK("a")), func(c *jwks.Config) { c.Logger = log.logger() })
		require.True(t, accepts(r, "a"))
		require.NoError(t, os.Remove(name))
		require.Equal(t, 10*time.Minute, servedFor(r, "a", 10*time.Minute))
		require.Less(t, strings.Count(log.String(), "jwks: refresh failed"), 20)
		require.Greater(t, strings.Count(log.String(), "jwks: refresh failed"), 5)
		writeFile(t, name, setOf(ecJWK("b")))
		require.LessOrEqual(t, servedFor(r, "a", time.Hour), 2*time.Second)
	})
}

// The time of a change is coarse. A second change within the same tick, of the same length, is noticed all the same.
func TestKeyFileThatChangesTwiceInATick(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		name, r := keyFile(t, setOf(ecJWK("a")), nil)
		tick := time.Now()
		require.NoError(t, os.Chtimes(name, tick, tick))
		require.True(t, accepts(r, "a"))
		writeFile(t, name, setOf(ecJWK("b"))) // as long as the first
		require.NoError(t, os.Chtimes(name, tick, tick))
		aLookLater(r)
		require.True(t, refuses(r, "a"))
		require.True(t, accepts(r, "b"))
		for range 5 {
			aLookLater(r)
		}
		require.NotZero(t, r.Status().Counts.NotModified, "one that has settled is not read again")
	})
}
