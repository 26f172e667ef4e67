package introspection_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"math"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector/introspection"
)

func TestNewRefuses(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	basic, unencoded := introspection.ClientSecretBasic, introspection.ClientSecretBasicUnencoded
	signed := introspection.PrivateKeyJWT
	for name, tc := range map[string]struct {
		adjust func(*settings)
		says   string
	}{
		"no endpoint": {func(c *settings) { c.Endpoint = "" }, "Endpoint is empty"},
		"a nil transport": {
			func(c *settings) { c.HTTPClient = &http.Client{Transport: (*http.Transport)(nil)} },
			"Config.HTTPClient has a nil *http.Transport: leave Transport out",
		},
		"no scheme": {func(c *settings) { c.Endpoint = "issuer.example/i" }, "Endpoint is not an absolute URL"},
		"no host":   {func(c *settings) { c.Endpoint = "https://:443/i" }, "Endpoint is not an absolute URL"},
		"opaque": {
			func(c *settings) { c.Endpoint = "https:issuer.example/i" },
			"Endpoint is not an absolute URL",
		},
		"plain http": {func(c *settings) { c.Endpoint = "http://issuer.example/i" }, "InsecureAllowPlainHTTP"},
		"loopback look-alike": {
			func(c *settings) { c.Endpoint = "http://127.0.0.1.evil.example/i" },
			"InsecureAllowPlainHTTP",
		},
		"other scheme": {func(c *settings) { c.Endpoint = "ftp://issuer.example/i" }, "Endpoint is not https"},
		"user info": {
			func(c *settings) { c.Endpoint = "https://u:hush@issuer.example/i" },
			"set Credentials instead",
		},
		"fragment":       {func(c *settings) { c.Endpoint = "https://issuer.example/i#" }, "fragment"},
		"not a URL":      {func(c *settings) { c.Endpoint = "https://u:hush@issuer.example:x" }, "does not parse"},
		"no credentials": {func(c *settings) { c.Credentials = introspection.Credentials{} }, "Credentials is not set"},
		"no secret":      {func(c *settings) { c.Credentials = basic("api", "") }, "empty client id or secret"},
		"no client id": {
			func(c *settings) { c.Credentials = introspection.ClientSecretPost("", "hush") },
			"empty client id or secret",
		},
		"nil source":   {func(c *settings) { c.Credentials = introspection.BearerToken(nil) }, "nil token source"},
		"nil signer":   {func(c *settings) { c.Credentials = signed("api", "as", "", nil) }, "nil signer"},
		"P-384 signer": {func(c *settings) { c.Credentials = signed("api", "as", "", p384) }, "use a P-256 key"},
		"typed nil signer": {func(c *settings) {
			c.Credentials = signed("api", "as", "", (*ecdsa.PrivateKey)(nil))
		}, "cannot tell its public key"},
		"hollow RSA signer": {func(c *settings) {
			c.Credentials = signed("api", "as", "", new(rsa.PrivateKey))
		}, "cannot tell its public key"},
		"colon unencoded": {func(c *settings) { c.Credentials = unencoded("a:b", "hush") }, "use ClientSecretBasic"},
		"control unencoded": {func(c *settings) {
			c.Credentials = unencoded("api", "hush\n")
		}, "use ClientSecretBasic"},
		"nothing unencoded":  {func(c *settings) { c.Credentials = unencoded("", "hush") }, "empty client id or secret"},
		"no audience":        {func(c *settings) { c.Audiences = nil }, "AnyAudience"},
		"blank and endpoint": {func(c *settings) { c.Endpoint += "\n" }, "Endpoint begins or ends with white space"},
		"blank and audience": {func(c *settings) { c.Audiences = []string{"api\n"} }, "Audiences names one that begins"},
		"empty audience":     {func(c *settings) { c.Audiences = []string{""} }, "Audiences holds an empty string"},
		"two audience rules": {func(c *settings) { c.AnyAudience = true }, "choose one"},
		"empty member":       {func(c *settings) { c.RequiredMembers = []string{"exp", ""} }, "RequiredMembers"},
		"empty confirmation": {func(c *settings) { c.Confirmations = []string{""} }, "Confirmations holds an empty string"},
		"bare leeway":        {func(c *settings) { c.Leeway = 30 }, "Leeway is 30ns, negative or without its unit"},
		"bare positive":      {func(c *settings) { c.PositiveTTL = 30 }, "PositiveTTL is 30ns"},
		"bare negative":      {func(c *settings) { c.NegativeTTL = 5 }, "NegativeTTL is 5ns"},
		"bare timeout":       {func(c *settings) { c.Timeout = 5_000 }, "Timeout is 5µs"},
		"endless cache":      {func(c *settings) { c.CacheSize = math.MaxInt }, "CacheSize is "},
		"endless bytes":      {func(c *settings) { c.CacheBytes = math.MaxInt }, "CacheBytes is "},
		"endless calls":      {func(c *settings) { c.MaxConcurrentCalls = math.MaxInt }, "use up to 100000"},
		"endless token":      {func(c *settings) { c.MaxTokenBytes = math.MaxInt }, "use up to 1048576"},
		"endless answer":     {func(c *settings) { c.MaxAnswerBytes = math.MaxInt }, "use up to 16777216"},
		"negative bytes":     {func(c *settings) { c.CacheBytes = -1 }, "CacheBytes is -1"},
		"long leeway":        {func(c *settings) { c.Leeway = 6 * time.Minute }, "Leeway is 6m0s: use up to 5m0s"},
		"negative leeway":    {func(c *settings) { c.Leeway = -time.Second }, "Leeway is -1s"},
		"negative positive":  {func(c *settings) { c.PositiveTTL = -time.Second }, "PositiveTTL is -1s"},
		"negative negative":  {func(c *settings) { c.NegativeTTL = -2 }, "NegativeTTL is -2ns"},
		"negative timeout":   {func(c *settings) { c.Timeout = -1 }, "Timeout is -1ns"},
		"negative cache":     {func(c *settings) { c.CacheSize = -1 }, "CacheSize is -1"},
		"negative calls":     {func(c *settings) { c.MaxConcurrentCalls = -1 }, "MaxConcurrentCalls is -1"},
		"negative token":     {func(c *settings) { c.MaxTokenBytes = -1 }, "MaxTokenBytes is -1"},
		"negative answer":    {func(c *settings) { c.MaxAnswerBytes = -1 }, "MaxAnswerBytes is -1"},
	} {
		t.Run(name, func(t *testing.T) {
			c := config("https://issuer.example/introspect")
			tc.adjust(&c)
			client, err := introspection.New(c)
			require.ErrorContains(t, err, tc.says)
			require.Nil(t, client)
			require.NotContains(t, err.Error(), "hush")
		})
	}
}

