package jwks_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// restart makes a Remote whose issuer is down, with a snapshot file.
func restart(t *testing.T, file string, log *logBuffer) *jwks.Remote {
	e := newEndpoint()
	e.down = true
	return newRemote(t, e, func(c *jwks.Config) { c.SnapshotFile, c.Logger = file, log.logger() })
}

// saved loads a set and returns its snapshot file.
func saved(t *testing.T, e *endpoint) string {
	file := filepath.Join(privateDir(t), "keys")
	save(t, file, e)
	return file
}

func save(t *testing.T, file string, e *endpoint) {
	r := newRemote(t, e, func(c *jwks.Config) { c.SnapshotFile = file })
	require.NoError(t, r.Refresh(t.Context()))
}

func TestSnapshotFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file, log := saved(t, newEndpoint(ecJWK("a"), `{"kty":"oct"}`)), &logBuffer{}
		info, err := os.Stat(file)
		require.NoError(t, err)
		if runtime.GOOS != "windows" {
			require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
		}
		others, err := filepath.Glob(file + ".*")
		require.NoError(t, err)
		require.Empty(t, others, "no temporary file is left")

		time.Sleep(23 * time.Hour) // simulated
		r := restart(t, file, log)
		require.True(t, accepts(r, "a"))
		require.Equal(t, jwks.Stale, r.Status().State)
		require.Equal(t, 23*time.Hour, r.Status().Age, "its age goes on")
		require.Len(t, r.Status().Skipped, 1)
		log.requireContains(t, "serving keys from the snapshot file")
		_, err = r.VerificationKeys(t.Context(), "b", "ES256")
		require.ErrorIs(t, err, jwks.ErrUnavailable, "an old file cannot say that a key does not exist")

		time.Sleep(2 * time.Hour) // simulated
		_, err = r.VerificationKeys(t.Context(), "a", "ES256")
		require.ErrorIs(t, err, jwks.ErrUnavailable)
	})
}

func TestSnapshotFileIgnored(t *testing.T) {
	other := saved(t, newEndpoint(ecJWK("b")))
	for name, tc := range map[string]struct {
		spoil  func(t *testing.T, file string, content []byte)
		reason string
	}{
		"edited": {func(t *testing.T, file string, b []byte) {
			b = bytes.Replace(b, []byte(`"kid":"a"`), []byte(`"kid":"e"`), 1)
			require.NoError(t, os.WriteFile(file, b, 0o600))
		}, "hash"},
		"newer date": {func(t *testing.T, file string, b []byte) {
			i := bytes.Index(b, []byte(`"fetched_at":"2`))
			require.Positive(t, i)
			b[i+len(`"fetched_at":"2`)+2]++ // another year
			require.NoError(t, os.WriteFile(file, b, 0o600))
		}, "hash"},
		"keys of another file": {func(t *testing.T, file string, b []byte) {
			line, _, _ := bytes.Cut(b, []byte("\n"))
			_, keys, _ := bytes.Cut(must(os.ReadFile(other)), []byte("\n"))
			require.NoError(t, os.WriteFile(file, append(append(line, '\n'), keys...), 0o600))
		}, "hash"},
		"truncated": {func(t *testing.T, file string, b []byte) {
			require.NoError(t, os.WriteFile(file, b[:len(b)-20], 0o600))
		}, "hash"},
		"empty": {func(t *testing.T, file string, _ []byte) {
			require.NoError(t, os.WriteFile(file, nil, 0o600))
		}, "no header"},
		"garbage": {func(t *testing.T, file string, _ []byte) {
			require.NoError(t, os.WriteFile(file, []byte("\x00garbage"), 0o600))
		}, "no header"},
		"another format": {func(t *testing.T, file string, b []byte) {
			require.NoError(t, os.WriteFile(file, bytes.Replace(b, []byte("snapshot-1"), []byte("snapshot-9"), 1), 0o600))
		}, "format"},
		"too large": {func(t *testing.T, file string, _ []byte) {
			require.NoError(t, os.Truncate(file, 100<<20))
		}, "larger"},
		"a directory": {func(t *testing.T, file string, _ []byte) {
			require.NoError(t, os.Remove(file))
			require.NoError(t, os.Mkdir(file, 0o700))
		}, "regular"},
		"missing": {func(t *testing.T, file string, _ []byte) {
			require.NoError(t, os.Remove(file))
		}, "no snapshot file yet"},
	} {
		t.Run(name, func(t *testing.T) {
			file, log := saved(t, newEndpoint(ecJWK("a"))), &logBuffer{}
			tc.spoil(t, file, must(os.ReadFile(file)))
			r := restart(t, file, log)
			_, err := r.VerificationKeys(t.Context(), "a", "ES256")
			require.ErrorIs(t, err, jwks.ErrUnavailable)
			log.requireContains(t, tc.reason)
			require.Error(t, r.Refresh(t.Context()))
			require.Equal(t, 1, strings.Count(log.String(), "snapshot file"), "looked at once")
			if name != "missing" {
				require.Contains(t, log.String(), `level=WARN msg="jwks: snapshot file ignored"`)
			}
		})
	}
}

