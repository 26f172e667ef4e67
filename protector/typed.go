package protector

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
)

// For is a handler that gets the token as an argument, in the place of asking
// [CurrentToken] and of a branch for what cannot be. It never runs without one.
//
//	mux.Handle("GET /me", guard.Require("profile")(protector.For(me)))
//
//	func me(w http.ResponseWriter, r *http.Request, token *jwt.Token) { … }
//
// Require, RequirePolicy, Methods and [Routes.Handle] look at the handler that they
// are given. They panic if no validator makes a T, and on a policy that is Optional:
// use [ForOptional]. Where only some validators make a T, the tokens of the others
// are answered 403; if all kinds will do, T is [Token], or another interface that
// they have in common.
//
// A handler that is further in, behind another middleware, is beyond their sight.
// There, and without any protector, a request that has no T is a mistake in the
// program, and answered 500. For panics if handle is nil.
func For[T Token](handle func(w http.ResponseWriter, r *http.Request, token T)) http.Handler {
	if handle == nil {
		panic("protector: For was given a nil function")
	}
	return &typed{token: reflect.TypeFor[T](), is: isOf[T], handler: func(w http.ResponseWriter, r *http.Request) {
		token, ok := CurrentToken[T](r.Context())
		if !ok {
			writeUnguarded(w, r)
			return
		}
		handle(w, r, token)
	}}
}

// ForOptional is [For] for a handler that anonymous requests reach too, behind
// [Protector.Optional]: for those ok is false, and the token is nil.
func ForOptional[T Token](handle func(w http.ResponseWriter, r *http.Request, token T, ok bool)) http.Handler {
	if handle == nil {
		panic("protector: ForOptional was given a nil function")
	}
	return &typed{token: reflect.TypeFor[T](), is: isOf[T], optional: true,
		handler: func(w http.ResponseWriter, r *http.Request) {
			token, ok := CurrentToken[T](r.Context())
			if g := innermost(r.Context()); g.by == nil || g.token != nil && !ok {
				writeUnguarded(w, r)
				return
			}
			handle(w, r, token, ok)
		}}
}

// typed is a handler for tokens of one type.
type typed struct {
	token    reflect.Type
	is       func(Token) bool
	optional bool // it can do without a token
	handler  http.HandlerFunc
}

func (h *typed) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.handler(w, r) }

func isOf[T Token](token Token) bool {
	_, ok := token.(T)
	return ok
}

func writeUnguarded(w http.ResponseWriter, r *http.Request) {
	var nobodys *Protector
	nobodys.WriteError(w, r, errProgram(reasonBadTokenType,
		errors.New("protector: For has no token of its type: put it behind Require, with nothing in between")))
}

// narrowed returns the rule as it is in front of next: tokens of another type than
// next takes do not pass. It panics if none would.
func (p *Protector) narrowed(rule *Rule, next http.Handler) *Rule {
	h, ok := next.(*typed)
	if !ok {
		return rule
	}
	if rule.shadow != nil {
		panic(fmt.Sprintf("protector: For[%v] is behind a policy with InsecureShadowUntil, and so has no token: "+
			"use an http.Handler that asks CurrentToken", h.token))
	}
	if rule.optional && !h.optional {
		panic(fmt.Sprintf("protector: For[%v] is behind an optional policy, which lets in who has no token: "+
			"use ForOptional", h.token))
	}
	some, all := p.make(h.token)
	switch {
	case !some:
		panic(fmt.Sprintf("protector: For[%v] is behind a Protector whose validators make none: "+
			"name the type that the authenticate function returns", h.token))
	case all:
		return rule
	}
	narrow := *rule
	narrow.takes = h.is
	return &narrow
}

// make reports whether some of the validators may make tokens of the type, and
// whether all of them do.
func (p *Protector) make(token reflect.Type) (some, all bool) {
	all = true
	for _, s := range p.schemes {
		for _, v := range s.validators {
			sure := v.makes.AssignableTo(token)
			some = some || sure || v.makes.Kind() == reflect.Interface && token.AssignableTo(v.makes)
			all = all && sure
		}
	}
	return some, all
}
