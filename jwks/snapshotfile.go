package jwks

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
)

// The snapshot file is one line of JSON about the set, and then the document
// as the issuer sent it, byte for byte.

// snapshotHeader is the first line.
type snapshotHeader struct {
	Format    string    `json:"format"`
	Source    string    `json:"source"`     // for people: Config.Issuer, or Config.URL without query
	FetchedAt time.Time `json:"fetched_at"` // when the issuer last had this set, or when the metadata was last read before
	SHA256    string    `json:"sha256"`     // over whole source, time and document
}

const (
	snapshotFormat   = "jwks-snapshot-1"
	maxSnapshotBytes = maxDocumentBytes + 4<<10
	maxClockSkew     = time.Minute // a file from further in the future has a wrong date, and no known age
)

// restored is what the snapshot file gave; set is nil if it was no good.
type restored struct {
	set      *keySet
	provenAt time.Time
}

// hash shows damage and careless edits. It is no signature:
// whoever may write the file can write a new hash, too. Against that stand
// the owner and the permissions of file and directory. The whole source is in it, query
// included: another issuer's keys are not ours.
func (h snapshotHeader) hash(source string, doc []byte) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\n%s\n%s\n", h.Format, source, h.FetchedAt.UTC().Format(time.RFC3339Nano))
	sum.Write(doc)
	return hex.EncodeToString(sum.Sum(nil))
}

// snapshotFile keeps the last good set on disk.
type snapshotFile struct {
	name     string
	source   string                              // Config.Issuer, DiscoveryURL and URL, as far as they are set
	shown    string                              // the same as it may be shown
	encoding Encoding                            // Config.Encoding
	maxAge   time.Duration                       // Config.MaxStale
	open     func(name string) (*os.File, error) // openTrusted

	reading sync.Mutex // held while somebody reads the file, for ever if the disk hangs

	mu      sync.Mutex
	newest  time.Time // beginning of the last fetch whose set was to be written
	waiting *snapshot // that set, nil if it is written or about to be
	current *snapshot // the set that is being written, nil if none is
	writing bool      // somebody is at it
}

// snapshot is what the file is to hold.
type snapshot struct {
	provenAt time.Time
	doc      []byte
	kept     []chan struct{} // to be closed when the file holds it, or cannot be written
}

func (s snapshot) tell() {
	for _, kept := range s.kept {
		close(kept)
	}
}

// newSnapshotFile returns nil if none is configured.
func newSnapshotFile(c Config) *snapshotFile {
	if c.SnapshotFile == "" {
		return nil
	}
	return &snapshotFile{
		name: c.SnapshotFile, source: c.wholeSource(), shown: c.shownSource(),
		encoding: c.Encoding, maxAge: c.MaxStale, open: openTrusted,
	}
}

// wholeSource is all that says whose keys a snapshot holds.
func (c Config) wholeSource() string {
	var parts []string
	for _, part := range []string{c.Issuer, c.DiscoveryURL, c.URL} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "\n")
}

// restoreWithin bounds how long a fetch that failed waits for the snapshot file. A
// healthy disk answers in milliseconds, and one that is slow for a moment must not
// cost the keys of a whole outage.
const restoreWithin = 5 * time.Second

var (
	errDiskHangs    = fmt.Errorf("not read within %v: its disk hangs", restoreWithin)
	errStillReading = errors.New("its disk hangs: an earlier attempt to read it goes on")
)

// readWithin is read, but for a limit. The disk may hang (a network file system
// whose server is gone, a pipe put in the place of the file), and neither a system
// call nor the goroutine in it can be stopped from outside. That goroutine is left
// behind, and no more than one.
func (f *snapshotFile) readWithin(limit time.Duration, now time.Time) (restored, error) {
	if !f.reading.TryLock() {
		return restored{}, errStillReading
	}
	type answer struct {
		restored restored
		err      error
	}
	done := make(chan answer, 1)
	go func() {
		defer f.reading.Unlock()
		found, err := f.read(now)
		done <- answer{found, err}
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case a := <-done:
		return a.restored, a.err
	case <-timer.C:
		return restored{}, errDiskHangs
	}
}

