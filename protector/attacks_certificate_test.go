package protector_test

import (
	"log/slog"
	"net/http"
	"net/netip"
	"strings"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector"
)

// addCertificates adds paths for tokens that are bound to a client's certificate: behind no proxy, behind proxies at
// other addresses, and behind such as the attacker can talk to.
func (a *arena) addCertificates(mux *http.ServeMux, keys *jwks.Remote, handler http.Handler) {
	_, a.holder = clientCertificate(a.t)
	tokens, err := jwt.NewValidator(jwt.Config{
		Issuer: a.issuer.URL(), Audiences: []string{a.issuer.Audience()}, Keys: keys, Confirmations: []string{"x5t#S256"},
	})
	require.NoError(a.t, err)
	for path, config := range map[string]protector.MutualTLSConfig{
		"/certificate":           {},
		"/certificate/elsewhere": {Proxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}},
		"/certificate/proxied":   {Proxies: loopback},
		"/certificate/envoy":     {Proxies: loopback, Encoding: protector.CertificateXFCC},
		"/certificate/traefik":   {Proxies: loopback, Encoding: protector.CertificateTraefik},
	} {
		guard := newGuard(a.t, protector.Config{Logger: slog.New(a.log), Validators: []protector.Validator{
			protector.Bearer(tokens.Validate).Proving(protector.MutualTLS(config)),
		}})
		mux.Handle(path, guard.Require("profile")(handler))
	}
}

// stolen is a token that is good, and of whom the certificate is known to be.
func stolen(a *arena) []string {
	return of(a.token(jwttest.Claim("cnf", map[string]string{"x5t#S256": thumbprint(a.holder)})))
}

// certified sends GET requests for a path, with each of these fields, in which HOLDER and MINE stand for certificates.
func certified(path string, write func([]byte) string, fields ...string) func(*arena, string) answer {
	return func(a *arena, token string) (last answer) {
		_, mine := clientCertificate(a.t)
		replace := strings.NewReplacer("HOLDER", write(a.holder), "MINE", write(mine),
			"HASHED", asHash(a.holder), "MYHASH", asHash(mine))
		for _, field := range fields {
			last = a.raw("GET " + path + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + token + "\r\n" +
				replace.Replace(field) + "\r\n\r\n")
			require.Equal(a.t, http.StatusUnauthorized, last.status, field)
		}
		return last
	}
}

func certificateReason(reason string) verdict {
	return verdict{401, "invalid_token", "certificate_" + reason}
}

// certificateAttacks bring a stolen token that is bound to its holder's certificate, which is no secret.
var certificateAttacks = []attack{
	{ // checklist 150
		"bound to a certificate, without one", "checks the binding only if there is a certificate",
		stolen, certified("/certificate", asRFC9440, "X: y"), certificateReason("missing"),
	},
	{ // checklist 151
		"the holder's certificate in a header field", "believes the field of anybody",
		stolen, certified("/certificate", asRFC9440,
			"Client-Cert: HOLDER", "Client-Cert: HOLDER\r\nX-Forwarded-For: 192.0.2.7"),
		certificateReason("missing"),
	},
	{ // checklist 151
		"the same, and the proxy's address too", "takes the peer's address from a header field",
		stolen, certified("/certificate/elsewhere", asRFC9440,
			"Client-Cert: HOLDER", "Client-Cert: HOLDER\r\nX-Forwarded-For: 192.0.2.7",
			"Client-Cert: HOLDER\r\nX-Real-IP: 192.0.2.7", "Client-Cert: HOLDER\r\nForwarded: for=192.0.2.7"),
		certificateReason("missing"),
	},
	{ // checklist 150
		"another certificate, forwarded", "sees that there is one, and not which",
		stolen, certified("/certificate/proxied", asRFC9440, "Client-Cert: MINE"), certificateReason("binding"),
	},
	{ // checklist 151
		"a second field beside the proxy's", "reads the first, which the client has sent",
		stolen, certified("/certificate/proxied", asRFC9440, "Client-Cert: HOLDER\r\nClient-Cert: MINE",
			"Client-Cert: MINE\r\nclient-cert: HOLDER", "Client-Cert: HOLDER\r\nClient-Cert:", "Client-Cert: HOLDER, MINE"),
		certificateReason("several"),
	},
	{ // checklist 151
		"names in the certificate that are written as more pairs and elements", "splits what a client has had a hand in",
		stolen, certified("/certificate/envoy", asEnvoyPEM,
			"X-Forwarded-Client-Cert: Hash=HASHED,Hash=MYHASH",
			"X-Forwarded-Client-Cert: Hash=MYHASH;URI=a,Hash=HASHED",
			"X-Forwarded-Client-Cert: Hash=MYHASH;URI=a;Hash=HASHED",
			"X-Forwarded-Client-Cert: Cert=\"MINE\";URI=a;Cert=\"HOLDER\""),
		certificateReason("several"),
	},
	{ // checklist 151
		"a certificate in a name, where the proxy sends the hash alone", "prefers what the client has had a hand in",
		stolen, certified("/certificate/envoy", asEnvoyPEM, "X-Forwarded-Client-Cert: Hash=MYHASH;URI=a;Cert=\"HOLDER\""),
		certificateReason("malformed"),
	},
	{ // checklist 148
		"the holder's certificate as an authority of the chain", "finds the certificate anywhere in the chain",
		stolen, certified("/certificate/traefik", asTraefik, "X-Forwarded-Tls-Client-Cert: MINE,HOLDER"),
		certificateReason("binding"),
	},
}
