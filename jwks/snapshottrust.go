package jwks

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Whoever can write the snapshot file, or put another in its place, chooses the
// keys. So the file is believed only if nobody but this process and the system's
// administrator can do either.

var (
	errNotRegular  = errors.New("not a regular file")
	errReplaced    = errors.New("replaced while it was opened")
	errNoDirectory = errors.New("no directory")
)

// openTrusted opens the file if its directory and the file itself can be trusted.
// It looks before it opens: to open a pipe would block. What is opened must be
// what was looked at.
func openTrusted(name string) (*os.File, error) {
	if err := checkDirectory(name); err != nil {
		return nil, err
	}
	seen, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	if err := checkFile(seen); err != nil {
		return nil, err
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	if opened, err := f.Stat(); err != nil || !os.SameFile(seen, opened) {
		f.Close()
		return nil, errReplaced
	}
	return f, nil
}

// checkFile refuses all but a plain file of our own. A symbolic link is not
// followed: where it leads, other permissions hold.
func checkFile(info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return errNotRegular
	}
	if err := ownedByUs(info); err != nil {
		return err
	}
	return closedToOthers(info)
}

// checkDirectory refuses a directory in which others may replace the file. One
// with the sticky bit, such as /tmp, is open to all, but there only the owner of a
// file may replace it. A symbolic link in its place must be our own, as it is where
// /var or /tmp is one.
func checkDirectory(name string) error {
	dir := filepath.Dir(name)
	place, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return err
	case !info.IsDir():
		return errNoDirectory
	}
	if err := cmp.Or(ownedByUs(place), ownedByUs(info)); err != nil {
		return fmt.Errorf("its directory is %w", err)
	}
	if info.Mode()&fs.ModeSticky != 0 {
		return nil
	}
	if err := closedToOthers(info); err != nil {
		return fmt.Errorf("in its directory %w", err)
	}
	return nil
}
