package protector

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Methods is a resource with one handler for each HTTP method, each with its
// own policy: what other languages write as a class with a method per verb.
type Methods map[string]Method

// Method is what one HTTP method of a resource asks for and does.
type Method struct {
	_ [0]func() // no unkeyed literals

	// Policy is what the method asks for. The zero Policy asks for any valid
	// token.
	Policy Policy
	// Handler is called when the policy is met. It must be set.
	Handler http.Handler
}

// Methods returns the handler for a resource, for use with a pattern that names
// no method.
//
//   - HEAD is handled, and protected, as GET unless it is declared.
//   - OPTIONS that is not declared asks for any valid token and answers 204 with
//     Allow. Preflights are answered by Config.Preflight, if that is set.
//   - Any other method is answered 405 with Allow, as http.ServeMux does.
//
// Methods panics if there is no method, a name is not in capitals, a handler is
// missing, or a policy has a fault, and reports all of these at once.
func (p *Protector) Methods(methods Methods) http.Handler {
	p.mustBeBuilt("Methods")
	handlers := make(map[string]http.Handler, len(methods)+2)
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(methods)) {
		handler, err := p.method(name, methods[name])
		if err != nil {
			faults = append(faults, err)
			continue
		}
		handlers[name] = handler
	}
	if len(methods) == 0 {
		faults = append(faults, errors.New("protector: Methods is empty: declare at least one method"))
	}
	if err := errors.Join(faults...); err != nil {
		panic(err)
	}
	return p.dispatch(handlers)
}

func (p *Protector) method(name string, m Method) (http.Handler, error) {
	var faults []error
	if !isToken(name) || name != strings.ToUpper(name) {
		faults = append(faults, fmt.Errorf(
			"protector: Methods: %q is not a method name: write it in capitals, as in %q", name, http.MethodGet))
	}
	if isNil(m.Handler) {
		faults = append(faults, fmt.Errorf("protector: Methods: %s has no handler: set one", name))
	}
	rule, err := p.declare("Methods: "+name, m.Policy)
	if err = errors.Join(append(faults, err)...); err != nil {
		return nil, err
	}
	return p.middleware(rule)(m.Handler), nil
}

func (p *Protector) dispatch(handlers map[string]http.Handler) http.Handler {
	if get := handlers[http.MethodGet]; get != nil && handlers[http.MethodHead] == nil {
		handlers[http.MethodHead] = get
	}
	declaresOptions := handlers[http.MethodOptions] != nil
	names := slices.Collect(maps.Keys(handlers))
	if !declaresOptions {
		names = append(names, http.MethodOptions)
	}
	slices.Sort(names)
	allow := strings.Join(names, ", ")
	if !declaresOptions {
		handlers[http.MethodOptions] = p.Require()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", allow)
			w.WriteHeader(http.StatusNoContent)
		}))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if handler := handlers[r.Method]; handler != nil {
			handler.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Allow", allow)
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
	})
}
