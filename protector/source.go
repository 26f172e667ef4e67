package protector

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// parameter is the name of the token in forms and queries (RFC 6750 §2.2, §2.3).
const parameter = "access_token"

const (
	defaultFormBytes = 64 << 10
	// mostFormBytes is the most that may be set: a form is read into memory before
	// anybody is authenticated, for every request at once.
	mostFormBytes = 16 << 20
)

// source is a place beside the Authorization field where a token may be. Find
// returns every token there, since more than one is a fault of the request.
type source struct {
	scheme *scheme // whose tokens they are
	place  string  // where they are, for a person
	field  string  // that holds them, or empty
	find   func(r *http.Request) ([]string, *Error)
	// ambient: what makes a browser send it may be a page of another origin, so that
	// has to be checked.
	ambient  bool
	withhold func(r *http.Request) *withheld // nil: the handler sees the token where it was
}

// addSources sets up the places that the configuration opts into. Without any,
// no request pays for them.
func (p *Protector) addSources(config Config) (faults []error) {
	if name := config.AmbientCookie; name != "" {
		faults = append(faults, nameFault("AmbientCookie", name)...)
		p.sources = append(p.sources, source{
			scheme: p.schemeNamed(bearer), place: "the cookie " + name, field: "Cookie", find: cookies(name), ambient: true,
		})
	}
	faults = append(faults, p.addWebSocket(config)...)
	p.addFields()
	faults = append(faults, p.addOrigins(config)...)
	faults = append(faults, p.addForm(config)...)
	if config.InsecureQueryTokens {
		p.sources = append(p.sources, source{scheme: p.schemeNamed(bearer), place: "the query", find: queryTokens})
	}
	return append(faults, p.bearerFaults(config)...)
}

// addOrigins sets up what judges the origins of requests, if one of the places asks for it.
func (p *Protector) addOrigins(config Config) []error {
	switch p.origins = config.CrossOrigin; {
	case !slices.ContainsFunc(p.sources, func(s source) bool { return s.ambient }):
		if p.origins != nil {
			return []error{errors.New("Config.CrossOrigin has no effect without AmbientCookie, WebSocketProtocol " +
				"or a Field: set one, or wrap the handler with CrossOrigin.Handler")}
		}
	case p.origins == nil:
		p.origins = http.NewCrossOriginProtection()
	}
	return nil
}

func nameFault(field, name string) []error {
	if isToken(name) {
		return nil
	}
	return []error{fmt.Errorf("%s is %q: use letters, digits, hyphens and underscores", "Config."+field, name)}
}

// varies names the fields on which it depends whether there is a token.
func (p *Protector) varies() string {
	var fields []string
	if p.readsAuthorization() {
		fields = append(fields, "Authorization")
	}
	for _, source := range p.sources {
		if source.field != "" {
			fields = append(fields, source.field)
		}
	}
	return strings.Join(fields, ", ")
}

// readsAuthorization reports whether there is a validator for what is in that field.
func (p *Protector) readsAuthorization() bool {
	return slices.ContainsFunc(p.schemes, func(s *scheme) bool { return s.field == "" })
}

// bearerFaults: what else carries a token carries that of RFC 6750.
func (p *Protector) bearerFaults(config Config) (faults []error) {
	if p.schemeNamed(bearer) != nil {
		return nil
	}
	for _, place := range []struct {
		field string
		set   bool
	}{
		{"AmbientCookie", config.AmbientCookie != ""},
		{"WebSocketProtocol", config.WebSocketProtocol != ""},
		{"BufferedFormTokens", config.BufferedFormTokens},
		{"InsecureQueryTokens", config.InsecureQueryTokens},
	} {
		if place.set {
			faults = append(faults, errors.New("Config."+place.field+
				" is for bearer tokens: add a Bearer validator, or leave it out"))
		}
	}
	return faults
}

func (p *Protector) addForm(config Config) (faults []error) {
	limit := config.MaxFormBytes
	switch {
	case limit < 0:
		faults = append(faults, fmt.Errorf("Config.MaxFormBytes is %d: leave it 0 for the default", limit))
	case limit > mostFormBytes:
		faults = append(faults, fmt.Errorf("Config.MaxFormBytes is %d: set at most %d", limit, mostFormBytes))
	case limit == 0:
		limit = defaultFormBytes
	}
	if config.MaxFormBytes > 0 && !config.BufferedFormTokens {
		faults = append(faults, errors.New(
			"Config.MaxFormBytes has no effect without BufferedFormTokens: set both, or neither"))
	}
	if config.BufferedFormTokens {
		p.sources = append(p.sources, source{scheme: p.schemeNamed(bearer), place: "the form", find: formTokens(limit)})
	}
	return faults
}

