package introspection

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
)

const (
	// operatorPause is what a client is told to wait when only a person can mend
	// things.
	operatorPause = 30 * time.Second
	// maxRetryAfter bounds what a client is told in the endpoint's name. Its word
	// is heard, but a mistaken hour is not an hour of outage.
	maxRetryAfter = 30 * time.Second
)

// statusFailure says what a status other than 200 means: that nothing could be
// learnt about this token. It may mean more, and cannot be believed to: see breaker.
func (c *Client) statusFailure(response *http.Response, body []byte) error {
	u := &UnavailableError{Failure: FailureStatus, Status: response.StatusCode}
	switch response.StatusCode {
	case http.StatusBadRequest:
		if refusesClient(body) {
			u.Failure, u.retryAfter, u.detail = FailureCredentialsRefused, operatorPause, c.config.Credentials.remedy
		}
	case http.StatusUnauthorized, http.StatusForbidden:
		if refusesClient(body) {
			u.Failure, u.retryAfter, u.detail = FailureCredentialsRefused, operatorPause, c.config.Credentials.remedy
			break
		}
		u.detail = "without an OAuth error: if all tokens meet with this, look at Config.Credentials; " +
			"if some do, at a firewall in front of the endpoint"
		if c.config.Credentials.remedy != "" {
			u.detail += "; " + c.config.Credentials.remedy
		}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		u.retryAfter = parseRetryAfter(response.Header.Get("Retry-After"), c.config.Now())
	}
	return u
}

// refusesClient recognises the errors of RFC 6749 §5.2 that are about us. They
// come with status 401 (RFC 7662 §2.3), and from some servers with 400 or 403.
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
	var wait time.Duration
	seconds, err := strconv.ParseUint(value, 10, 64)
	switch {
	case err == nil, errors.Is(err, strconv.ErrRange):
		wait = time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	default:
		if at, err := http.ParseTime(value); err == nil {
			wait = at.Sub(now)
		}
	}
	return min(max(wait, 0), maxRetryAfter)
}
