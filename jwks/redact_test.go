package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// secretURL has a secret wherever a URL can hold one beside its path.
const secretURL = "https://user:hidden@idp.example/token?client_secret=hidden&b=a hidden#hidden"

func failing(err error) answerFunc {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

func saying(text string) answerFunc { return failing(errors.New(text)) }

func redirecting(location string) answerFunc {
	return func(req *http.Request) (*http.Response, error) {
		return respond(req, 302, http.Header{"Location": {location}}, ""), nil
	}
}

// Nothing of a URL but scheme, host and path gets into an error, the log or the status page, however
// the transport and the code below it wrap it.
func TestErrorsHideWhatURLsHold(t *testing.T) {
	nested := &url.Error{Op: "Post", URL: secretURL, Err: io.ErrUnexpectedEOF}
	//lint:ignore SA1007 what it says of a URL that is none is what is tested
	_, unparsable := url.Parse("https://user:hid/den@idp.example:hidden/?hidden")
	require.ErrorContains(t, unparsable, "hid")
	for name, tc := range map[string]struct {
		answer answerFunc
		shown  string // a part of what is left
	}{
		"nested":             {failing(fmt.Errorf("oauth2: no token: %w", nested)), "https://idp.example/token"},
		"nested, as text":    {failing(fmt.Errorf("oauth2: no token: %v", nested)), "https://idp.example/token"},
		"nested twice":       {failing(&url.Error{Op: "Get", URL: secretURL, Err: nested}), "https://idp.example/token"},
		"joined":             {failing(errors.Join(errors.New("one"), nested)), "one"},
		"quoted in a quote":  {failing(fmt.Errorf("step %q", nested.Error())), "https://idp.example/token"},
		"bare":               {saying("Get https://idp.example/a?key=hidden: EOF"), "https://idp.example/a: EOF"},
		"bare, in brackets":  {saying("failed (https://u:hidden@idp.example/a?hidden)"), "https://idp.example/a"},
		"relative":           {saying("GET /a/b?key=hidden failed"), "/a/b failed"},
		"relative, quoted":   {saying(`malformed HTTP response "GET /a?k=hidden x=hidden"`), "GET /a"},
		"fragment":           {saying("at https://idp.example/a#hidden"), "https://idp.example/a"},
		"port of a password": {saying("at https://user:hid?den@idp.example/ now"), "now"},
		"unparsable":         {failing(fmt.Errorf("oauth2: %w", unparsable)), "oauth2: not a URL"},
		"proxy":              {saying(`invalid proxy address "user:hidden@proxy.example:x"`), `"proxy.example:x"`},
		"proxy with scheme":  {saying("via socks5://user:hidden@proxy.example:1080"), "socks5://proxy.example:1080"},
		"Location":           {redirecting("https://issuer.example/%zz?sig=hidden"), "failed to parse Location"},
		"Location, relative": {redirecting("/%zz?sig=hidden"), "failed to parse Location"},
		"Location, userinfo": {redirecting("https://user:hidden@issuer.example:bad/"), "failed to parse Location"},
		"Location, away":     {redirecting(secretURL), "another origin"},
		"content type":       {body(200, "text/html; at="+secretURL, "hidden"), "content type"},
		"body cut":           {cutBody(nested), "unexpected EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			e, log := newEndpoint(ecJWK("a")), &logBuffer{}
			e.answer(tc.answer)
			r := newRemote(t, e, func(c *jwks.Config) { c.URL, c.Logger = setURL+"?key=hidden", log.logger() })
			err := r.Refresh(t.Context())
			require.ErrorContains(t, err, tc.shown)
			require.ErrorContains(t, err, "key set at "+setURL)
			_, unavailable := r.VerificationKeys(t.Context(), "a", "ES256")
			page := httptest.NewRecorder()
			r.StatusHandler().ServeHTTP(page, httptest.NewRequest("GET", "/", nil))
			log.requireContains(t, "refresh failed")
			for _, text := range []string{
				everyText(err), everyText(unavailable), everyText(r.Status().LastError), page.Body.String(), log.String(),
			} {
				require.NotContains(t, text, "hid")
			}

			e = newEndpoint(ecJWK("a")) // the same of discovery
			e.metadata = tc.answer
			log = &logBuffer{}
			r = newRemote(t, e, func(c *jwks.Config) { byIssuer(c); c.Logger = log.logger() })
			err = r.Refresh(t.Context())
			require.ErrorContains(t, err, tc.shown)
			log.requireContains(t, "refresh failed")
			require.NotContains(t, everyText(err)+log.String(), "hid")
		})
	}
}

