package jwks

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// KeyEndpointConfig says where a [KeyEndpoint] finds its keys and how patient it is. URL
// is required. The zero value of every other field is its documented default.
type KeyEndpointConfig struct {
	_ [0]func() // keyed literals only, and no comparison

	// URL is where the key of a kid is: an https URL with {kid} in its path, once, such as
	// https://keys.example/{kid} or https://keys.example/signing/{kid}.pem.
	URL string

	// Issuer is the issuer identifier that [KeyEndpoint.Issuer] returns. It is asked
	// nothing, and may be any text that stands in the iss claim. Default: none.
	Issuer string

	// HTTPClient makes the requests, as that of [Config] does, and with the same default
	// and the same bounds: all that both kinds of source ask of one host shares its 64
	// connections.
	HTTPClient *http.Client

	// Logger gets a record of every change to the keys, and of faults, as that of [Config].
	// Default: nothing is logged.
	Logger *slog.Logger

	// RefreshInterval is the longest time for which a key is used without asking for it
	// again: a key withdrawn at the endpoint is refused no later than this, plus one fetch,
	// if the endpoint can be reached. A key in use is asked for up to a quarter earlier, at
	// random. Default: 15 minutes, unless the answer has a Cache-Control max-age: see
	// Config.RefreshInterval.
	RefreshInterval time.Duration

	// MaxStale is how old a key may grow while the endpoint cannot be reached or answers
	// nonsense. Default: 24 hours.
	MaxStale time.Duration

	// FetchTimeout bounds one fetch, and with it the time that a request may wait.
	// Default: 5 seconds.
	FetchTimeout time.Duration

	// Cooldown is the time between fetches that find no key, once twelve have come in quick
	// succession, and how long it is remembered that there is no such key. Fetches that find
	// one are limited by nothing but that twelve are under way at a time. Default: 8 seconds.
	Cooldown time.Duration

	// MaxKeys is how many keys are remembered. The one that was not used for the longest
	// time makes room for the next. Default: 1024, which is also the most.
	MaxKeys int

	// InsecureAllowPlainHTTP gives up https, as that of [Config] does: whoever can touch the
	// network between you and the endpoint can then choose your keys.
	InsecureAllowPlainHTTP bool
}

// placeholder stands for the kid in KeyEndpointConfig.URL.
const placeholder = "{kid}"

var errPlaceholder = errors.New("does not have {kid} in its path, once: write https://host/{kid}")

// resolve returns a copy of c with the defaults filled in, or every fault of c.
func (c KeyEndpointConfig) resolve() (KeyEndpointConfig, error) {
	err := errors.Join(
		fault("KeyEndpointConfig.URL", c.checkURL()),
		fault("KeyEndpointConfig.Issuer", checkName(c.Issuer)),
		fault("KeyEndpointConfig.HTTPClient", checkClient(c.HTTPClient)),
		setDuration("KeyEndpointConfig.RefreshInterval", &c.RefreshInterval, 0), // see timing.go
		setDuration("KeyEndpointConfig.MaxStale", &c.MaxStale, defaultMaxStale),
		setDuration("KeyEndpointConfig.FetchTimeout", &c.FetchTimeout, defaultFetchTimeout),
		setDuration("KeyEndpointConfig.Cooldown", &c.Cooldown, defaultCooldown),
		c.checkMaxKeys(),
	)
	c.MaxKeys = cmp.Or(c.MaxKeys, maxKeys)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, err
}

// checkURL wants the placeholder in the path: anywhere else, what an unverified token says would
// choose whom to ask.
func (c KeyEndpointConfig) checkURL() error {
	if c.URL == "" {
		return errors.New("is empty: write https://host/{kid} (is an environment variable unset?)")
	}
	if err := checkURL(c.URL, c.InsecureAllowPlainHTTP); err != nil {
		return err
	}
	u, err := url.Parse(c.URL)
	if err != nil || strings.Count(c.URL, placeholder) != 1 || strings.Count(u.Path, placeholder) != 1 {
		return errPlaceholder
	}
	return nil
}

func (c KeyEndpointConfig) checkMaxKeys() error {
	if c.MaxKeys < 0 || c.MaxKeys > maxKeys {
		return fmt.Errorf("jwks: KeyEndpointConfig.MaxKeys is %d: use 1 to %d, or leave it 0 for that", c.MaxKeys, maxKeys)
	}
	return nil
}

// shownSource is where the keys come from, as it may be shown.
func (c KeyEndpointConfig) shownSource() string {
	if checkIssuer(c.Issuer, true) == nil {
		return c.Issuer
	}
	return c.shownURL()
}

// shownURL is the URL without what it may hold beside scheme, host and path.
func (c KeyEndpointConfig) shownURL() string {
	return strings.Replace(place(c.URL), url.PathEscape(placeholder), placeholder, 1)
}

// Format writes the issuer, or the URL without what it may hold beside scheme, host
// and path.
func (c KeyEndpointConfig) Format(s fmt.State, _ rune) {
	fmt.Fprintf(s, "jwks.KeyEndpointConfig(%s)", c.shownSource())
}

// MarshalText returns what Format writes, for whatever writes JSON, such as a handler
// of log/slog.
func (c KeyEndpointConfig) MarshalText() ([]byte, error) { return []byte(fmt.Sprint(c)), nil }
