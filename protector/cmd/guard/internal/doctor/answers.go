package doctor

import (
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"example.com/resourceserver/protector/cmd/guard/internal/terminal"
)

func plain(text string) string { return terminal.Plain(text, maxIssuer) }

// checkCache says how long the issuer lets its keys be kept, and what is made of it.
func (e *examination) checkCache() {
	x, ok := e.keySetAnswer()
	if !ok {
		return
	}
	field := strings.Join(x.header.Values("Cache-Control"), ", ")
	found := "no Cache-Control"
	if field != "" {
		found = "Cache-Control " + shown(field)
	}
	if x.header.Get("ETag") != "" {
		found += ", an ETag"
	}
	outcome, taken, remedy := judgeCacheControl(field)
	found += taken
	if e.status.State.Usable() {
		next := e.status.NextRefresh.Sub(e.status.ConfirmedAt).Round(time.Second)
		found += ": keys are asked for again after " + next.String()
	}
	e.add("cache", outcome, found, remedy)
}

// Bounds on max-age: those that jwks sets (jwks.Config.RefreshInterval), and what no issuer of keys can mean.
const (
	shortestMaxAge = time.Minute
	longestMaxAge  = time.Hour
	absurdMaxAge   = 90 * 24 * time.Hour
)

// judgeCacheControl says what jwks takes the field for, where that is not what it says, and what is wrong with it.
func judgeCacheControl(field string) (outcome Outcome, taken, remedy string) {
	maxAge, given := maxAgeIn(field)
	switch {
	case given && maxAge < shortestMaxAge:
		return Warning, ", taken as a minute", "every instance of a service asks once a minute: " +
			"whoever runs the issuer should allow some minutes"
	case given && maxAge > absurdMaxAge:
		return Warning, ", taken as an hour", "whoever believes it uses a withdrawn key for as long: " +
			"whoever runs the issuer should say an hour or less"
	case given && maxAge > longestMaxAge:
		return Good, ", taken as an hour", ""
	case given:
		return Good, "", ""
	case strings.Contains(strings.ToLower(field), "no-store"): // which many issuers send with whatever they say
		return Good, ", and keys are kept in memory all the same", ""
	}
	return Good, "", ""
}

// maxAgeIn reads max-age (RFC 9111 §5.2.2.1).
func maxAgeIn(field string) (maxAge time.Duration, given bool) {
	for directive := range strings.SplitSeq(field, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
		if !strings.EqualFold(name, "max-age") {
			continue
		}
		const bound = 1 << 30 // seconds; a number without one would not fit a Duration
		seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 63)
		if err != nil && !errors.Is(err, strconv.ErrRange) {
			continue
		}
		return time.Duration(min(seconds, bound)) * time.Second, true
	}
	return 0, false
}

// What is forgiven: jwt.Config.Leeway by default, and what is worth a word. Date has whole seconds.
const (
	leeway     = 30 * time.Second
	worthAWord = 5 * time.Second
)

// checkClock compares the clock here with the issuer's.
func (e *examination) checkClock() {
	for _, x := range e.wire.exchanges() {
		date, err := http.ParseTime(x.header.Get("Date"))
		if err != nil {
			continue
		}
		behind := clockDifference(date, x)
		found := "this clock and that of the server differ by " + behind.Abs().Round(time.Second).String()
		switch {
		case behind.Abs() > leeway:
			e.add("clock", Bad, found+", and 30s are forgiven", "set both by NTP: tokens will seem expired, or not valid yet")
		case behind.Abs() > worthAWord:
			e.add("clock", Warning, found, "30s are forgiven: set both by NTP")
		default:
			e.add("clock", Good, found, "")
		}
		return
	}
}

// clockDifference is how far the server is ahead. A cache on the way says by Age how old the Date is (RFC 9111 §5.1).
// The server wrote it between the request and the answer, within the second that Date names.
func clockDifference(date time.Time, x exchange) time.Duration {
	if age, err := strconv.Atoi(x.header.Get("Age")); err == nil && age > 0 && age < 1<<30 {
		date = date.Add(time.Duration(age) * time.Second)
	}
	switch {
	case date.Add(time.Second).Before(x.began):
		return date.Add(time.Second).Sub(x.began)
	case date.After(x.ended):
		return date.Sub(x.ended)
	}
	return 0
}

// expiresSoon is when a certificate should long have been renewed, by whatever renews it.
const expiresSoon = 14 * 24 * time.Hour

// checkTLS looks at the connections, each server once.
func (e *examination) checkTLS() {
	seen := make(map[string]bool)
	for _, x := range e.wire.exchanges() {
		u, err := url.Parse(x.url)
		if err != nil || x.status == 0 || seen[u.Host] {
			continue
		}
		seen[u.Host] = true
		switch {
		case x.tls != nil:
			e.judgeTLS(plain(u.Host), x.tls)
		case e.config.Keys.InsecureAllowPlainHTTP:
			e.add("tls", Warning, "none at "+plain(u.Host), "whoever touches the network can choose your keys: use https")
		default:
			e.add("tls", Good, "none at "+plain(u.Host)+", which is this machine", "")
		}
	}
}

func (e *examination) judgeTLS(host string, state *tls.ConnectionState) {
	found := tls.VersionName(state.Version) + " at " + host
	if len(state.PeerCertificates) == 0 {
		e.add("tls", Good, found, "")
		return
	}
	until := end(state)
	found += ", certificate until " + until.UTC().Format(time.DateOnly)
	if left := time.Until(until); left < expiresSoon {
		e.add("tls", Warning, found, "it ends in "+left.Round(time.Hour).String()+": does anything renew it?")
		return
	}
	e.add("tls", Good, found, "")
}

// end returns when the certificates of the server end: with the first of a chain, of the chain that ends last.
func end(state *tls.ConnectionState) time.Time {
	last := state.PeerCertificates[0].NotAfter
	for i, chain := range state.VerifiedChains {
		first := chain[0].NotAfter
		for _, c := range chain {
			if c.NotAfter.Before(first) {
				first = c.NotAfter
			}
		}
		if i == 0 || first.After(last) {
			last = first
		}
	}
	return last
}