func TestNewReportsEveryFault(t *testing.T) {
	_, err := introspection.New(introspection.Config{Leeway: time.Hour, CacheSize: -1})
	for _, field := range []string{"Endpoint", "Credentials", "Audiences", "Leeway", "CacheSize"} {
		require.ErrorContains(t, err, "Config."+field)
	}
}

// checklist 171
func TestEndpointIsHTTPS(t *testing.T) {
	for _, endpoint := range []string{
		"https://issuer.example/i", "https://issuer.example/i?tenant=1",
		"http://localhost:1/i", "http://127.8.9.1/i", "http://[::1]:80/i",
	} {
		newClient(t, config(endpoint))
	}
	c := config("http://issuer.internal/i")
	_, err := introspection.New(c)
	require.Error(t, err)
	c.InsecureAllowPlainHTTP = true
	newClient(t, c)
}

// What is at its ceiling works.
func TestLargestLimits(t *testing.T) {
	c := config(serve(t, answering(activeAnswer)).URL)
	c.CacheSize, c.CacheBytes, c.MaxConcurrentCalls = 10_000_000, 1<<30, 100_000
	c.MaxTokenBytes, c.MaxAnswerBytes = 1<<20, 16<<20
	const year = 366 * 24 * time.Hour
	c.PositiveTTL, c.NegativeTTL, c.Timeout = year, year, year
	client := newClient(t, c)
	for range 2 {
		_, err := client.Introspect(t.Context(), token)
		require.NoError(t, err)
	}
}

func TestConfigIsCopiedIn(t *testing.T) {
	server := serve(t, answering(`{"active":true,"token_type":"Bearer","aud":"https://other.example"}`))
	c := config(server.URL)
	client := newClient(t, c)
	c.Audiences[0] = "https://other.example"
	_, err := client.Introspect(t.Context(), token)
	requireRejected(t, err, introspection.ReasonAudience)

	c.RequiredMembers = []string{"sub"}
	client = newClient(t, c)
	c.RequiredMembers[0] = "aud"
	_, err = client.Introspect(t.Context(), token)
	requireRejected(t, err, introspection.ReasonMissingClaim)

	c = config(serve(t, answering(active(`"cnf":{"jkt":"J"}`))).URL)
	c.Confirmations = []string{"x5t#S256"}
	client = newClient(t, c)
	c.Confirmations[0] = "jkt"
	_, err = client.Introspect(t.Context(), token)
	requireRejected(t, err, introspection.ReasonConfirmation)
}

// What the protector publishes as the issuers of a service.
//
// checklist 169
func TestIssuers(t *testing.T) {
	c := config("https://issuer.example/introspect")
	c.Issuer = ""
	require.Nil(t, newClient(t, c).Issuers())
	c.Issuer = "https://issuer.example"
	require.Equal(t, []string{"https://issuer.example"}, newClient(t, c).Issuers())
}
