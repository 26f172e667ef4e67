package jwks

import "os"

// OpenSnapshotBy puts another way to open the snapshot file in place, such as a disk that hangs.
func OpenSnapshotBy(r *Remote, open func(name string) (*os.File, error)) {
	r.flights.snapshot.open = open
}
