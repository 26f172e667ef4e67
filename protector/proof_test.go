package protector_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

// bound is a token with bindings.
type bound struct {
	token
	confirmation map[string]string
}

func (b *bound) Confirmation() map[string]string { return b.confirmation }

// signed is a proof of possession as DPoP is one (RFC 9449), with everything that
// makes it hard: it is about one method, target and token; it counts once; it
// names algorithms in the challenge, and a nonce in answers of both kinds. Its
// field is "KEY.ID.SIGNATURE".
type signed struct {
	mu    sync.Mutex
	spent map[string]bool
	down  bool // the memory of spent proofs cannot be reached
	log   []string
}

func (*signed) Confirms() string { return "jkt" }
func (*signed) Params() []protector.Param {
	return []protector.Param{{Name: "algs", Value: "EdDSA ES256"}}
}

func (*signed) Evidence(r *http.Request) (string, error) {
	switch fields := r.Header["Proof"]; len(fields) {
	case 0:
		return "", badProof(errors.New("no proof"))
	case 1:
		return fields[0], nil
	}
	return "", badProof(errors.New("more than one proof"))
}

func badProof(err error) error {
	return &protector.Error{
		Status: 401, Code: "invalid_dpop_proof", Reason: "proof", Header: http.Header{"Dpop-Nonce": {"fresh"}}, Err: err,
	}
}

func (s *signed) note(step string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, step)
}

func (s *signed) Check(_ context.Context, p protector.Possession) (protector.Proved, error) {
	s.note("check")
	if !p.Bound {
		return protector.Proved{}, badProof(errors.New("the token is bound to no key"))
	}
	parts := strings.Split(p.Evidence, ".")
	if len(parts) != 3 {
		return protector.Proved{}, badProof(fmt.Errorf("malformed: %s", p.Evidence))
	}
	key, _ := base64.RawURLEncoding.DecodeString(parts[0])
	signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, possessionText(p.Method, p.Target, p.Token, parts[1]),
		signature) {
		return protector.Proved{}, badProof(errors.New("signature"))
	}
	if thumbprint(key) != p.Confirmation {
		return protector.Proved{}, invalid{"key"}
	}
	return protector.Proved{
		Header: http.Header{"Dpop-Nonce": {"next"}},
		Commit: func(context.Context) error { return s.spend(parts[0] + parts[1]) },
	}, nil
}

func (s *signed) spend(id string) error {
	s.note("commit")
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.down:
		return errDown
	case s.spent[id]:
		return badProof(errors.New("used before"))
	case s.spent == nil:
		s.spent = make(map[string]bool)
	}
	s.spent[id] = true
	return nil
}

func possessionText(method, target, token, id string) []byte {
	return []byte(method + "\n" + target + "\n" + token + "\n" + id)
}