func cutBody(err error) answerFunc {
	return func(req *http.Request) (*http.Response, error) {
		resp := respond(req, 200, nil, "")
		resp.Body, resp.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader("{"), failingReader{err})), -1
		resp.Header = http.Header{"Content-Type": {"application/json"}}
		return resp, nil
	}
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// everyText is what can be read of an error by those who unwrap it.
func everyText(err error) string {
	if err == nil {
		return ""
	}
	text := fmt.Sprintf("%v %+v %#v\n", err, err, err.Error())
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		text += everyText(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			text += everyText(inner)
		}
	}
	return text
}

// What the metadata says of its issuer is quoted, and is a URL like any other.
func TestForeignIssuerIsShownWithoutItsQuery(t *testing.T) {
	e := newEndpoint(ecJWK("a"))
	e.metadata = metadata("https://user:hidden@other.example/a?key=hidden", setURL)
	err := newRemote(t, e, byIssuer).Refresh(t.Context())
	require.ErrorContains(t, err, `issuer mismatch: the metadata is of "https://other.example/a"`)
	require.NotContains(t, err.Error(), "hidden")
}

// The cause of a failed fetch can be asked for, though not be had.
func TestCausesCanBeAskedFor(t *testing.T) {
	e := newEndpoint()
	e.answer(failing(&url.Error{Op: "Post", URL: secretURL, Err: io.ErrUnexpectedEOF}))
	err := newRemote(t, e, nil).Refresh(t.Context())
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	var u *url.Error
	require.False(t, errors.As(err, &u))
}

// A proxy that cannot be reached is named without its password, by the real transport.
func TestProxyIsNamedWithoutItsPassword(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	proxy := must(url.Parse(strings.Replace(closed.URL, "http://", "http://user:hidden@", 1)))
	r, err := jwks.NewRemote(jwks.Config{
		URL: setURL, HTTPClient: &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy)}},
	})
	require.NoError(t, err)
	err = r.Refresh(t.Context())
	require.ErrorContains(t, err, "proxyconnect")
	require.NotContains(t, everyText(err), "hidden")
}

// A text of any size is cut where it is read by people.
func TestErrorsAreBounded(t *testing.T) {
	e := newEndpoint()
	e.answer(saying(strings.Repeat("é", 1<<20)))
	err := newRemote(t, e, nil).Refresh(t.Context())
	require.Less(t, len(err.Error()), 1<<10)
}

// Such a text takes no time either. At 64 KiB, which is what the default transport reads of a header, looking for the
// end of each quotation in turn took minutes.
func TestErrorsAreReadInLinearTime(t *testing.T) {
	for _, text := range []string{`\"`, `"`, `"\`, `?"`, "https://", "a@", ` "x`} {
		e := newEndpoint()
		e.answer(saying(strings.Repeat(text, 1<<23/len(text))))
		r := newRemote(t, e, nil)
		require.Less(t, len(r.Refresh(t.Context()).Error()), 1<<10)
		require.NotErrorIs(t, r.Status().LastError, context.DeadlineExceeded, text)
	}
}

// What people write of URLs is not always as net/url writes it.
func TestErrorsHideWhatIsOddlyQuoted(t *testing.T) {
	for _, text := range []string{
		`cannot reach https://h.example/keys?token="hidden"`,
		`tried https://a.example/x,https://user:hidden@b.example/y`,
		`via https://proxy.example/https://user:hidden@b.example/y`,
		`cut "https://h.example/keys?token=a hidden`,
		`Get "https://h.example/keys?a=` + strings.Repeat(" hidden", 2000) + `": EOF`,
	} {
		e := newEndpoint()
		e.answer(saying(text))
		err := newRemote(t, e, nil).Refresh(t.Context())
		require.NotContains(t, everyText(err), "hid", text)
	}
}
