//go:build unix

package jwks

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

var errOpenToOthers = errors.New("others may write: chmod go-w")

// ownedByUs accepts this process's user, and root, who could change anything.
func ownedByUs(info fs.FileInfo) error {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return errors.New("without a known owner")
	}
	if us := os.Geteuid(); int(stat.Uid) != us && stat.Uid != 0 {
		return fmt.Errorf("owned by user %d and not by %d, who runs this process", stat.Uid, us)
	}
	return nil
}

// closedToOthers looks at the write bits of the group and of the world.
func closedToOthers(info fs.FileInfo) error {
	if info.Mode().Perm()&0o022 != 0 {
		return errOpenToOthers
	}
	return nil
}
