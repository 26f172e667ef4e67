package main

import (
	"net/http"
	"slices"
	"time"

	"example.com/resourceserver/jwt/jwttest"
)

// sample is a token to have explained.
type sample struct {
	Name  string `json:"name"`
	About string `json:"about"`
	opts  func() []jwttest.TokenOption
}

// markup is what a page that writes claims as HTML would run.
const markup = `<img/src=x/onerror=alert(1)>`

var samples = []sample{
	made("good", "Good"),
	{"expired", "Expired", func() []jwttest.TokenOption { return one(jwttest.ExpiresIn(-time.Hour)) }},
	{"early", "Not valid yet", func() []jwttest.TokenOption { return one(jwttest.NotBefore(time.Now().Add(time.Hour))) }},
	made("audience", "For another API", jwttest.Audience("https://other.example")),
	made("issuer", "From another issuer", jwttest.Claim("iss", "https://other.example")),
	made("tampered", "Tampered with", jwttest.Tampered()),
	made("stranger", "By an unknown key", jwttest.Unpublished()),
	made("none", "Not signed", jwttest.Alg("none")),
	made("id", "An ID token", jwttest.Typ("JWT")),
	made("subject", "Without a subject", jwttest.Without("sub")),
	{"faults", "Four faults", func() []jwttest.TokenOption {
		return []jwttest.TokenOption{jwttest.Typ("JWT"), jwttest.Audience("https://other.example"),
			jwttest.Without("client_id"), jwttest.ExpiresIn(-time.Hour)}
	}},
	made("markup", "With HTML in it", jwttest.Scope(markup), jwttest.Audience(markup), jwttest.Claim("iss", markup),
		jwttest.Typ(markup), jwttest.Header("kid", markup)),
}

func made(name, about string, opts ...jwttest.TokenOption) sample {
	return sample{name, about, func() []jwttest.TokenOption { return opts }}
}

func one(opt jwttest.TokenOption) []jwttest.TokenOption { return []jwttest.TokenOption{opt} }

// mint answers with a token of the embedded issuer, which is good for nothing else.
func (p *page) mint(w http.ResponseWriter, r *http.Request) {
	named := func(s sample) bool { return s.Name == r.PathValue("name") }
	i := slices.IndexFunc(samples, named)
	if i < 0 {
		http.NotFound(w, r)
		return
	}
	opts := append([]jwttest.TokenOption{jwttest.Subject("alice"), jwttest.Scope("profile email")}, samples[i].opts()...)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Write([]byte(p.issuer.issuer.Token(opts...)))
}