func TestSnapshotFileOfAnotherSource(t *testing.T) {
	file, log := saved(t, newEndpoint(ecJWK("a"))), &logBuffer{}
	e := newEndpoint()
	e.down = true
	r := newRemote(t, e, func(c *jwks.Config) { byIssuer(c); c.SnapshotFile, c.Logger = file, log.logger() })
	_, err := r.VerificationKeys(t.Context(), "a", "ES256")
	require.ErrorIs(t, err, jwks.ErrUnavailable)
	log.requireContains(t, "holds the keys of")
}

// The query tells one source from another, though the file does not show it.
func TestSnapshotFileOfAnotherQuery(t *testing.T) {
	file := filepath.Join(privateDir(t), "keys")
	of := func(query string, log *logBuffer) func(*jwks.Config) {
		return func(c *jwks.Config) { c.URL, c.SnapshotFile, c.Logger = setURL+query, file, log.logger() }
	}
	require.NoError(t, newRemote(t, newEndpoint(ecJWK("a")), of("?tenant=1", &logBuffer{})).Refresh(t.Context()))
	require.NotContains(t, string(must(os.ReadFile(file))), "tenant")
	down := newEndpoint()
	down.down = true
	require.True(t, accepts(newRemote(t, down, of("?tenant=1", &logBuffer{})), "a"))
	for _, query := range []string{"", "?tenant=2"} {
		log := &logBuffer{}
		require.False(t, accepts(newRemote(t, down, of(query, log)), "a"), query)
		log.requireContains(t, "of another source")
	}
}

func TestSnapshotFileAge(t *testing.T) {
	for name, tc := range map[string]struct {
		later time.Duration
		ok    bool
	}{
		"just in time": {24*time.Hour - time.Second, true}, "too old": {24 * time.Hour, false},
		"clock a little back": {-30 * time.Second, true}, "from the future": {-time.Hour, false},
	} {
		t.Run(name, func(t *testing.T) {
			file, log := filepath.Join(privateDir(t), "keys"), &logBuffer{}
			synctest.Test(t, func(t *testing.T) { // each bubble begins at the same time of day
				time.Sleep(max(-tc.later, 0)) // simulated
				save(t, file, newEndpoint(ecJWK("a")))
			})
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(max(tc.later, 0)) // simulated
				require.Equal(t, tc.ok, accepts(restart(t, file, log), "a"), log.String())
			})
		})
	}
}

// The file follows the set: after a 304 it has a new date and the same
// keys, taken from memory and not from whatever is in the file by then.
func TestSnapshotFileAfter304(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEndpoint(ecJWK("a"))
		e.header.Set("ETag", `"1"`)
		file, log := filepath.Join(privateDir(t), "keys"), &logBuffer{}
		r := newRemote(t, e, func(c *jwks.Config) { c.SnapshotFile = file })
		require.NoError(t, r.Refresh(t.Context()))
		time.Sleep(20 * time.Hour) // simulated
		edited := strings.Replace(string(must(os.ReadFile(file))), `"kid":"a"`, `"kid":"e"`, 1)
		require.NoError(t, os.WriteFile(file, []byte(edited), 0o600))
		e.answer(body(304, "", ""))
		require.NoError(t, r.Refresh(t.Context()))
		time.Sleep(20 * time.Hour) // simulated
		r = restart(t, file, log)
		require.True(t, accepts(r, "a"), log.String())
		require.False(t, accepts(r, "e"))
	})
}

func TestSnapshotFileNotWritable(t *testing.T) {
	log := &logBuffer{}
	file := filepath.Join(t.TempDir(), "removed", "keys")
	require.NoError(t, os.Mkdir(filepath.Dir(file), 0o700))
	r := newRemote(t, newEndpoint(ecJWK("a")), func(c *jwks.Config) { c.SnapshotFile, c.Logger = file, log.logger() })
	require.NoError(t, os.Remove(filepath.Dir(file)))
	require.NoError(t, r.Refresh(t.Context()))
	log.requireContains(t, `level=WARN msg="jwks: snapshot file not written"`)
}

