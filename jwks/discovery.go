package jwks

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// maxMetadataBytes bounds the metadata document; real ones have 2 to 8 KiB.
const maxMetadataBytes = 128 << 10

// metadata is what discovery yields. Its zero value means none yet.
type metadata struct {
	jwksURL string
	found   int // which of the well-known locations had it
}

// discovery finds the JWK Set of an issuer (RFC 8414 §3, OpenID Connect
// Discovery 1.0 §4).
type discovery struct {
	issuer    string
	url       string // Config.DiscoveryURL, "" to ask the issuer
	plainHTTP bool   // Config.InsecureAllowPlainHTTP
	get       *getter
}

// locations lists where metadata may be, in the order they are asked: RFC 8414
// inserts the well-known part between host and path, OpenID Connect appends it.
func (d *discovery) locations() []string {
	if d.url != "" {
		return []string{d.url}
	}
	u, err := url.Parse(d.issuer)
	if err != nil {
		return nil // checked at construction
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	base := (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()
	return []string{
		base + "/.well-known/oauth-authorization-server" + path,
		base + path + "/.well-known/openid-configuration",
	}
}

// find reads the metadata, beginning where it was the last time. Each location may take its share
// of the time that is left: one that hangs must not keep the next from being asked.
func (d *discovery) find(ctx context.Context, last metadata) (metadata, error) {
	locations := d.locations()
	var fault error
	missing := 0
	for i := range locations {
		n := (last.found + i) % len(locations)
		jwksURL, err := d.readWithin(ctx, locations[n], len(locations)-i)
		if err == nil {
			return metadata{jwksURL, n}, nil
		}
		err = fmt.Errorf("discovery at %s: %w", place(locations[n]), err)
		if errors.Is(err, statusError(http.StatusNotFound)) {
			missing++
		}
		if fault == nil {
			fault = err
			continue
		}
		fault = fmt.Errorf("%w; %w", fault, err) // one line: it ends in logs
	}
	if missing == len(locations) {
		return metadata{}, fmt.Errorf("%w: check Config.Issuer, or set Config.URL if the issuer has no discovery", fault)
	}
	return metadata{}, fault
}

// readWithin is read within one of several equal shares of the time that ctx has left. What a
// location does not use is for those after it, and in the end for the key set.
func (d *discovery) readWithin(ctx context.Context, location string, shares int) (string, error) {
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/time.Duration(shares))
		defer cancel()
	}
	return d.read(ctx, location)
}

func (d *discovery) read(ctx context.Context, location string) (string, error) {
	a, err := d.get.get(ctx, location, "", maxMetadataBytes, metadataMedia)
	if err != nil {
		return "", err
	}
	return d.judge(a.body)
}

// judge reads a metadata document. Its issuer must be identical to the
// configured one, with no normalization (RFC 8414 §3.3): else one tenant
// could speak for another.
func (d *discovery) judge(doc []byte) (string, error) {
	if deeperThan(doc, maxDepth) {
		return "", errTooDeep
	}
	var m struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(doc, &m); err != nil {
		return "", errors.New("not a JSON object of metadata")
	}
	if m.Issuer != d.issuer {
		return "", d.mismatch(m.Issuer)
	}
	if err := d.checkJWKSURL(m.JWKSURI); err != nil {
		return "", fmt.Errorf("jwks_uri %w", err)
	}
	return m.JWKSURI, nil
}

// mismatch names the slash that one of the two has and the other lacks before all else:
// it is the usual mistake, and the end of a text may be cut off.
func (d *discovery) mismatch(issuer string) error {
	by := ""
	if strings.TrimSuffix(issuer, "/") == strings.TrimSuffix(d.issuer, "/") {
		by = " by the slash at the end"
	}
	return fmt.Errorf("issuer mismatch%s: the metadata is of %s, and Config.Issuer must be identical",
		by, shownIssuer(issuer))
}

// shownIssuer quotes what a server says its issuer is.
func shownIssuer(issuer string) string { return withoutSecrets(fmt.Sprintf("%.200q", issuer)) }

// checkJWKSURL allows http to a loopback address only if the metadata is at one
// itself: an https issuer must not be able to point at a port of this machine.
func (d *discovery) checkJWKSURL(raw string) error {
	if isPlainHTTP(raw) && !isPlainHTTP(cmp.Or(d.url, d.issuer)) && !d.plainHTTP {
		return errPlainHTTP
	}
	return checkURL(raw, d.plainHTTP)
}
