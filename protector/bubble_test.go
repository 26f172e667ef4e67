package protector_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
)

func inBubble(t *testing.T, f func(*testing.T)) { synctest.Test(t, f) }

func newRequest(token string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/user", nil)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r
}

func newRecorder() *httptest.ResponseRecorder { return httptest.NewRecorder() }
