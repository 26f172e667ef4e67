package jwt_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

// checklist 31, 43, 45, 105
func TestVendorProfileReadsTheDocumentedToken(t *testing.T) {
	for _, v := range vendors {
		t.Run(v.name, func(t *testing.T) {
			keys := jwttest.NewIssuer(t, jwttest.InMemory())
			token, err := v.validate(t, keys, v.profile(), v.sign(t, keys, v.access, nil))
			require.NoError(t, err)
			require.Equal(t, v.issuer, token.Issuer())
			require.Equal(t, v.subject, token.Subject())
			require.Equal(t, v.client, token.ClientID())
			require.Equal(t, v.id, token.ID())
			require.Equal(t, v.audience, token.Audience())
			require.Equal(t, v.scopes, sorted(token.Scopes().String()))
			require.Equal(t, v.groups, sorted(token.Groups().String()))
			require.Equal(t, v.roles, sorted(token.Roles().String()))
			require.Equal(t, v.entitlements, sorted(token.Entitlements().String()))
			require.Equal(t, int64(1767225600), token.IssuedAt().Unix())

			for name, changes := range v.acceptedVariations {
				_, err := v.validate(t, keys, v.profile(), v.sign(t, keys, v.access, changes))
				require.NoError(t, err, name)
			}
			for _, claim := range strings.Fields(v.optional) {
				_, err := v.validate(t, keys, v.profile(), v.sign(t, keys, v.access, claims{claim: nil}))
				require.NoError(t, err, "without %s", claim)
			}
		})
	}
}

// checklist 30, 31, 37, 38, 58, 63
func TestVendorProfileRefusesWhatIsNotTheDocumentedToken(t *testing.T) {
	for _, v := range vendors {
		t.Run(v.name, func(t *testing.T) {
			keys := jwttest.NewIssuer(t, jwttest.InMemory())
			refuse := func(because jwt.Reason, changes claims) {
				t.Helper()
				_, err := v.validate(t, keys, v.profile(), v.sign(t, keys, v.access, changes))
				requireRefused(t, err, because, "")
			}
			for _, claim := range strings.Fields(v.required) {
				refuse(jwt.ReasonMissingClaim, claims{claim: nil})
				_, err := v.validate(t, keys, v.profile(), v.sign(t, keys, v.access, claims{claim: ""}))
				require.Error(t, err, "empty %s", claim)
				_, err = v.validate(t, keys, v.profile(), v.sign(t, keys, v.access, claims{claim: claims{"a": "b"}}))
				require.Error(t, err, "object as %s", claim)
			}
			for _, claim := range strings.Fields(v.present) {
				refuse(jwt.ReasonMissingClaim, claims{claim: nil})
				refuse(jwt.ReasonMissingClaim, claims{claim: ""})
				refuse(jwt.ReasonMissingClaim, claims{claim: claims{}})
			}
			require.NotEmpty(t, v.nearMisses)
			for _, miss := range v.nearMisses {
				refuse(miss.because, miss.changes)
			}
			refuse(jwt.ReasonAudience, claims{cmp.Or(v.audienceClaim, "aud"): "https://other.example"})
			refuse(jwt.ReasonIssuer, claims{"iss": "https://other.example"})
			refuse(jwt.ReasonExpired, claims{"exp": 1767225601})
			refuse(jwt.ReasonConfirmation, claims{"cnf": claims{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}})
			_, err := v.validate(t, keys, v.profile(), v.sign(t, keys, v.access, nil, jwttest.Tampered()))
			requireRefused(t, err, jwt.ReasonSignature, "")
		})
	}
}

// checklist 28, 29, 62
func TestVendorProfileTakesTheDocumentedTypeOnly(t *testing.T) {
	for _, v := range vendors {
		t.Run(v.name, func(t *testing.T) {
			keys := jwttest.NewIssuer(t, jwttest.InMemory())
			for _, typ := range v.otherTypes {
				_, err := v.validate(t, keys, v.profile(), v.sign(t, keys, v.access, nil, withTyp(typ)))
				require.NoError(t, err, typ)
			}
			require.NotEmpty(t, v.refusedTypes)
			for _, typ := range v.refusedTypes {
				_, err := v.validate(t, keys, v.profile(), v.sign(t, keys, v.access, nil, withTyp(typ)))
				requireRefused(t, err, jwt.ReasonType, "typ")
			}
			_, err := v.validate(t, keys, v.profile(), v.sign(t, keys, v.access, nil, jwttest.Header("typ", "")))
			requireRefused(t, err, jwt.ReasonType, "typ")
		})
	}
}

// No profile is needed for a token that RFC 9068 allows, and nothing of a profile
// is in force without it being named.
//
// checklist 28, 29, 37
func TestVendorTokenNeedsItsProfile(t *testing.T) {
	for _, v := range vendors {
		t.Run(v.name, func(t *testing.T) {
			keys := jwttest.NewIssuer(t, jwttest.InMemory())
			_, err := v.validate(t, keys, jwt.Profile{}, v.sign(t, keys, v.access, nil))
			requireRefused(t, err, jwt.ReasonType, "typ")

			_, err = v.validate(t, keys, jwt.Profile{}, v.sign(t, keys, v.access, nil, withTyp("at+jwt")))
			if v.differsInTypeAlone {
				require.NoError(t, err)
				return
			}
			requireRefused(t, err, jwt.ReasonMissingClaim, "")
		})
	}
}

// One user's adjustment must not reach another's validator.
func TestVendorProfileIsACopy(t *testing.T) {
	for _, v := range vendors {
		t.Run(v.name, func(t *testing.T) {
			before, touched := v.profile(), v.profile()
			for _, list := range [][]string{
				touched.Types, touched.Required, touched.Audience, touched.ClientID, touched.ID, touched.Scope, touched.Absent,
			} {
				for i := range list {
					list[i] = "changed"
				}
				_ = append(list, "changed")
			}
			for _, path := range slices.Concat(touched.Groups, touched.Roles, touched.Entitlements) {
				path[0] = "changed"
			}
			for name := range touched.Equal {
				touched.Equal[name] = "changed"
			}
			require.Equal(t, before, v.profile())
			require.NotEmpty(t, before.Name)
		})
	}
}

func TestVendorProfilesHaveDifferentNames(t *testing.T) {
	names := map[string]bool{}
	for _, v := range vendors {
		names[v.profile().Name] = true
	}
	require.Len(t, names, len(vendors))
}