// A directory that is not there is found out at the start, and not in the outage for which it was meant.
func TestSnapshotFileWithoutDirectory(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o600))
	for file, says := range map[string]string{
		filepath.Join(dir, "missing", "keys"): "missing\", which does not exist: make the directory",
		filepath.Join(dir, "file", "keys"):    "file\", which is no directory",
	} {
		_, err := jwks.NewRemote(jwks.Config{URL: setURL, SnapshotFile: file, Cooldown: -1})
		require.ErrorContains(t, err, "jwks: Config.SnapshotFile is in ")
		require.ErrorContains(t, err, says)
		require.ErrorContains(t, err, "Config.Cooldown", "beside the other faults")
	}
	_, err := jwks.NewRemote(jwks.Config{URL: setURL, SnapshotFile: filepath.Join(dir, "keys")})
	require.NoError(t, err, "the file need not be there")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing is made")
}

// While the issuer answers, the file is not asked: a key that was withdrawn
// while the process was down must not come back with it.
func TestSnapshotFileIsSecondChoice(t *testing.T) {
	file := saved(t, newEndpoint(ecJWK("withdrawn")))
	r := newRemote(t, newEndpoint(ecJWK("a")), func(c *jwks.Config) { c.SnapshotFile = file })
	require.True(t, refuses(r, "withdrawn"))
	require.True(t, accepts(r, "a"))
	require.NoError(t, r.Refresh(t.Context()), "the file is written: the directory can be removed")
}

// A disk that hangs at a cold start holds up the first fetch for some seconds, and no other: keys come as soon as the
// issuer recovers.
func TestSnapshotFileOnADiskThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, log := newEndpoint(ecJWK("a")), &logBuffer{}
		e.answer(refuse)
		r := newRemote(t, e, func(c *jwks.Config) {
			c.SnapshotFile, c.Logger = filepath.Join(privateDir(t), "keys"), log.logger()
		})
		var tries atomic.Int64
		release := make(chan struct{})
		defer close(release)
		jwks.OpenSnapshotBy(r, func(string) (*os.File, error) { tries.Add(1); <-release; return nil, os.ErrClosed })
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		began := time.Now()
		require.ErrorContains(t, r.Refresh(ctx), "connection refused")
		require.LessOrEqual(t, time.Since(began), 5*time.Second)
		require.Contains(t, log.String(), `level=WARN msg="jwks: snapshot file ignored"`)
		require.Contains(t, log.String(), "disk hangs")

		began = time.Now()
		require.Error(t, r.Refresh(ctx))
		require.Zero(t, time.Since(began), "it is tried once")
		require.EqualValues(t, 1, tries.Load())
		e.answer(nil)
		time.Sleep(5 * time.Second) // simulated: the back-off
		require.True(t, accepts(r, "a"))
	})
}

// A fetch that is held up, here by its logger, does not write its set over that of a later one: a key that was
// withdrawn meanwhile would come back with the next start.
func TestSnapshotFileHoldsTheNewestSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file, log := filepath.Join(privateDir(t), "keys"), &logBuffer{}
		release := make(chan struct{})
		e := newEndpoint(ecJWK("withdrawn"), ecJWK("a"))
		r := newRemote(t, e, func(c *jwks.Config) {
			c.SnapshotFile, c.Logger = file, callback(func() { <-release })
		})
		go accepts(r, "a")
		synctest.Wait()
		e.publish(ecJWK("a"))
		go func() { _ = r.Refresh(t.Context()) }()
		synctest.Wait()
		close(release)
		synctest.Wait()
		require.False(t, accepts(restart(t, file, log), "withdrawn"))
		require.True(t, accepts(restart(t, file, log), "a"), log.String())
	})
}

// The file says whose keys it holds, also where that takes two settings to say.
func TestSnapshotFileNamesItsSource(t *testing.T) {
	for _, change := range []func(*jwks.Config){
		func(c *jwks.Config) { c.Issuer = issuerURL },
		byInsideName,
	} {
		file := filepath.Join(privateDir(t), "keys")
		e := inside(issuerURL, insideKeys)
		both := func(c *jwks.Config) {
			change(c)
			c.SnapshotFile = file
		}
		require.NoError(t, newRemote(t, e, both).Refresh(t.Context()))
		require.Contains(t, string(must(os.ReadFile(file))), `"source":"`+issuerURL+`"`)
		e.set(func(e *endpoint) { e.down = true })
		require.True(t, accepts(newRemote(t, e, both), "a"))
	}
}
