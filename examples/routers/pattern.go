package routers

import (
	"net/http"

	"github.com/gorilla/mux"
)

// Pattern tells a guard behind it which route of gorilla/mux matched, for Decision
// and the log. http.ServeMux and chi do that themselves.
func Pattern(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if route := mux.CurrentRoute(r); route != nil {
			r.Pattern, _ = route.GetPathTemplate()
		}
		next.ServeHTTP(w, r)
	})
}
