package jwt_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// vendorTime lies within the life of every token below.
var vendorTime = time.Unix(1767225660, 0)

// vendors are all of them, by the kinds that the profiles are sorted by.
var vendors = slices.Concat(servers, services, platforms, workloads)

// vendor is an issuer as its documentation shows it: an access token, ID tokens
// that its keys could have signed, and what the profile makes of the first. The
// values are invented.
type vendor struct {
	name      string
	profile   func() jwt.Profile
	issuer    string
	audiences []string

	audienceClaim string // default: aud

	header   string // without alg and kid
	access   string
	idTokens map[string]idToken // none: its keys sign nothing of the kind

	subject, client, id, scopes string
	audience                    []string
	groups, roles, entitlements string
	required, optional          string   // claims whose removal is refused, or not
	present                     string   // as required, and nothing but their presence is looked at
	differsInTypeAlone          bool     // from RFC 9068
	otherTypes, refusedTypes    []string // of the header, beside the one above
	nearMisses                  map[string]nearMiss
	acceptedVariations          map[string]claims
}

type idToken struct {
	payload string
	because jwt.Reason
	claim   string
}

// nearMiss is the access token but for one thing.
type nearMiss struct {
	changes claims
	because jwt.Reason
}

// claims are changes to a payload; nil removes.
type claims map[string]any

// sign signs payload with changes made to it, under the vendor's header.
func (v vendor) sign(t *testing.T, keys *jwttest.Issuer, payload string, changes claims,
	opts ...jwttest.TokenOption) string {
	t.Helper()
	var members map[string]any
	require.NoError(t, json.Unmarshal([]byte(payload), &members))
	maps.Copy(members, changes)
	maps.DeleteFunc(members, func(_ string, value any) bool { return value == nil })
	changed, err := json.Marshal(members)
	require.NoError(t, err)

	var header map[string]any
	require.NoError(t, json.Unmarshal([]byte(v.header), &header))
	all := []jwttest.TokenOption{jwttest.RawPayload(string(changed)), jwttest.WithoutHeader("typ")}
	for name, value := range header {
		all = append(all, jwttest.Header(name, value))
	}
	return keys.Token(append(all, opts...)...)
}

func (v vendor) validate(t *testing.T, keys *jwttest.Issuer, profile jwt.Profile, compact string) (*jwt.Token, error) {
	t.Helper()
	validator, err := jwt.NewValidator(jwt.Config{
		Issuer: v.issuer, Audiences: v.audiences, Keys: keys, Profile: profile,
		Now: func() time.Time { return vendorTime },
	})
	require.NoError(t, err)
	token, err := validator.Validate(t.Context(), compact)
	cache := cacheOf(t, validator)
	for range 2 {
		cached, cachedErr := cache.Validate(t.Context(), compact)
		require.Equal(t, token, cached)
		require.Equal(t, err, cachedErr)
	}
	return token, err
}

func vendorNamed(t *testing.T, name string) vendor {
	t.Helper()
	i := slices.IndexFunc(vendors, func(v vendor) bool { return v.name == name })
	require.GreaterOrEqual(t, i, 0)
	return vendors[i]
}

// requireRefused demands the reason, and the claim or parameter unless it is "".
func requireRefused(t *testing.T, err error, reason jwt.Reason, name string) {
	t.Helper()
	var invalid *jwt.Error
	require.ErrorAs(t, err, &invalid)
	require.Equal(t, reason, invalid.Reason, invalid)
	if name != "" {
		require.Equal(t, name, invalid.Name, invalid)
	}
}

// withTyp sets the header's typ; "" removes it.
func withTyp(typ string) jwttest.TokenOption {
	if typ == "" {
		return jwttest.WithoutHeader("typ")
	}
	return jwttest.Typ(typ)
}

func sorted(list string) string {
	names := strings.Fields(list)
	slices.Sort(names)
	return strings.Join(names, " ")
}