func thumbprint(b []byte) string {
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// holder is a client with a key.
type holder struct {
	public  ed25519.PublicKey
	private ed25519.PrivateKey
	next    int
}

func newHolder(t testing.TB) *holder {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return &holder{public: public, private: private}
}

func (h *holder) proof(method, target, token string) string {
	h.next++
	id := fmt.Sprint(h.next)
	signature := ed25519.Sign(h.private, possessionText(method, target, token, id))
	encode := base64.RawURLEncoding.EncodeToString
	return "Proof: " + encode(h.public) + "." + id + "." + encode(signature)
}

// byScheme is an authenticate function for Scheme.
func byScheme(rows map[string]*bound) func(*http.Request, string) (*bound, error) {
	return func(_ *http.Request, s string) (*bound, error) { return rows[s], nil }
}

// A proof that is written outside of this package, under a scheme of its own and
// beside plain bearer tokens.
//
// checklist 136, 153
func TestProofOfAnotherPackage(t *testing.T) {
	alice := newHolder(t)
	rows := map[string]*bound{
		"alice":  {token{user: "alice", scope: "profile"}, map[string]string{"jkt": thumbprint(alice.public)}},
		"bearer": {token: token{user: "bob", scope: "profile"}},
		"ended":  {token{user: "alice", expires: time.Unix(1, 0)}, map[string]string{"jkt": thumbprint(alice.public)}},
	}
	proofs := new(signed)
	var seen []protector.Decision
	guard := newGuard(t, protector.Config{OnDecision: record(&seen), Validators: []protector.Validator{
		protector.Scheme("PoP", byScheme(rows)).Proving(proofs),
		protector.Bearer(func(_ context.Context, s string) (*bound, error) { return rows[s], nil }),
	}})
	show := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tok, _ := protector.CurrentToken[*bound](r.Context())
		fmt.Fprint(w, tok.user)
	})
	server := serve(t, guard.Require("profile")(http.StripPrefix("/api", guard.Require("profile")(show))))
	short := serve(t, guard.Require("admin")(show))
	used := alice.proof("GET", "/api/user?id=7", "alice")

	for _, tt := range []struct {
		name, path string
		headers    []string
		status     int
		error      string
		log        []string
	}{
		{"good, nested", "/api/user?id=7", []string{"Authorization: PoP alice", used}, 200, "", []string{"check", "commit"}},
		{"used before", "/api/user?id=7", []string{"Authorization: PoP alice", used}, 401, "invalid_dpop_proof",
			[]string{"check", "commit"}},
		{"for another target", "/api/user?id=8", []string{"Authorization: PoP alice",
			alice.proof("GET", "/api/user?id=7", "alice")},
			401, "invalid_dpop_proof", []string{"check"}},
		{"for the target as it was sent", "/api/us%65r", []string{"Authorization: PoP alice",
			alice.proof("GET", "/api/us%65r", "alice")},
			200, "", []string{"check", "commit"}},
		{"for another method", "/api/user", []string{"Authorization: PoP alice", alice.proof("POST", "/api/user", "alice")},
			401, "invalid_dpop_proof", []string{"check"}},
		{"for another token", "/api/user", []string{"Authorization: PoP alice", alice.proof("GET", "/api/user", "bearer")},
			401, "invalid_dpop_proof", []string{"check"}},
		{"of another key", "/api/user", []string{"Authorization: PoP alice", newHolder(t).proof("GET", "/api/user", "alice")},
			401, "invalid_token", []string{"check"}},
		{"none", "/api/user", []string{"Authorization: PoP alice"}, 401, "invalid_dpop_proof", nil},
		{"two", "/api/user", []string{"Authorization: PoP alice", used, used}, 401, "invalid_dpop_proof", nil},
		{"for a token that is not bound", "/api/user", []string{"Authorization: PoP bearer",
			alice.proof("GET", "/api/user", "bearer")},
			401, "invalid_dpop_proof", []string{"check"}},
		{"for a token that has ended", "/api/user", []string{"Authorization: PoP ended",
			alice.proof("GET", "/api/user", "ended")},
			401, "invalid_token", nil},
		{"bound, as a bearer token", "/api/user", []string{"Authorization: Bearer alice",
			alice.proof("GET", "/api/user", "alice")},
			401, "invalid_token", nil},
		{"bearer", "/api/user", []string{"Authorization: Bearer bearer"}, 200, "", nil},
		{"no token", "/api/user", nil, 401, "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			proofs.log, seen = nil, nil
			a := get(t, server, tt.path, tt.headers...)
			require.Equal(t, tt.status, a.status, a.body)
			require.Equal(t, tt.log, proofs.log)
			if tt.status == 200 {
				if tt.log != nil {
					require.Equal(t, []string{"next"}, a.header.Values("DPoP-Nonce"))
				}
				require.True(t, seen[1].Reused)
				return
			}
			scheme, params := parseChallenge(t, a.challenges()[0])
			require.Equal(t, "PoP", scheme)
			require.Equal(t, "EdDSA ES256", params["algs"])
			if strings.Contains(strings.Join(tt.headers, ""), "Bearer") {
				_, params = parseChallenge(t, a.challenges()[1])
			}
			require.Equal(t, tt.error, params["error"])
			if tt.error == "invalid_dpop_proof" {
				require.Equal(t, []string{"fresh"}, a.header.Values("DPoP-Nonce"))
			}
		})
	}
	t.Run("judged before the scope", func(t *testing.T) {
		a := get(t, short, "/", "Authorization: PoP alice", alice.proof("GET", "/other", "alice"))
		require.Equal(t, 401, a.status)
		a = get(t, short, "/", "Authorization: PoP alice", alice.proof("GET", "/", "alice"))
		require.Equal(t, 403, a.status)
	})
	t.Run("the memory is out of reach", func(t *testing.T) {
		proofs.down = true
		defer func() { proofs.down = false }()
		a := get(t, server, "/api/user", "Authorization: PoP alice", alice.proof("GET", "/api/user", "alice"))
		require.Equal(t, 503, a.status)
		require.NotEmpty(t, a.header.Get("Retry-After"))
	})
	t.Run("one proof, many at once", func(t *testing.T) {
		proof := alice.proof("GET", "/api/user", "alice")
		statuses := make(chan int, 20)
		var group sync.WaitGroup
		for range cap(statuses) {
			group.Go(func() { statuses <- get(t, server, "/api/user", "Authorization: PoP alice", proof).status })
		}
		group.Wait()
		close(statuses)
		granted := 0
		for status := range statuses {
			if status == 200 {
				granted++
			}
		}
		require.Equal(t, 1, granted)
	})
}

