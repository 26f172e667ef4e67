package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"sync"

	"example.com/resourceserver/jwt/jwttest"
)

// authorizationServer is one for demonstrations: whoever comes is alice, and has
// logged in. It knows the authorization code grant with PKCE (OAuth 2.1 §4.1) for one
// client, which is public.
type authorizationServer struct {
	issuer  *jwttest.Issuer
	consent func(scope string) string // what alice grants of it

	mu    sync.Mutex
	codes map[string]url.Values // the requests that they are for
}

const (
	clientID    = "notes-cli"
	redirectURI = "http://localhost/callback" // nobody listens: the code is taken from the redirect
)

// newAuthorizationServer has the issuer's metadata name it, at the given address.
func newAuthorizationServer(issuer *jwttest.Issuer, address string, consent func(string) string) http.Handler {
	as := &authorizationServer{issuer: issuer, consent: consent, codes: map[string]url.Values{}}
	issuer.AlterMetadata(func(metadata map[string]any) {
		metadata["authorization_endpoint"] = address + "/authorize"
		metadata["token_endpoint"] = address + "/token"
		metadata["code_challenge_methods_supported"] = []string{"S256"}
		metadata["token_endpoint_auth_methods_supported"] = []string{"none"}
	})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", as.authorize)
	mux.HandleFunc("POST /token", as.token)
	return mux
}

// grantAll is the consent of somebody who reads nothing.
func grantAll(scope string) string { return scope }

func (as *authorizationServer) authorize(w http.ResponseWriter, r *http.Request) {
	request := r.URL.Query()
	if request.Get("client_id") != clientID || request.Get("redirect_uri") != redirectURI {
		http.Error(w, "unknown client", http.StatusBadRequest) // and no redirect to who knows where
		return
	}
	answer := url.Values{"state": {request.Get("state")}}
	if request.Get("response_type") != "code" || request.Get("code_challenge_method") != "S256" {
		answer.Set("error", "invalid_request")
	} else {
		answer.Set("code", as.newCode(request))
	}
	http.Redirect(w, r, redirectURI+"?"+answer.Encode(), http.StatusFound)
}

func (as *authorizationServer) newCode(request url.Values) string {
	request.Set("scope", as.consent(request.Get("scope")))
	code := rand.Text()
	as.mu.Lock()
	defer as.mu.Unlock()
	as.codes[code] = request
	return code
}

func (as *authorizationServer) token(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	request, ok := as.redeem(r)
	if !ok {
		w.WriteHeader(http.StatusBadRequest)
		json.NewEncoder(w).Encode(map[string]string{"error": "invalid_grant"})
		return
	}
	json.NewEncoder(w).Encode(map[string]any{
		"access_token": as.issuer.Token(jwttest.Subject("alice"), jwttest.ClientID(clientID),
			jwttest.Audience(request.Get("resource")), jwttest.Scope(request.Get("scope"))),
		"token_type": "Bearer", "expires_in": 300, "scope": request.Get("scope"),
	})
}

// redeem returns the request that a code is for, once.
func (as *authorizationServer) redeem(r *http.Request) (url.Values, bool) {
	if r.PostFormValue("client_id") != clientID {
		return nil, false // before the code is used up: clients try several ways to name themselves
	}
	as.mu.Lock()
	request, ok := as.codes[r.PostFormValue("code")]
	delete(as.codes, r.PostFormValue("code"))
	as.mu.Unlock()
	verifier := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	return request, ok && r.PostFormValue("grant_type") == "authorization_code" &&
		r.PostFormValue("redirect_uri") == redirectURI && r.PostFormValue("resource") == request.Get("resource") &&
		base64.RawURLEncoding.EncodeToString(verifier[:]) == request.Get("code_challenge")
}
