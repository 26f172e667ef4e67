package jwks

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// Config says where a [Remote] gets its keys and how patient it is. Exactly
// one of URL and Issuer must be set; the zero value of every other field is its
// documented default.
//
// A duration is honoured as given, from a millisecond to a year. What the issuer's servers ask for, by
// Cache-Control, is kept within bounds: see RefreshInterval.
type Config struct {
	_ [0]func() // keyed literals only, and no comparison

	// URL is where the JWK Set is, if you know it: an https URL.
	URL string

	// Issuer is the issuer identifier, exactly as it stands in the iss claim.
	// The JWK Set is then found by discovery: the metadata at the path that RFC
	// 8414 §3.1 inserts (https://host/.well-known/oauth-authorization-server/path)
	// is asked first, then the one that OpenID Connect Discovery appends
	// (https://host/path/.well-known/openid-configuration). The issuer in
	// the answer must be identical to this one.
	Issuer string

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
	// access control list. What is wrong is logged, no later than at the first
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
		setDuration("RefreshInterval", &c.RefreshInterval, 0), // the default depends on the answer, see timing.go
		setDuration("MaxStale", &c.MaxStale, defaultMaxStale),
		setDuration("FetchTimeout", &c.FetchTimeout, defaultFetchTimeout),
		setDuration("Cooldown", &c.Cooldown, defaultCooldown),
	)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, err
}

func (c Config) checkSource() error {
	switch {
	case c.URL == "" && c.Issuer == "":
		return errors.New("jwks: Config.Issuer is empty, and so is Config.URL: set one of them")
	case c.URL != "" && c.Issuer != "":
		return errors.New("jwks: Config.Issuer is set, and so is Config.URL: " +
			"use Issuer for discovery, or URL to go without")
	case c.URL != "":
		if err := checkURL(c.URL, c.InsecureAllowPlainHTTP); err != nil {
			return fmt.Errorf("jwks: Config.URL %w", err)
		}
	default:
		if err := checkIssuer(c.Issuer, c.InsecureAllowPlainHTTP); err != nil {
			return fmt.Errorf("jwks: Config.Issuer %w", err)
		}
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
		return fmt.Errorf("jwks: Config.%s is %v, negative or without its unit: "+
			"write 30*time.Second, or leave it 0 for the default", field, *d)
	case *d > longestDuration:
		return fmt.Errorf("jwks: Config.%s is %v, longer than a year: write 366*24*time.Hour or less", field, *d)
	}
	return nil
}