// A part of a batch with another proof, or without, is judged by its own.
//
// checklist 197
func TestAGrantHoldsForItsProofOnly(t *testing.T) {
	alice := newHolder(t)
	rows := map[string]*bound{"alice": {token{user: "alice"}, map[string]string{"jkt": thumbprint(alice.public)}}}
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{
		protector.Scheme("PoP", byScheme(rows)).Proving(new(signed)),
	}})
	inner := guard.Require()(says("in"))
	for name, tt := range map[string]struct {
		proof  []string
		status int
	}{
		"the same": {nil, 200}, "none": {[]string{}, 401}, "another": {[]string{"x.y.z"}, 401},
	} {
		t.Run(name, func(t *testing.T) {
			server := serve(t, guard.Require()(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				part := r.Clone(r.Context())
				if tt.proof != nil {
					part.Header["Proof"] = tt.proof
				}
				inner.ServeHTTP(w, part)
			})))
			require.Equal(t, tt.status, get(t, server, "/", "Authorization: PoP alice", alice.proof("GET", "/", "alice")).status)
		})
	}
}

// fixedProof is a proof of one method, with a fixed answer.
type fixedProof struct {
	method string
	params []protector.Param
	check  func() (protector.Proved, error)
}

func (f *fixedProof) Confirms() string                       { return f.method }
func (f *fixedProof) Params() []protector.Param              { return f.params }
func (f *fixedProof) Evidence(*http.Request) (string, error) { return "", nil }
func (f *fixedProof) Check(context.Context, protector.Possession) (protector.Proved, error) {
	if f.check == nil {
		return protector.Proved{}, nil
	}
	return f.check()
}

