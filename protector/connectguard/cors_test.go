package connectguard_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/connectguard"
)

// A refusal adds to what the middleware for CORS in front has exposed: without those
// fields, a page learns nothing of an answer of gRPC-Web.
func TestRefusalsKeepWhatOthersExpose(t *testing.T) {
	guard := newGuard(t, protector.Config{Resource: "https://api.example.com"})
	middleware := newMiddleware(t, guard, connectguard.Config{Policies: map[string]protector.Policy{"/a.B/C": {}}})
	guarded := middleware.Wrap(http.NotFoundHandler())
	for _, contentType := range []string{"application/grpc-web+proto", "application/json", "text/plain"} {
		r := httptest.NewRequest(http.MethodPost, "/a.B/C", nil)
		r.Header.Set("Content-Type", contentType)
		w := httptest.NewRecorder()
		w.Header().Set("Access-Control-Expose-Headers", "Grpc-Status, Grpc-Message")
		w.Header().Set("Vary", "Origin")
		guarded.ServeHTTP(w, r)
		require.Equal(t, []string{"Grpc-Status, Grpc-Message", "WWW-Authenticate"},
			w.Header()["Access-Control-Expose-Headers"], contentType)
		require.Equal(t, []string{"Origin"}, w.Header()["Vary"])
	}
}
