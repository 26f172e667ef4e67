package refusals

import (
	"net/http"
	"time"

	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
)

// row is a request, and what has to come of it behind every door.
type row struct {
	name string
	// request is made anew for every door, since a proof counts once.
	request func() request
	status  int
	code    string // error of the challenge
	reason  string // of the last decision
	caching string // Cache-Control of an answer of the handler, if not its own
}

type request struct {
	method, target string
	fields         []string // as they are sent
	body           string
}

func get(target string, fields ...string) func() request {
	return func() request { return request{http.MethodGet, target, fields, ""} }
}

func bearer(token string) string { return "Authorization: Bearer " + token }

func (s *Service) rows() []row {
	var all []row
	for _, part := range [][]row{
		s.bearers(), s.malformed(), s.bounds(), s.policies(), s.places(), s.methods(), s.nonced(),
	} {
		all = append(all, part...)
	}
	return all
}

// bearers: RFC 6750 §3.1, and what says that nobody can tell.
func (s *Service) bearers() []row {
	expired := s.Token(jwttest.ExpiresIn(-time.Hour))
	return []row{
		{name: "granted", request: get("/user", bearer(s.Token())), status: 200},
		{name: "scheme in small letters", request: get("/user", "authorization: bearer "+s.Token()), status: 200},
		{"no token", get("/user"), 401, "", "no_credentials", ""},
		{"another scheme", get("/user", "Authorization: Basic YTpi"), 401, "", "other_scheme", ""},
		{"no JWT", get("/user", bearer("junk")), 401, "invalid_token", "malformed", ""},
		{"expired", get("/user", bearer(expired)), 401, "invalid_token", "expired", ""},
		{"wrong audience", get("/user", bearer(s.Token(jwttest.Audience("https://other.example")))), 401,
			"invalid_token", "audience", ""},
		{"wrong issuer", get("/user", bearer(s.Token(jwttest.Claim("iss", "https://other.example")))), 401,
			"invalid_token", "unknown_issuer", ""},
		{"tampered", get("/user", bearer(s.Token(jwttest.Tampered()))), 401, "invalid_token", "signature", ""},
		{"no signature", get("/user", bearer(s.Token(jwttest.Alg("none")))), 401, "invalid_token", "algorithm", ""},
		{"too large", get("/user", bearer(junk(17<<10))), 401, "invalid_token", "too_large", ""},
		{"outage", get("/user", bearer(s.silent.Token())), 503, "", "unavailable", ""},
		{"panic", get("/broken", bearer(s.Token())), 500, "", "", ""},
	}
}

// malformed: what two readers could read differently.
func (s *Service) malformed() []row {
	good := bearer(s.Token())
	bad := func(name string, fields ...string) row {
		return row{name, get("/user", fields...), 400, "invalid_request", "malformed", ""}
	}
	several := func(name string, fields ...string) row {
		return row{name, get("/user", fields...), 400, "invalid_request", "several_credentials", ""}
	}
	return []row{
		bad("scheme alone", "Authorization: Bearer"),
		bad("two words", good+" b"),
		bad("a list", good+", Bearer b"),
		bad("tab", "Authorization: Bearer\ta"),
		several("two fields", good, bearer("b")),
		several("two equal fields", good, good),
		several("two fields, the first one empty", "Authorization:", good),
		several("two fields, the last one empty", good, "Authorization:"),
		several("two fields, the first one of another scheme", "Authorization: Basic YTpi", good),
		several("two fields with others between", good, "Accept: a", "X-A: b", "authorization: bearer b"),
	}
}