// fromSources looks in every place, also when the header had a token already: a
// client must not use more than one method (RFC 6750 §2), and two places may
// hold two callers' tokens.
func (p *Protector) fromSources(r *http.Request, found credential) (credential, *Error) {
	for i := range p.sources {
		source := &p.sources[i]
		none := credential{scheme: source.scheme}
		tokens, err := source.find(r)
		if err != nil {
			return none, err
		}
		if len(tokens) == 0 {
			continue
		}
		if len(tokens) > 1 || found.token != "" {
			return none, errInvalidRequest(reasonSeveral, nil)
		}
		if source.ambient && p.isCrossOrigin(r) {
			return none, errCrossOrigin()
		}
		if found, err = p.credentialOf(none.scheme, tokens[0]); err != nil {
			return none, err
		}
		found.source = source
	}
	return found, nil
}

// isCrossOrigin reports whether another site may have made the browser send r.
//
// CrossOriginProtection lets every GET pass, since browsers keep its answer from
// the other site. They do not keep a WebSocket from it, which begins as a GET, so
// that one is judged as if its method were unsafe.
func (p *Protector) isCrossOrigin(r *http.Request) bool {
	if r.Header["Upgrade"] != nil {
		r = r.WithContext(r.Context()) // a shallow copy
		r.Method = http.MethodPost
	}
	return p.origins.Check(r) != nil
}

// cookies finds the values of the named cookie. An empty one is as good as
// absent, since that is how some applications log out, and the browser will not
// stop sending it.
func cookies(name string) func(*http.Request) ([]string, *Error) {
	return func(r *http.Request) (tokens []string, _ *Error) {
		for _, c := range r.CookiesNamed(name) {
			if c.Value != "" {
				tokens = append(tokens, c.Value)
			}
		}
		return tokens, nil
	}
}

// queryTokens ignores pairs that cannot be decoded, as the handler will.
func queryTokens(r *http.Request) ([]string, *Error) {
	if r.URL.RawQuery == "" {
		return nil, nil
	}
	return r.URL.Query()[parameter], nil
}

// formTokens finds the token in a form body (RFC 6750 §2.2): single-part,
// urlencoded, with a method whose body has a meaning. GET never qualifies.
//
// The body is put back, rather than left parsed in r.PostForm, because a
// handler may want its bytes.
func formTokens(limit int64) func(*http.Request) ([]string, *Error) {
	tooLong := fmt.Errorf("the form is longer than protector.Config.MaxFormBytes, which is %d", limit)
	return func(r *http.Request) ([]string, *Error) {
		if form, err := hasForm(r); err != nil || !form {
			return nil, err
		}
		if r.PostForm != nil { // somebody further out has consumed the body
			return r.PostForm[parameter], nil
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, limit+1))
		if err == nil && int64(len(body)) > limit {
			err = tooLong
		}
		if err != nil { // whoever asks again must not find a shorter form
			r.Body = &replay{Reader: io.MultiReader(bytes.NewReader(body), r.Body), Closer: r.Body}
			return nil, errInvalidRequest(reasonUnreadableForm, err)
		}
		r.Body = &replay{Reader: bytes.NewReader(body), Closer: r.Body}
		form, _ := url.ParseQuery(string(body))
		return form[parameter], nil
	}
}

// hasForm reports whether the body is what [http.Request.ParseForm] takes for a
// form, so that the handler finds no token there that was hidden from us: it
// overlooks a parameter of the media type that is malformed, and looks at the
// first of several fields. Several of which one says that it is a form are
// refused: who reads the last sees another body.
func hasForm(r *http.Request) (bool, *Error) {
	switch r.Method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
	default:
		return false, nil
	}
	types := r.Header["Content-Type"]
	if r.Body == nil || !slices.ContainsFunc(types, isURLEncoded) {
		return false, nil
	}
	if len(types) > 1 {
		return false, errInvalidRequest(reasonUnreadableForm, errors.New("the request has several Content-Type fields"))
	}
	return true, nil
}

func isURLEncoded(contentType string) bool {
	mediaType, _, _ := mime.ParseMediaType(contentType) // beside an error of a parameter there is a media type too
	return mediaType == "application/x-www-form-urlencoded"
}

// replay is a body that was read once and can be read again.
type replay struct {
	io.Reader
	io.Closer
}
