package protector

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"example.com/resourceserver/scopes"
)

// tokenMethods are the methods that a token may have, their shapes, and names
// that are easily written for them. A method of nearly the right name or shape
// compiles, and is never asked: a revoked token would pass.
var tokenMethods = []struct {
	name  string
	shape reflect.Type
	near  []string
	// exact: a near name counts only in that shape. With another it is somebody else's
	// method, such as GetSubject() (string, error) of a claims library, and what is
	// then not asked lets nobody in.
	exact bool
}{
	{"Revoked", reflect.TypeFor[func() bool](), []string{"IsRevoked", "GetRevoked"}, false},
	{"ValidAt", reflect.TypeFor[func(time.Time) bool](), []string{"IsValidAt", "GetValidAt"}, false},
	{"Confirmation", reflect.TypeFor[func() map[string]string](), []string{
		"Confirmations", "GetConfirmation", "Cnf", "CNF",
	}, false},
	{"Groups", reflect.TypeFor[func() scopes.Set](), []string{"GetGroups"}, false},
	{"Roles", reflect.TypeFor[func() scopes.Set](), []string{"GetRoles"}, false},
	{"Entitlements", reflect.TypeFor[func() scopes.Set](), []string{"GetEntitlements"}, false},
	{"ACR", reflect.TypeFor[func() string](), []string{"Acr", "GetACR", "GetAcr"}, true},
	{"AuthTime", reflect.TypeFor[func() time.Time](), []string{"GetAuthTime", "AuthenticatedAt"}, true},
	{"Claim", reflect.TypeFor[func(...string) (any, bool)](), []string{"GetClaim", "ClaimAt"}, true},
	{"Issuer", reflect.TypeFor[func() string](), []string{"GetIssuer"}, true},
	{"ClientID", reflect.TypeFor[func() string](), []string{"ClientId", "GetClientID"}, true},
	{"Subject", reflect.TypeFor[func() string](), []string{"GetSubject"}, true},
}

// tokenFaults says what is wrong with T as the result of an authenticate
// function. An interface tells little: what is in it is looked at when it comes.
func tokenFaults(t reflect.Type) []error {
	if t.Kind() == reflect.Interface {
		return methodFaults(t)
	}
	return slices.Concat(absenceFaults(t), methodFaults(t))
}

// absenceFaults refuses a type that cannot say "no such token": its zero value
// is a token like any other, and is what a map or a row that was not found
// gives.
func absenceFaults(t reflect.Type) []error {
	switch t.Kind() {
	case reflect.Pointer:
		if t.Elem().Size() == 0 {
			return []error{fmt.Errorf("the token type %v is a pointer to nothing, which cannot be told "+
				"from a blank token: give it a field that says something", t)}
		}
		return nil
	case reflect.Map, reflect.Slice, reflect.Func, reflect.Chan:
		return nil
	}
	return []error{fmt.Errorf("the token type %v is a value, which cannot say that there is no such token: "+
		"return *%v, and nil for none", t, t)}
}

// methodFaults reports methods that were meant to be asked and would not be.
func methodFaults(t reflect.Type) (faults []error) {
	for _, m := range tokenMethods {
		shape, ok := methodShape(t, m.name)
		switch {
		case ok && shape != m.shape:
			faults = append(faults, fmt.Errorf("the token type %v has a method %s that is %v: "+
				"make it %v, or name it otherwise", t, m.name, shape, m.shape))
		case !ok && hasMethod(reflect.PointerTo(t), m.name):
			faults = append(faults, fmt.Errorf("the token type %v has %s on its pointer only: return *%v", t, m.name, t))
		case !ok:
			for _, name := range m.near {
				if shape, ok := methodShape(t, name); ok && (!m.exact || shape == m.shape) {
					faults = append(faults, fmt.Errorf("the token type %v has a method %s, which is never asked: "+
						"name it %s, as %v", t, name, m.name, m.shape))
				}
			}
		}
	}
	return append(faults, hiddenFaults(t)...)
}