// bounds: tokens that are bound to a key.
func (s *Service) bounds() []row {
	bound := s.Token(s.client.bound())
	field := "Authorization: DPoP " + bound
	proof := func(path string) string { return s.proof(path, bound, "", time.Now()) }
	used := proof("/user")
	with := func(fields ...func(string) string) func() request {
		return func() request {
			all := []string{field}
			for _, f := range fields {
				all = append(all, f("/user"))
			}
			return get("/user", all...)()
		}
	}
	return []row{
		{name: "proved", request: with(proof), status: 200},
		{name: "proved, with a query", request: func() request {
			return get("/user?id=7&x=%2F", field, proof("/user"))()
		}, status: 200},
		{"bound, sent as bearer", get("/user", bearer(bound)), 401, "invalid_token", "confirmation", ""},
		{"no proof", get("/user", field), 401, "invalid_dpop_proof", "proof_missing", ""},
		{"proof of another path", func() request { return get("/user", field, proof("/other"))() }, 401,
			"invalid_dpop_proof", "proof_target", ""},
		{"two proofs", with(proof, proof), 401, "invalid_dpop_proof", "proof_repeated", ""},
		{"proof used before", func() request {
			s.spend(request{http.MethodGet, "/user", []string{field, used}, ""})
			return get("/user", field, used)()
		}, 401, "invalid_dpop_proof", "proof_replay", ""},
		{"not bound, sent as DPoP", func() request {
			token := s.Token()
			return get("/user", "Authorization: DPoP "+token, s.proof("/user", token, "", time.Now()))()
		}, 401, "invalid_token", "proof_binding", ""},
	}
}

// policies: what a genuine token may lack.
func (s *Service) policies() []row {
	profile := s.Token(jwttest.Scope("profile"))
	partner := func(options ...jwttest.TokenOption) func() request {
		usual := []jwttest.TokenOption{jwttest.ClientID("shop"), jwttest.Claim("org", map[string]string{"plan": "team"})}
		return get("/partners", bearer(s.Token(append(usual, options...)...)))
	}
	return []row{
		{name: "implied scopes", request: get("/user", bearer(s.Token(jwttest.Scope("admin")))), status: 200},
		{"nothing implied", get("/user", bearer(s.Token(jwttest.Scope("admin.all")))), 403,
			"insufficient_scope", "insufficient_scope", ""},
		{name: "client and claim", request: partner(), status: 200},
		{"another client", partner(jwttest.ClientID("shop2")), 403, "insufficient_scope", "insufficient_client", ""},
		{"another claim", partner(jwttest.Claim("org", map[string]string{"plan": "free"})), 403,
			"insufficient_scope", "insufficient_claims", ""},
		{"no claim", partner(jwttest.Without("org")), 403, "insufficient_scope", "insufficient_claims", ""},
		{"delegated", partner(jwttest.Claim("act", map[string]string{"sub": "b"})), 403,
			"insufficient_scope", "delegation", ""},
		{"short scope", get("/user", bearer(profile)), 403, "insufficient_scope", "insufficient_scope", ""},
		{"no group", get("/staff", bearer(s.Token())), 403, "insufficient_scope", "insufficient_groups", ""},
		{name: "group", request: get("/staff", bearer(s.Token(jwttest.Claim("groups", []string{"staff"})))), status: 200},
		{name: "anonymous", request: get("/greeting"), status: 200},
		{name: "optional, and there", request: get("/greeting", bearer(s.Token())), status: 200},
		{"optional, and bad", get("/greeting", bearer("junk")), 401, "invalid_token", "malformed", ""},
		{"optional, and short", get("/greeting", bearer(s.Token(jwttest.Scope("email")))), 403,
			"insufficient_scope", "insufficient_scope", ""},
		{name: "nested", request: get("/nested", bearer(profile)), status: 200},
		{"nested, short for the inner", get("/nested", bearer(s.Token(jwttest.Scope("email")))), 403,
			"insufficient_scope", "insufficient_scope", ""},
		{"nested, bad for both", get("/nested", bearer("junk")), 401, "invalid_token", "malformed", ""},
	}
}

const private = "private, max-age=60"