// Every known method needs a proof, other members none, and something has to be
// proved.
//
// checklist 136, 153
func TestConfirmation(t *testing.T) {
	none, jkt, own := []string{}, []string{"jkt"}, []string{"own"}
	for _, tt := range []struct {
		name    string
		members []string
		proofs  []string
		status  int
	}{
		{"not bound", nil, none, 200},
		{"not bound, provable", nil, jkt, 200},
		{"proved", jkt, jkt, 200},
		{"not proved", jkt, none, 401},
		{"by another method", jkt, own, 401},
		{"with a member that is no method", []string{"jkt", "note"}, jkt, 200},
		{"nothing but a member that is no method", []string{"note"}, jkt, 401},
		{"nothing but that, no proof", []string{"note"}, none, 401},
		{"a method that only the proof knows", own, own, 200},
		{"that and a known one", []string{"own", "jkt"}, own, 401},
		{"in other letters", []string{"JKT"}, jkt, 401},
		{"x5t#S256", []string{"jkt", "x5t#S256"}, jkt, 401},
		{"x5t", []string{"jkt", "x5t"}, jkt, 401},
		{"jwk", []string{"jkt", "jwk"}, jkt, 401},
		{"jwe", []string{"jkt", "jwe"}, jkt, 401},
		{"jku", []string{"jkt", "jku"}, jkt, 401},
		{"kid", []string{"jkt", "kid"}, jkt, 401},
		{"two of two", []string{"jkt", "kid"}, []string{"jkt", "kid"}, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			confirmation := make(map[string]string)
			for _, member := range tt.members {
				confirmation[member] = "x"
			}
			var proofs []protector.Proof
			for _, method := range tt.proofs {
				proofs = append(proofs, &fixedProof{method: method})
			}
			var seen []protector.Decision
			guard := newGuard(t, protector.Config{OnDecision: record(&seen), Validators: []protector.Validator{
				protector.Bearer(func(context.Context, string) (*bound, error) {
					return &bound{token{user: "alice"}, confirmation}, nil
				}).Proving(proofs...),
			}})
			require.Equal(t, tt.status, get(t, serve(t, guard.Require()(hello)), "/", "Authorization: Bearer x").status)
			if tt.status == 401 {
				require.Equal(t, "confirmation", seen[0].Reason)
			}
		})
	}
}

// Nothing is committed before everything was checked, and what one proof says is
// what happens.
//
// checklist 145
func TestProofsAreCommittedLast(t *testing.T) {
	var log []string
	step := func(name string, err error) func() (protector.Proved, error) {
		return func() (protector.Proved, error) {
			log = append(log, "check "+name)
			return protector.Proved{Commit: func(context.Context) error { log = append(log, "commit "+name); return nil }}, err
		}
	}
	for _, tt := range []struct {
		name   string
		second error
		status int
		log    []string
	}{
		{"both hold", nil, 200, []string{"check a", "check b", "commit a", "commit b"}},
		{"the second does not", invalid{"x"}, 401, []string{"check a", "check b"}},
		{"the second cannot tell", errDown, 503, []string{"check a", "check b"}},
		{"its own answer", &protector.Error{Status: 401, Code: "use_dpop_nonce"}, 401, []string{"check a", "check b"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log = nil
			guard := newGuard(t, protector.Config{Validators: []protector.Validator{
				protector.Bearer(newTable().lookup).Proving(
					&fixedProof{method: "a", check: step("a", nil)}, &fixedProof{method: "b", check: step("b", tt.second)}),
			}})
			require.Equal(t, tt.status, get(t, serve(t, guard.Require()(hello)), "/", "Authorization: Bearer alice").status)
			require.Equal(t, tt.log, log)
		})
	}
}

