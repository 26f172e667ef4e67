// Package routers shows the guard behind the routers that take middleware of
// net/http as it is: http.ServeMux, chi and gorilla/mux. They need no module of
// ours. The README has a snippet for each, which the examples of this package run.
package routers
