package fuzz_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/resourceserver/jwks"
)

// FuzzSnapshotFile starts a remote set, whose issuer is down, from a file that the fuzzer has written: a snapshot of
// any document, source, date and format, with a right hash or a wrong one, and with one byte changed or none.
func FuzzSnapshotFile(f *testing.F) {
	// checklist 52, 94
	file := filepath.Join(f.TempDir(), "snapshot")
	const source = fuzzIssuer + "/jwks"
	down := &http.Client{Transport: roundTripper(func(*http.Request) (*http.Response, error) {
		return nil, errors.New("down")
	})}
	f.Fuzz(func(t *testing.T, document []byte, of, format string, ageSeconds int64, sealed bool, at uint16, flip uint8) {
		now := time.Now()
		age := time.Duration(ageSeconds%(10*24*60*60)) * time.Second
		text := snapshot(document, of, format, now.Add(-age), sealed)
		text[int(at)%len(text)] ^= flip
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		remote := must(jwks.NewRemote(jwks.Config{URL: source, HTTPClient: down, SnapshotFile: file}))
		served, err := remote.VerificationKeys(context.Background(), "ed", "EdDSA")
		set, errSet := jwks.ParseStatic(document)
		sound := errSet == nil && of == source && format == "jwks-snapshot-1" && sealed && flip == 0
		switch {
		case err == nil && (!sound || age > 24*time.Hour+time.Second || age < -time.Minute-time.Second):
			t.Fatalf("served from %q", text)
		case err == nil:
			if keys, _ := set.VerificationKeys(context.Background(), "ed", "EdDSA"); !sameKeys(keys, served) {
				t.Fatalf("the file has %v, served are %v", keys, served)
			}
		case sound && age < 24*time.Hour-time.Minute && age > -time.Minute+time.Second && !unknownKID(set):
			t.Fatalf("not served from %q: %v", text, err)
		case !errors.Is(err, jwks.ErrUnavailable):
			t.Fatal(err)
		}
	})
}

// unknownKID reports that the kid is not in the set: while the issuer is down nobody can tell whether it exists.
func unknownKID(set *jwks.Static) bool {
	keys, _ := set.VerificationKeys(context.Background(), "ed", "EdDSA")
	return len(keys) == 0
}

// snapshot writes the file as the format says: a line about the document, with a hash over all of it, and the document.
func snapshot(document []byte, source, format string, at time.Time, sealed bool) []byte {
	written := at.UTC().Format(time.RFC3339Nano)
	hash := sha256.New()
	io.WriteString(hash, strings.Join([]string{format, source, written, ""}, "\n"))
	hash.Write(document)
	if !sealed {
		hash.Write([]byte("x"))
	}
	line := must(json.Marshal(map[string]string{
		"format": format, "source": source, "fetched_at": written, "sha256": hex.EncodeToString(hash.Sum(nil)),
	}))
	return append(append(line, '\n'), document...)
}

func snapshotSeeds() (seeds []seed) {
	const source, format = fuzzIssuer + "/jwks", "jwks-snapshot-1"
	add := func(name, document, source, format string, age int64, sealed bool, at, flip int) {
		seeds = append(seeds, seed{name, []any{[]byte(document), source, format, age, sealed, uint16(at), uint8(flip)}})
	}
	add("good", fuzzJWKS, source, format, 60, true, 0, 0)
	add("new", fuzzJWKS, source, format, 0, true, 0, 0)
	add("from tomorrow", fuzzJWKS, source, format, -86400, true, 0, 0)
	add("a little from the future", fuzzJWKS, source, format, -30, true, 0, 0)
	add("a day old", fuzzJWKS, source, format, 86400, true, 0, 0)
	add("two days old", fuzzJWKS, source, format, 2*86400, true, 0, 0)
	add("nearly a day old", fuzzJWKS, source, format, 86000, true, 0, 0)
	add("wrong hash", fuzzJWKS, source, format, 60, false, 0, 0)
	add("of another source", fuzzJWKS, "https://other.example/jwks", format, 60, true, 0, 0)
	add("of no source", fuzzJWKS, "", format, 60, true, 0, 0)
	add("of another format", fuzzJWKS, source, "jwks-snapshot-2", 60, true, 0, 0)
	add("source with a line break", fuzzJWKS, source+"\n", format, 60, true, 0, 0)
	add("no set", "{}", source, format, 60, true, 0, 0)
	add("no document", "", source, format, 60, true, 0, 0)
	add("HTML", "<html>", source, format, 60, true, 0, 0)
	add("no usable key", `{"keys":[{"kty":"oct","k":"AAAA"}]}`, source, format, 60, true, 0, 0)
	add("other kid", `{"keys":[`+keyShapes[1].text+`]}`, source, format, 60, true, 0, 0)
	for i, at := range []int{0, 1, 2, 20, 60, 100, 130, 160, 190, 200, 210, 230, 300, 500} {
		add("changed", fuzzJWKS, source, format, 60, true, at, 1<<(i%8))
	}
	return numbered(seeds)
}
