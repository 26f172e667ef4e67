package introspection

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// httpClient is the caller's client, or one of our own, that goes nowhere but
// where it is sent.
func httpClient(config Config) *http.Client {
	client := http.Client{}
	if config.HTTPClient != nil {
		client = *config.HTTPClient
	} else if shared, ok := http.DefaultTransport.(*http.Transport); ok {
		transport := shared.Clone()
		// The default of two idle connections a host would open and close one
		// for nearly every call of a busy service.
		transport.MaxIdleConnsPerHost = config.MaxConcurrentCalls
		transport.MaxIdleConns = 0 // the bound of a host is enough: there is one
		// A connection for each call under way: what a firewall cuts because of
		// one token is not the connection of all others.
		transport.Protocols = new(http.Protocols)
		transport.Protocols.SetHTTP1(true)
		if transport.TLSClientConfig != nil { // the offer of HTTP/2 stays in it once a transport was used
			transport.TLSClientConfig.NextProtos = []string{"http/1.1"}
		}
		client.Transport = transport
	}
	client.Jar = nil
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// exchange sends one question (RFC 7662 §2.1) and returns the body of a
// successful answer.
func (c *Client) exchange(ctx context.Context, f *flight) ([]byte, error) {
	request, err := c.request(ctx, f)
	if err != nil {
		return nil, err
	}
	f.progress.reached(stageWaiting)
	response, err := c.http.Do(request)
	if err != nil {
		return nil, transportFailure(ctx, f, err)
	}
	c.alive() // over a kept connection, or by a transport that reports nothing
	defer response.Body.Close()
	body, err := readBounded(response.Body, c.config.MaxAnswerBytes)
	switch {
	case response.StatusCode != http.StatusOK:
		return nil, c.statusFailure(response, body)
	case errors.Is(err, errTooLarge):
		return nil, &UnavailableError{
			Failure: FailureTooLarge, Status: response.StatusCode, detail: "longer than Config.MaxAnswerBytes",
		}
	case err != nil:
		return nil, transportFailure(ctx, f, err)
	case !isJSON(response.Header):
		return nil, &UnavailableError{Failure: FailureContentType, Status: response.StatusCode}
	}
	return body, nil
}

// maxSendings bounds how often one question is sent. net/http sends it again when
// the kept connection that it chose turns out to be closed, and would do so as
// often as there are kept connections; a firewall that hangs up on a token closes
// one each time.
const maxSendings = 3

func (c *Client) request(ctx context.Context, f *flight) (*http.Request, error) {
	header := http.Header{
		"Accept":       {"application/json"},
		"Content-Type": {"application/x-www-form-urlencoded"},
		// A nil key tells net/http that the question may be asked twice, and
		// is not sent: it tries again when a kept connection turns out to have
		// been closed at the other end, which it would not do for a POST.
		"Idempotency-Key": nil,
	}
	if authenticate := c.config.Credentials.header; authenticate != nil {
		if err := authenticate(ctx, header); err != nil {
			return nil, &UnavailableError{Failure: FailureNoCredentials, err: foreign(err, f.token)}
		}
	}
	form, err := c.form(f)
	if err != nil {
		return nil, err
	}
	ctx = f.progress.follow(ctx, c.alive)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.config.Endpoint, form)
	if err != nil {
		return nil, &UnavailableError{Failure: FailureUnreachable, err: foreign(err, f.token)}
	}
	request.Header = header
	request.GetBody = c.again(f)
	return request, nil
}

func (c *Client) form(f *flight) (*strings.Reader, error) {
	form := url.Values{"token": {f.token}, "token_type_hint": {"access_token"}}
	if authenticate := c.config.Credentials.form; authenticate != nil {
		if err := authenticate(form); err != nil {
			return nil, &UnavailableError{Failure: FailureNoCredentials, err: foreign(err, f.token)}
		}
	}
	return strings.NewReader(form.Encode()), nil
}

// again makes the form for each further sending anew: the server may have seen the
// assertion in the one before, and refuse it (RFC 7523 §3).
func (c *Client) again(f *flight) func() (io.ReadCloser, error) {
	sendings := 1
	return func() (io.ReadCloser, error) {
		if sendings++; sendings > maxSendings {
			return nil, errors.New("connections are closed on this question")
		}
		form, err := c.form(f)
		if err != nil {
			return nil, err
		}
		return io.NopCloser(form), nil
	}
}

// transportFailure tells being late from being unreachable.
func transportFailure(ctx context.Context, f *flight, err error) error {
	if u, ok := errors.AsType[*UnavailableError](err); ok {
		return u // of again
	}
	var timeout interface{ Timeout() bool }
	if ctx.Err() != nil || errors.As(err, &timeout) && timeout.Timeout() {
		return late(&f.progress)
	}
	return &UnavailableError{Failure: FailureUnreachable, err: foreign(err, f.token)}
}

var errTooLarge = errors.New("answer too large")

// readBounded reads one byte more than it may return, so that a longer body is
// an error and not a body cut short.
func readBounded(body io.Reader, limit int) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(body, int64(limit)+1))
	if err == nil && len(data) > limit {
		err = errTooLarge
	}
	return data, err
}

// isJSON accepts application/json alone. A signed answer,
// application/token-introspection+jwt (RFC 9701), is not asked for and not
// understood.
func isJSON(header http.Header) bool {
	values := header.Values("Content-Type")
	if len(values) != 1 {
		return false
	}
	mediaType, _, err := mime.ParseMediaType(values[0])
	return err == nil && mediaType == "application/json"
}
