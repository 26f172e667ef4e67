package jwks

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// Config says where a [Remote] gets its keys and how patient it is. Issuer is enough
// where there is discovery; URL or File says where the keys are without. The zero value
// of every other field is its documented default.
//
// A duration is honoured as given, from a millisecond to a year. What the issuer's servers ask for, by
// Cache-Control, is kept within bounds: see RefreshInterval.
type Config struct {
	_ [0]func() // keyed literals only, and no comparison

	// URL is where the JWK Set is, if you know it: an https URL. There is no discovery
	// then. An Issuer beside it is asked nothing, and may be any text that stands in
	// the iss claim: it is what [Remote.Issuer] returns.
	URL string

	// Issuer is the issuer identifier, exactly as it stands in the iss claim.
	// The JWK Set is then found by discovery: the metadata at the path that RFC
	// 8414 §3.1 inserts (https://host/.well-known/oauth-authorization-server/path)
	// is asked first, then the one that OpenID Connect Discovery appends
	// (https://host/path/.well-known/openid-configuration). The issuer in
	// the answer must be identical to this one.
	Issuer string

	// DiscoveryURL is where the metadata is, if this process does not reach the issuer
	// by the name that stands in tokens, as in a container network: the metadata is
	// asked for here and nowhere else. Its issuer must still be identical to Issuer,
	// which must be set. Its jwks_uri is taken as it stands, whatever host that names.
	// Where that cannot be reached either, set Issuer and URL.
	DiscoveryURL string

	// File is a file that holds the keys, in place of URL, such as one that Kubernetes
	// mounts. It is looked at once a second, the default of RefreshInterval and Cooldown
	// then, while there is traffic or [Remote.Run], whether the last look failed or not, and
	// read when it, or the symbolic link that leads to it, has changed. One that is half
	// written, missing, or no regular file replaces nothing. An empty set is believed as one
	// at URL is: see RefreshInterval. The file may come later, but its directory must exist
	// when the Remote is made, as that of a volume of Kubernetes does. Whoever can write
	// it, or put another in its place, chooses your keys: who that is, is yours to see to.
	File string

	// Encoding is how the keys are written at URL or in File. Default: a JWK Set.
	Encoding Encoding

	// HTTPClient makes the requests; its transport brings a proxy, client
	// certificates, or headers of your own. There is no field for headers: with
	// discovery the set may be on another host, which should not get them.
	// Redirects stay bounded whatever its CheckRedirect says. A transport that
	// panics, ends its goroutine, or does not heed its context fails a fetch, and
	// nothing else; of requests that go on after their context, 32 at most are left
	// behind, and no fetch begins until one of them ends. Many Remotes may
	// share the connections of an [http.Transport] with an IdleConnTimeout. With any other
	// transport each request is the last on its connection, which might be kept for ever.
	//
	// Default: a client that all Remotes share, with the proxy of the environment. It has
	// 64 connections to a host at the most, each kept for a second, and 100 requests under
	// way. However many Remotes ask one host, it sees no more than that, and one that
	// hangs holds up nobody who asks another. Whoever waits for a turn does so within
	// FetchTimeout.
	HTTPClient *http.Client

	// Logger gets a record of every change to the keys, and of faults, after
	// lookups can see them: a logger that is slow or blocks delays nobody and
	// loses records, and one that panics loses what it was about to write.
	// Default: nothing is logged.
	Logger *slog.Logger

	// RefreshInterval is the longest time between two scheduled fetches: a key
	// withdrawn at the issuer is refused no later than this, plus one fetch, while
	// there is traffic or [Remote.Run], and the issuer can be reached. It is also
	// how long new key material under a kid that stays the same can go unnoticed.
	// Each fetch comes up to a quarter earlier, at random, so that many
	// instances do not move in step. A new kid causes a fetch of its own.
	//
	// Default: 15 minutes, unless the answer has a Cache-Control max-age, which
	// is then the interval, but no less than a minute and no more than an hour.
	// If you set it, max-age can only shorten it, to a minute at the least. It is
	// never longer than MaxStale.
	//
	// The last usable key is another matter. A JWK Set without a usable key can be
	// the accident of a minute, so it first counts as a failed fetch; keys go on
	// to serve. An answer that comes RefreshInterval later (15 minutes if you have
	// not set it, whatever max-age says) and holds no usable key either is
	// believed: every key is refused then, until the issuer publishes one.
	//
	// While tokens without a kid arrive it is a minute at the most, because
	// nothing else tells that such a token was signed by a new key: it is refused
	// until the next fetch. Nobody waits for these fetches, and no number of forged
	// tokens makes for more than one in 45 seconds.
	RefreshInterval time.Duration

	// MaxStale is how old the last good set may grow while the issuer cannot be
	// reached or answers nonsense. After that its keys are unavailable. With
	// discovery, the metadata that says where the set is may grow no older either:
	// when it could not be read for so long, keys are unavailable although the
	// place it named still answers. It is also the age limit of SnapshotFile.
	// Default: 24 hours.
	MaxStale time.Duration

	// FetchTimeout bounds one fetch, discovery included, and with it the time
	// that a request with an unknown kid may wait. Default: 5 seconds.
	FetchTimeout time.Duration

	// Cooldown is the time between fetches that unknown kids cause, and with it
	// the longest time that a flood of made-up kids can delay a new key. Three
	// such fetches may come in quick succession before it applies, so that a
	// couple of made-up kids do not delay anything. Default: 8 seconds.
	Cooldown time.Duration

	// SnapshotFile, if set, keeps the last good set on disk, so that a process
	// can start while the issuer is down. It is read when the first fetch fails
	// and written after each one that succeeds.
	//
	// Whoever can write the file, or put another in its place, can choose your
	// keys. It is therefore neither believed nor written unless its directory
	// exists, belongs to the user of this process or to root, and can be written
	// by neither group nor world (in a directory with the sticky bit, such as
	// /tmp, they may: nobody can replace a file of ours there). The file itself
	// must be a regular one, no symbolic link, of an owner like this and as closed
	// to others. Make the directory with mode 0700 for one process alone: two that
	// share a file overwrite each other's. Directories further up are yours
	// to see to, and where there are no permission bits, as on Windows, so is the
	// access control list. A directory that does not exist is a fault that [NewRemote]
	// reports. What else is wrong is logged, no later than at the first
	// write, and Config.Logger has the remedy. A disk that hangs holds up the first
	// fetch for five seconds at the most, and costs what the file holds.
	// Default: none.
	SnapshotFile string

	// InsecureAllowPlainHTTP gives up https: whoever can touch the network
	// between you and the issuer can then choose your keys, and so make any
	// token they like. Loopback addresses need no such permission.
	InsecureAllowPlainHTTP bool
}

