package jwks

import (
	"fmt"
	"io/fs"
	"os"
	"time"
)

// fileStamp tells a file that was read from one that has changed since.
type fileStamp struct {
	info   fs.FileInfo // nil if none was read
	readAt time.Time
}

// unsettled is how long after its last change a file is read at each look. The time of a change is
// coarse: a second one of the same length, within the same tick as the first, would not be noticed.
const unsettled = 2 * time.Second

func (s fileStamp) current(info fs.FileInfo) bool {
	return s.info != nil && os.SameFile(s.info, info) && s.info.Size() == info.Size() &&
		s.info.ModTime().Equal(info.ModTime()) && info.ModTime().Before(s.readAt.Add(-unsettled))
}

// readKeyFile reads the file, unless it is what was read at last: doc is nil then. A symbolic link
// is followed, which is how Kubernetes replaces the files of a volume. It does not wait for a pipe,
// but it does for a disk: see bulkhead.
func readKeyFile(name string, last fileStamp) (doc []byte, stamp fileStamp, err error) {
	now := time.Now()
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return nil, fileStamp{}, err
	case !info.Mode().IsRegular():
		return nil, fileStamp{}, fmt.Errorf("%s: %w", name, errNotRegular)
	case last.current(info):
		return nil, last, nil
	}
	f, err := os.OpenFile(name, os.O_RDONLY|openWithoutWaiting, 0)
	if err != nil {
		return nil, fileStamp{}, err
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return nil, fileStamp{}, err
	}
	if !info.Mode().IsRegular() { // replaced while it was opened
		return nil, fileStamp{}, fmt.Errorf("%s: %w", name, errNotRegular)
	}
	doc, err = readAtMost(f, info.Size(), maxDocumentBytes)
	if err != nil {
		return nil, fileStamp{}, fmt.Errorf("%s: %w", name, err)
	}
	return doc, fileStamp{info, now}, nil
}