// hiddenFaults refuses a struct that embeds a token as an interface, at whatever
// depth. It has the two methods of the interface, and hides what the token in it
// knows besides: that it was revoked, or is bound to a key.
func hiddenFaults(t reflect.Type) (faults []error) {
	for _, embedded := range embeddedTokens(t, nil) {
		for _, name := range []string{"Revoked", "ValidAt", "Confirmation"} {
			if !hasMethod(t, name) && !hasMethod(reflect.PointerTo(t), name) {
				faults = append(faults, fmt.Errorf("the token type %v embeds the interface %v, which hides %s: "+
					"embed the token's own type, or write the method", t, embedded, name))
			}
		}
	}
	return faults
}

// embeddedTokens returns the interfaces of tokens that t embeds, itself or within
// what it embeds. Types may embed pointers to each other in a circle.
func embeddedTokens(t reflect.Type, outer []reflect.Type) (found []reflect.Type) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || slices.Contains(outer, t) {
		return nil
	}
	for i := range t.NumField() {
		field := t.Field(i)
		switch {
		case !field.Anonymous:
		case field.Type.Kind() != reflect.Interface:
			found = append(found, embeddedTokens(field.Type, append(outer, t))...)
		case field.Type.Implements(reflect.TypeFor[Token]()):
			found = append(found, field.Type)
		}
	}
	return found
}

func hasMethod(t reflect.Type, name string) bool {
	_, ok := t.MethodByName(name)
	return ok
}

// methodShape returns the type of a method, without its receiver.
func methodShape(t reflect.Type, name string) (reflect.Type, bool) {
	m, ok := t.MethodByName(name)
	if !ok {
		return nil, false
	}
	from := 1
	if t.Kind() == reflect.Interface { // whose methods have no receiver
		from = 0
	}
	var in, out []reflect.Type
	for i := from; i < m.Type.NumIn(); i++ {
		in = append(in, m.Type.In(i))
	}
	for i := range m.Type.NumOut() {
		out = append(out, m.Type.Out(i))
	}
	return reflect.FuncOf(in, out, m.Type.IsVariadic()), true
}

// tokenTypes remembers what was found out about the types that came as an
// interface. A program has a few of them.
type tokenTypes struct{ known sync.Map } // reflect.Type to error, or to nil

func (types *tokenTypes) fault(token Token) error {
	t := reflect.TypeOf(token)
	found, ok := types.known.Load(t)
	if !ok {
		found, _ = types.known.LoadOrStore(t, judged{errors.Join(methodFaults(t)...)})
	}
	return found.(judged).fault
}

type judged struct{ fault error }

// absent reports whether token is no token: nil, also in the way that a
// comparison with nil does not see, or blank. A pointer to zeros is what a lookup
// returns that has found nothing and does not say so.
func absent(token Token) bool {
	switch v := reflect.ValueOf(token); v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer:
		return v.IsNil() || isBlank(v.Elem(), 0)
	case reflect.Map, reflect.Slice:
		return v.Len() == 0
	case reflect.Func, reflect.Chan:
		return v.IsNil()
	default:
		return isBlank(v, 0)
	}
}

// isBlank reports whether v is zero. A pointer to a blank struct in it says nothing
// either: it is how a blank row looks that was put into a session. Pointers may
// lead in a circle, so it follows few of them.
//
// reflect.Value.IsZero would ask for the name of each field, which takes longer
// than everything else about a token.
func isBlank(v reflect.Value, followed int) bool {
	const mostFollowed = 4
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil() && v.Type().Elem().Kind() == reflect.Struct:
		return followed < mostFollowed && isBlank(v.Elem(), followed+1)
	case v.Kind() != reflect.Struct:
		return v.IsZero()
	}
	for i := range v.NumField() {
		if !isBlank(v.Field(i), followed) {
			return false
		}
	}
	return true
}

// isNil reports whether an interface holds nothing that can be called.
func isNil(v any) bool {
	switch r := reflect.ValueOf(v); r.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan:
		return r.IsNil()
	}
	return false
}
