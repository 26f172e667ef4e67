package doctor

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/protector/cmd/guard/internal/terminal"
)

// maxIssuer is how long an issuer's name may be to be offered; a longer one is nobody's.
const maxIssuer = 300

// checkMetadata says whether the metadata could be read, and whether it is of the issuer that was asked for.
func (e *examination) checkMetadata() {
	if e.config.Keys.URL != "" || e.config.Keys.File != "" {
		return // no discovery
	}
	switch named, at := e.named(); {
	case !e.status.DiscoveredAt.IsZero():
		e.add("metadata", Good, "read at "+at, "")
		e.add("issuer", Good, "identical to the configured one: "+shown(e.config.Keys.Issuer), "")
	case at != "" && named != e.config.Keys.Issuer:
		e.add("metadata", Good, "read at "+at, "")
		e.add("issuer", Bad, difference(e.config.Keys.Issuer, named), e.issuerRemedy(named))
	default:
		e.unreadable()
	}
}

func (e *examination) unreadable() {
	fault := e.fault()
	switch to := e.redirectedTo(); {
	case e.certificateFault() != nil:
		e.add("metadata", Bad, fault, "have the issuer renew its certificate, or trust its authority: SSL_CERT_FILE names "+
			"a file of authorities")
	case e.speaksOldTLS():
		e.add("metadata", Bad, fault, "TLS 1.2 is the oldest version that is taken: whoever runs the issuer has to offer it")
	case !e.answered():
		e.add("metadata", Unknown, fault, "look at the name, the port, the proxy (HTTPS_PROXY) and the firewall")
	case to != "":
		e.add("metadata", Bad, fault, "it is redirected to "+to+": if that is your issuer, give its name as it stands there")
	default:
		e.add("metadata", Bad, fault, "is this an issuer, and the whole of its name, with tenant or realm? "+
			"Where there is no discovery, give -jwks-url")
	}
}

// named returns the issuer that a metadata document names, and where that document is.
func (e *examination) named() (issuer, at string) {
	for _, x := range e.wire.exchanges() {
		if x.status != http.StatusOK || x.url == e.status.JWKSURL {
			continue
		}
		var m struct {
			Issuer string `json:"issuer"`
		}
		if json.Unmarshal(x.body, &m) == nil && m.Issuer != "" {
			issuer, at = m.Issuer, x.url
			if issuer == e.config.Keys.Issuer {
				return issuer, at
			}
		}
	}
	return issuer, at
}

// corrected returns the name that the issuer gives itself, if it is another one of the same origin that the library
// would take.
func (e *examination) corrected() (string, bool) {
	named, at := e.named()
	if at == "" || !e.status.DiscoveredAt.IsZero() || !offered(named) || !sameOrigin(e.config.Keys.Issuer, named) {
		return "", false
	}
	config := e.config.Keys
	config.Issuer = named
	_, err := jwks.NewRemote(config)
	return named, err == nil
}

// offered reports whether a name may be offered for pasting.
func offered(issuer string) bool {
	return len(issuer) <= maxIssuer && terminal.Plain(issuer, maxIssuer) == issuer &&
		!strings.ContainsAny(issuer, " '\"\\`$")
}

func (e *examination) issuerRemedy(named string) string {
	switch {
	case !offered(named):
		return "the issuer names itself by what is none: this is for whoever runs it"
	case sameOrigin(e.config.Keys.Issuer, named):
		return "configure exactly " + shown(named)
	}
	return "only if " + shown(named) + " is your issuer, and this address another way to it: " +
		"give -issuer that name and -discovery-url this address"
}

// difference says how the name that was given differs from the one in the metadata.
func difference(given, named string) string {
	return differs(given, named) + ": the metadata names " + shown(named)
}

func differs(given, named string) string {
	g, _ := url.Parse(given)
	n, err := url.Parse(named)
	switch {
	case named == given+"/":
		return "a slash is missing at the end"
	case named+"/" == given:
		return "there is a slash at the end that does not belong there"
	case err != nil || g == nil:
		return "it is not the same"
	case strings.EqualFold(given, named):
		return "letter case differs"
	case g.Hostname() != n.Hostname():
		return "the host differs"
	case g.Scheme != n.Scheme:
		return "the scheme differs"
	case g.Port() != n.Port():
		return "the port differs"
	}
	return "the path differs (tenant, realm or version)"
}

// shown quotes what somebody else has written.
func shown(text string) string {
	if len(text) > maxIssuer {
		return strconv.QuoteToASCII(strings.ToValidUTF8(text[:maxIssuer], "")) + "..."
	}
	return strconv.QuoteToASCII(text)
}

func sameOrigin(a, b string) bool {
	u, err := url.Parse(a)
	v, err2 := url.Parse(b)
	return err == nil && err2 == nil && u.Scheme == v.Scheme && strings.EqualFold(u.Host, v.Host)
}

// redirectedTo returns where the metadata is redirected to, "" if it is not.
func (e *examination) redirectedTo() string {
	for _, x := range e.wire.exchanges() {
		if location := x.header.Get("Location"); x.status >= 300 && x.status < 400 && location != "" {
			return shown(location)
		}
	}
	return ""
}
