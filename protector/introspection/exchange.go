package introspection

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// operatorPause is what a client is told to wait when only a person can mend
// things.
const operatorPause = 30 * time.Second

// httpClient is the caller's client, or one of our own, that goes nowhere but
// where it is sent.
func httpClient(config Config) *http.Client {
	client := http.Client{}
	if config.HTTPClient != nil {
		client = *config.HTTPClient
	} else if shared, ok := http.DefaultTransport.(*http.Transport); ok {
		// The default of two idle connections a host would open and close one
		// for nearly every call of a busy service.
		transport := shared.Clone()
		transport.MaxIdleConnsPerHost = config.MaxConcurrentCalls
		client.Transport = transport
	}
	client.Jar = nil
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// exchange sends one question (RFC 7662 §2.1) and returns the body of a
// successful answer.
func (c *Client) exchange(ctx context.Context, token string) ([]byte, error) {
	request, err := c.request(ctx, token)
	if err != nil {
		return nil, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, transportFailure(ctx, err)
	}
	defer response.Body.Close()
	body, err := readBounded(response.Body, c.config.MaxAnswerBytes)
	switch {
	case response.StatusCode != http.StatusOK:
		return nil, c.statusFailure(response, body)
	case errors.Is(err, errTooLarge):
		return nil, &UnavailableError{Failure: FailureTooLarge, Status: response.StatusCode}
	case err != nil:
		return nil, transportFailure(ctx, err)
	case !isJSON(response.Header):
		return nil, &UnavailableError{Failure: FailureContentType, Status: response.StatusCode}
	}
	return body, nil
}

func (c *Client) request(ctx context.Context, token string) (*http.Request, error) {
	form := url.Values{"token": {token}, "token_type_hint": {"access_token"}}
	header := http.Header{
		"Accept":       {"application/json"},
		"Content-Type": {"application/x-www-form-urlencoded"},
		// A nil key tells net/http that the question may be asked twice, and
		// is not sent: it tries again when a kept connection turns out to have
		// been closed at the other end, which it would not do for a POST.
		"Idempotency-Key": nil,
	}
	if err := c.config.Credentials.authenticate(ctx, header, form); err != nil {
		return nil, &UnavailableError{Failure: FailureNoCredentials, err: err}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.config.Endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, &UnavailableError{Failure: FailureUnreachable, err: err}
	}
	request.Header = header
	return request, nil
}

// transportFailure tells being late from being unreachable.
func transportFailure(ctx context.Context, err error) error {
	var timeout interface{ Timeout() bool }
	if ctx.Err() != nil || errors.As(err, &timeout) && timeout.Timeout() {
		return &UnavailableError{Failure: FailureTimedOut, err: context.DeadlineExceeded}
	}
	var located *url.Error
	if errors.As(err, &located) {
		err = located.Err // without the URL, which the operator knows
	}
	return &UnavailableError{Failure: FailureUnreachable, err: err}
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

func (c *Client) statusFailure(response *http.Response, body []byte) error {
	u := &UnavailableError{Failure: FailureStatus, Status: response.StatusCode}
	switch response.StatusCode {
	case http.StatusUnauthorized, http.StatusForbidden:
		u.Failure, u.retryAfter = FailureCredentialsRefused, operatorPause
	case http.StatusBadRequest:
		if refusesClient(body) {
			u.Failure, u.retryAfter = FailureCredentialsRefused, operatorPause
		}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		u.retryAfter = parseRetryAfter(response.Header.Get("Retry-After"), c.config.Now())
	}
	return u
}

// refusesClient recognises the errors of RFC 6749 §5.2 that are about us. Some
// servers send them with status 400.
func refusesClient(body []byte) bool {
	var answer struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return false
	}
	return answer.Error == "invalid_client" || answer.Error == "unauthorized_client"
}

// parseRetryAfter reads both forms of RFC 9110 §10.2.3, within bounds; 0 if
// there is nothing to read.
func parseRetryAfter(value string, now time.Time) time.Duration {
	var rest time.Duration
	if seconds, err := strconv.ParseUint(value, 10, 16); err == nil {
		rest = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		rest = at.Sub(now)
	}
	return min(max(rest, 0), maxRest)
}

// endpointWide says whether the failure is the endpoint's own, whichever token
// was asked about. A plain 500 or an unreadable answer might be the work of one
// token; being late is not excused so, because it is what costs the most.
func (e *UnavailableError) endpointWide() bool {
	switch e.Failure {
	case FailureUnreachable, FailureTimedOut, FailureNoCredentials, FailureCredentialsRefused:
		return true
	case FailureStatus:
		return e.Status == http.StatusTooManyRequests || e.Status >= http.StatusBadGateway
	}
	return false
}

// rest is how long the endpoint asked to be left alone.
func (e *UnavailableError) rest() time.Duration {
	if e.Failure == FailureStatus {
		return e.retryAfter
	}
	return 0
}