// Defaults of Config.
const (
	defaultRefreshInterval = 15 * time.Minute
	defaultMaxStale        = 24 * time.Hour
	defaultFetchTimeout    = 5 * time.Second
	defaultCooldown        = 8 * time.Second // and the fetch itself: a new key within ten seconds
)

// What is shorter than shortestDuration was written without its unit: 30 is 30
// nanoseconds. What is longer than longestDuration means "never", for which no
// setting here is meant, or comes near the end of what a time can hold.
const (
	shortestDuration = time.Millisecond
	longestDuration  = 366 * 24 * time.Hour
)

// resolve returns a copy of c with the defaults filled in, or every fault of c.
func (c Config) resolve() (Config, error) {
	err := errors.Join(
		c.checkSource(),
		c.checkEncoding(),
		c.checkDirectories(),
		fault("Config.HTTPClient", checkClient(c.HTTPClient)),
		setDuration("Config.RefreshInterval", &c.RefreshInterval, 0), // depends on the source, see timing.go
		setDuration("Config.MaxStale", &c.MaxStale, defaultMaxStale),
		setDuration("Config.FetchTimeout", &c.FetchTimeout, defaultFetchTimeout),
		setDuration("Config.Cooldown", &c.Cooldown, c.defaultCooldown()),
	)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, err
}

func (c Config) defaultCooldown() time.Duration {
	if c.File != "" {
		return fileInterval
	}
	return defaultCooldown
}