// read reads the file, which is judged like any answer of the issuer. An error
// means that the process starts as if there were none.
func (f *snapshotFile) read(now time.Time) (restored, error) {
	h, doc, err := f.load()
	if err != nil {
		return restored{}, err
	}
	if err := h.check(f, doc, now); err != nil {
		return restored{}, err
	}
	set, err := parseSet(f.encoding, doc, nil)
	if err != nil {
		return restored{}, err
	}
	set.doc = doc
	return restored{set, h.FetchedAt}, nil
}

func (f *snapshotFile) load() (h snapshotHeader, doc []byte, err error) {
	file, err := f.open(f.name)
	if err != nil {
		return h, nil, err
	}
	defer file.Close()
	b, err := readAtMost(file, -1, maxSnapshotBytes)
	if err != nil {
		return h, nil, err
	}
	line, doc, _ := bytes.Cut(b, []byte("\n"))
	if err := json.Unmarshal(line, &h); err != nil {
		return h, nil, errors.New("no header line")
	}
	return h, doc, nil
}

func (h snapshotHeader) check(f *snapshotFile, doc []byte, now time.Time) error {
	age := now.Sub(h.FetchedAt)
	switch {
	case h.Format != snapshotFormat:
		return fmt.Errorf("format %.40q is not %s", h.Format, snapshotFormat)
	case h.Source != f.shown:
		return fmt.Errorf("holds the keys of %.200q", h.Source)
	case h.SHA256 != h.hash(f.source, doc):
		return errors.New("damaged, edited, or of another source: the hash does not match")
	case age >= f.maxAge:
		return fmt.Errorf("too old: %v", age.Round(time.Second))
	case age < -maxClockSkew:
		return errors.New("dated in the future")
	}
	return nil
}

// write replaces the file after a fetch that succeeded, even if nothing changed
// but its date. The document comes from memory, never from the old file.
//
// The newest set wins, however long an older one was held up: otherwise a key
// that was withdrawn would come back with the next start. One caller writes at a
// time, and the others leave their set to it: a disk that hangs must not collect
// goroutines.
func (f *snapshotFile) write(began time.Time, s snapshot) error {
	if !f.offer(began, s) {
		return nil
	}
	var err error
	for next := f.take(); next != nil; next = f.take() {
		h := snapshotHeader{Format: snapshotFormat, Source: f.shown, FetchedAt: next.provenAt.UTC()}
		h.SHA256 = h.hash(f.source, next.doc)
		err = replaceFile(f.name, h, next.doc)
	}
	return err
}

// offer reports whether the caller is the one to write. Of two sets the older one
// is superseded, and told when the other is written, which it may be already.
func (f *snapshotFile) offer(began time.Time, s snapshot) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	older := began.Before(f.newest)
	switch {
	case older && !f.writing:
		s.tell()
		return false
	case older:
		newer := cmp.Or(f.waiting, f.current)
		newer.kept = append(newer.kept, s.kept...)
		return false
	case f.waiting != nil:
		s.kept = append(s.kept, f.waiting.kept...)
	}
	f.newest, f.waiting = began, &s
	mine := !f.writing
	f.writing = true
	return mine
}

// take tells those who wait for what was written, and returns what is next; nil
// means that all is.
func (f *snapshotFile) take() *snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.current != nil {
		f.current.tell()
	}
	f.current, f.waiting = f.waiting, nil
	f.writing = f.current != nil
	return f.current
}

// replaceFile writes beside the file and renames, so that a reader, or a start
// after a crash, finds the old one or the new one and never a part.
func replaceFile(name string, h snapshotHeader, doc []byte) (err error) {
	if err := checkDirectory(name); err != nil {
		return err // better said now than when the file is needed
	}
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	err = errors.Join(writeSnapshotTo(f, h, doc), f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func writeSnapshotTo(w io.Writer, h snapshotHeader, doc []byte) error {
	line, err := json.Marshal(h)
	if err != nil {
		return err
	}
	_, err = w.Write(append(append(line, '\n'), doc...))
	return err
}