// places: cookies, forms and queries.
func (s *Service) places() []row {
	token := s.Token()
	cookie, good := "Cookie: a=b; session="+token, bearer(token)
	elsewhere := "Origin: https://evil.example"
	form := func(target, body string, fields ...string) func() request {
		return func() request {
			return request{http.MethodPost, target, append(fields, "Content-Type: application/x-www-form-urlencoded"), body}
		}
	}
	several := func(name string, request func() request) row {
		return row{name, request, 400, "invalid_request", "several_credentials", ""}
	}
	return []row{
		{name: "everywhere, by header", request: get("/everywhere", good), status: 200},
		{name: "by cookie", request: get("/everywhere", cookie), status: 200, caching: private},
		{name: "by form", request: form("/everywhere", "a=b&access_token="+token), status: 200, caching: private},
		{name: "by query", request: get("/everywhere?access_token=" + token), status: 200, caching: private},
		{"by nothing", get("/everywhere"), 401, "", "no_credentials", ""},
		{"by query, expired", get("/everywhere?access_token=" + s.Token(jwttest.ExpiresIn(-time.Hour))), 401,
			"invalid_token", "expired", ""},
		several("by cookie and header", get("/everywhere", cookie, good)),
		several("by two cookies", get("/everywhere", cookie, "Cookie: session=b")),
		several("by form and header", form("/everywhere", "access_token="+token, good)),
		several("twice in a form", form("/everywhere", "access_token=a&access_token=b")),
		several("twice in the query", get("/everywhere?access_token=a&access_token=b")),
		{"cookie of another origin", form("/everywhere", "a=b", cookie, elsewhere, "Sec-Fetch-Site: cross-site"), 403,
			"access_denied", "cross_origin", ""},
		{"form, longer than allowed", form("/everywhere", "a="+junk(65<<10)), 400, "invalid_request",
			"unreadable_form", ""},
		{"form with two types", form("/everywhere", "access_token="+token, "Content-Type: text/plain"), 400,
			"invalid_request", "unreadable_form", ""},
		{"query is not asked for", get("/user?access_token=" + token), 401, "", "no_credentials", ""},
		{"form is not asked for", form("/user", "access_token="+token), 401, "", "no_credentials", ""},
	}
}

// methods: those that routers treat in ways of their own.
func (s *Service) methods() []row {
	by := func(method, target string, fields ...string) func() request {
		return func() request { return request{method, target, fields, ""} }
	}
	asks := []string{"Origin: https://app.example", "Access-Control-Request-Method: GET"}
	none := func(name string, request func() request) row {
		return row{name, request, 401, "", "no_credentials", ""}
	}
	return []row{
		{name: "HEAD", request: by("HEAD", "/user", bearer(s.Token())), status: 200},
		none("HEAD without token", by("HEAD", "/user")),
		none("OPTIONS without token", by("OPTIONS", "/user")),
		none("preflight, nobody answers it", by("OPTIONS", "/user", asks...)),
		{name: "preflight", request: by("OPTIONS", "/everywhere", asks...), status: 204},
		{"preflight with a bad token", by("OPTIONS", "/everywhere", append(asks, bearer("junk"))...), 401,
			"invalid_token", "malformed", ""},
		{name: "DELETE", request: by("DELETE", "/user", bearer(s.Token())), status: 200},
		none("DELETE without token", by("DELETE", "/user")),
	}
}

// lifetime is for how long a nonce is handed out, beginning at a multiple of it.
const lifetime = 5 * time.Minute

// nonced: what the answer to a good proof brings along.
func (s *Service) nonced() []row {
	start := time.Now().Truncate(lifetime)
	bound := s.Token(s.client.bound(), jwttest.ExpiresIn(time.Hour))
	short := s.Token(s.client.bound(), jwttest.Scope("email"))
	ask := func(token, nonce string) request {
		return get("/nonces", "Authorization: DPoP "+token, s.proof("/nonces", token, nonce, s.now()))()
	}
	old := func(token string) func() request {
		return func() request {
			s.setClock(start.Add(time.Second))
			refused := s.spend(ask(token, ""))
			s.setClock(start.Add(lifetime + time.Minute)) // no longer handed out, and still accepted
			return ask(token, refused.Get("Dpop-Nonce"))
		}
	}
	return []row{
		{"no nonce", func() request { return ask(bound, "") }, 401, "use_dpop_nonce", "proof_nonce", ""},
		{name: "nonce about to end", request: old(bound), status: 200, caching: "no-store"},
		{"nonce about to end, short scope", old(short), 403, "insufficient_scope", "insufficient_scope", ""},
	}
}

// proof is made for a request to a path, as this service sends it.
func (s *Service) proof(path, token, nonce string, at time.Time) string {
	return s.client.proof(s.verb, s.prefix+path, token, nonce, at)
}

// spend asks the guards directly, and returns the header of a refusal.
func (s *Service) spend(r request) http.Header {
	r = s.sent(r)
	for _, route := range s.Routes {
		if route.Path != r.target {
			continue
		}
		rule := must(route.Guard.NewRule(protector.Policy{}))
		asked, err := http.ReadRequest(r.reader())
		if err != nil {
			panic(err)
		}
		if _, err := route.Guard.Check(asked, rule); err != nil {
			_, header, _ := route.Guard.Answer(err)
			return header
		}
	}
	return nil
}