func TestFaultyProofs(t *testing.T) {
	bearer := protector.Bearer(newTable().lookup)
	certificate := protector.MutualTLS(protector.MutualTLSConfig{})
	params := func(params ...protector.Param) *fixedProof { return &fixedProof{method: "jkt", params: params} }
	for name, tt := range map[string]struct {
		validators []protector.Validator
		says       string
	}{
		"nil":       {[]protector.Validator{bearer.Proving(nil)}, "nil Proof"},
		"typed nil": {[]protector.Validator{bearer.Proving((*signed)(nil))}, "nil Proof"},
		"no method": {[]protector.Validator{bearer.Proving(&fixedProof{})}, "confirms no method"},
		"twice":     {[]protector.Validator{bearer.Proving(certificate, certificate)}, `two proofs of "x5t#S256"`},
		"twice, apart": {[]protector.Validator{bearer.Proving(certificate).Proving(certificate)},
			`two proofs of "x5t#S256"`},
		"bad attribute": {[]protector.Validator{bearer.Proving(params(protector.Param{"algs", "a\"b"}))}, "algs"},
		"realm":         {[]protector.Validator{bearer.Proving(params(protector.Param{"Realm", "b"}))}, "make them agree"},
		"disagreement": {[]protector.Validator{
			bearer.Proving(params(protector.Param{"algs", "ES256"})).When(func(string) bool { return false }),
			bearer.Proving(params(protector.Param{"algs", "EdDSA"})),
		}, "make them agree"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := protector.New(protector.Config{Validators: tt.validators})
			require.ErrorContains(t, err, "protector: Config.Validators[")
			require.ErrorContains(t, err, tt.says)
		})
	}
	t.Run("Proving copies", func(t *testing.T) {
		bound := returning(&bound{token{user: "alice"}, map[string]string{"own": "x"}})
		three := bound.Proving(&fixedProof{method: "a"}, &fixedProof{method: "b"}, &fixedProof{method: "c"})
		own, other := three.Proving(&fixedProof{method: "own"}), three.Proving(&fixedProof{method: "other"})
		for status, validator := range map[int]protector.Validator{200: own, 401: other} {
			guard := newGuard(t, protector.Config{Validators: []protector.Validator{validator}})
			require.Equal(t, status, get(t, serve(t, guard.Require()(hello)), "/", "Authorization: Bearer x").status)
		}
	})
}

// The proof, like the token, stays out of what others print.
//
// checklist 27
func TestProofStaysSecret(t *testing.T) {
	var refused []error
	guard := newGuard(t, protector.Config{
		OnDecision: func(_ context.Context, d protector.Decision) { refused = append(refused, d.Err) },
		Validators: []protector.Validator{protector.Scheme("PoP", byScheme(map[string]*bound{
			"alice-alice-alice": {token{user: "alice"}, map[string]string{"jkt": "x"}},
		})).Proving(new(signed))},
	})
	get(t, serve(t, guard.Require()(hello)), "/", "Authorization: PoP alice-alice-alice", "Proof: canary-canary-canary")
	require.ErrorContains(t, refused[0], "malformed: [token]")
	p := protector.Possession{Method: "GET", Target: "/?access_token=canary-canary-canary", Token: "canary-canary-canary",
		Evidence: "canary"}
	for _, verb := range verbs {
		require.NotContains(t, fmt.Sprintf(verb, p)+fmt.Sprintf(verb, &p), "canary", verb)
	}
	text, err := json.Marshal([]any{p, &p})
	require.NoError(t, err)
	require.NotContains(t, string(text), "canary")
}

// verbs are those of the package fmt, and some that do not fit. (Of a struct, %p
// prints the fields and asks no method; go vet reports it.)
var verbs = []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%T", "%c", "%e"}

// planting is a proof that sets a cookie, and looks for a token that is none of
// its business.
type planting struct{ saw []bool }

func (*planting) Confirms() string          { return "jkt" }
func (*planting) Params() []protector.Param { return nil }

func (p *planting) Evidence(r *http.Request) (string, error) {
	_, ok := protector.CurrentToken[*token](r.Context())
	p.saw = append(p.saw, ok)
	return "same", nil
}

func (*planting) Check(context.Context, protector.Possession) (protector.Proved, error) {
	return protector.Proved{Header: http.Header{"Set-Cookie": {"a=1", "b=2"}}}, nil
}

func TestProofBehindTwoMiddlewares(t *testing.T) {
	proof := new(planting)
	guard := newGuard(t, protector.Config{Validators: []protector.Validator{
		protector.Bearer(newTable().lookup).Proving(proof),
	}})
	server := serve(t, guard.Require()(guard.Require("profile")(hello)))
	a := get(t, server, "/", "Authorization: Bearer alice")
	require.Equal(t, "hello alice", a.body)
	require.Equal(t, []string{"a=1", "b=2"}, a.header.Values("Set-Cookie"), "each once")
	require.Equal(t, []bool{false, false}, proof.saw)
}