func (c Config) checkSource() error {
	discovers := c.URL == "" && c.File == ""
	return errors.Join(
		c.checkOneSource(),
		fault("Config.URL", unlessEmpty(c.URL, func() error { return checkURL(c.URL, c.InsecureAllowPlainHTTP) })),
		fault("Config.DiscoveryURL", unlessEmpty(c.DiscoveryURL, func() error {
			return checkURL(c.DiscoveryURL, c.InsecureAllowPlainHTTP)
		})),
		fault("Config.Issuer", unlessEmpty(c.Issuer, func() error {
			if discovers {
				return checkIssuer(c.Issuer, c.InsecureAllowPlainHTTP)
			}
			return checkName(c.Issuer)
		})),
	)
}

// checkOneSource finds no source, and more than one.
func (c Config) checkOneSource() error {
	switch {
	case c.URL == "" && c.Issuer == "" && c.File == "" && c.DiscoveryURL == "":
		return errors.New("jwks: Config.Issuer is empty, and so is Config.URL: set one of them " +
			"(is an environment variable unset?)")
	case c.File != "" && c.URL+c.DiscoveryURL+c.SnapshotFile != "":
		return errors.New("jwks: Config.File is set, and so is URL, DiscoveryURL or SnapshotFile: " +
			"keys have one source, so leave out File or the others")
	case c.URL != "" && c.DiscoveryURL != "":
		return errors.New("jwks: Config.DiscoveryURL is set, and so is Config.URL: " +
			"use DiscoveryURL for discovery, or URL to go without")
	case c.DiscoveryURL != "" && c.Issuer == "":
		return errors.New("jwks: Config.DiscoveryURL is set, and Config.Issuer is empty: " +
			"set it to the issuer that the metadata must name")
	}
	return nil
}

func unlessEmpty(text string, check func() error) error {
	if text == "" {
		return nil
	}
	return check()
}

// fault is what is wrong with a field, nil if nothing is.
func fault(field string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("jwks: %s %w", field, err)
}

// checkDirectories finds a path that was mistyped, or a volume that was not mounted,
// while somebody is looking. Whether the directory can be trusted may change, and is
// found out whenever the file is used.
func (c Config) checkDirectories() error {
	return errors.Join(
		checkDirectoryOf("Config.SnapshotFile", c.SnapshotFile, "make the directory, with mode 0700, or mount it"),
		checkDirectoryOf("Config.File", c.File, "correct it, or mount the directory before this process starts"),
	)
}

func checkDirectoryOf(field, name, remedy string) error {
	if name == "" {
		return nil
	}
	dir := filepath.Dir(name)
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("jwks: %s is in %.200q, which does not exist: %s", field, dir, remedy)
	case err == nil && !info.IsDir():
		return fmt.Errorf("jwks: %s is in %.200q, which is no directory: name a file in a directory", field, dir)
	}
	return nil
}

func (c Config) checkEncoding() error {
	switch {
	case c.Encoding == "":
		return nil
	case c.Encoding != EncodingPEM && c.Encoding != EncodingCertificates:
		return fmt.Errorf("jwks: Config.Encoding is %.40q: use one of the Encoding constants", string(c.Encoding))
	case c.Encoding == EncodingPEM && c.File == "":
		return errors.New("jwks: Config.Encoding is EncodingPEM, which is for a file: set File")
	case c.File == "" && c.URL == "":
		return errors.New("jwks: Config.Encoding is set, and discovery leads to a JWK Set: leave it out, or set URL")
	}
	return nil
}

func setDuration(field string, d *time.Duration, byDefault time.Duration) error {
	if *d == 0 {
		*d = byDefault
		return nil
	}
	switch {
	case *d < shortestDuration:
		return fmt.Errorf("jwks: %s is %v, negative or without its unit: "+
			"write 30*time.Second, or leave it 0 for the default", field, *d)
	case *d > longestDuration:
		return fmt.Errorf("jwks: %s is %v, longer than a year: write 366*24*time.Hour or less", field, *d)
	}
	return nil
}
