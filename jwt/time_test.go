package jwt_test

import (
	"context"
	"crypto"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/jwt/jwttest"
)

func leeway(d time.Duration) func(*jwt.Config) {
	return func(c *jwt.Config) { c.Leeway = d }
}

// checklist 35, 36, 103, 104
func TestLeewayBoundaries(t *testing.T) {
	issuer, _ := strict(t)
	second := func(n int64) time.Time { return someTime.Add(time.Duration(n) * time.Second) }
	for _, tt := range []struct {
		name    string
		setting time.Duration
		seconds int64 // what it means
	}{
		{"default", 0, 30}, {"explicit default", defaultLeeway, 30}, {"none", jwt.NoLeeway, 0},
		{"a second", time.Second, 1}, {"a minute", time.Minute, 60}, {"most", maxLeeway, 300},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := validatorOf(t, issuer, at(someTime), leeway(tt.setting))
			token := func(opts ...jwttest.TokenOption) string {
				return issuer.Token(append([]jwttest.TokenOption{jwttest.IssuedAt(second(-100)),
					jwttest.Claim("exp", second(100))}, opts...)...)
			}
			accept(t, v, token(jwttest.Claim("exp", second(1-tt.seconds))))
			require.Equal(t, "exp", refuse(t, v, token(jwttest.Claim("exp", second(-tt.seconds))), jwt.ReasonExpired).Name)
			refuse(t, v, token(jwttest.Claim("exp", second(-1-tt.seconds))), jwt.ReasonExpired)

			accept(t, v, token(jwttest.NotBefore(second(tt.seconds))))
			require.Equal(t, "nbf", refuse(t, v, token(jwttest.NotBefore(second(1+tt.seconds))), jwt.ReasonNotYetValid).Name)

			accept(t, v, token(jwttest.IssuedAt(second(tt.seconds))))
			require.Equal(t, "iat", refuse(t, v, token(jwttest.IssuedAt(second(1+tt.seconds))), jwt.ReasonIssuedInFuture).Name)
		})
	}
}

// checklist 35
func TestLeewayWithinASecond(t *testing.T) {
	issuer, _ := strict(t)
	token := issuer.Token(jwttest.IssuedAt(someTime), jwttest.Claim("exp", someTime))
	none := func(now time.Time) *jwt.Validator { return validatorOf(t, issuer, at(now), leeway(jwt.NoLeeway)) }
	accept(t, none(someTime), issuer.Token(jwttest.IssuedAt(someTime), jwttest.Claim("exp", raw("1800000000.5"))))
	refuse(t, none(someTime), token, jwt.ReasonExpired)
	refuse(t, none(someTime.Add(-1)), token, jwt.ReasonIssuedInFuture)
	refuse(t, validatorOf(t, issuer, at(someTime.Add(time.Millisecond)), leeway(time.Millisecond)), token,
		jwt.ReasonExpired)
	accept(t, validatorOf(t, issuer, at(someTime.Add(time.Millisecond)), leeway(time.Millisecond+1)), token)
}

// checklist 36
func TestLeewayIsBounded(t *testing.T) {
	issuer, _ := strict(t)
	for _, d := range []time.Duration{maxLeeway + 1, time.Hour, -2, -time.Second, 1<<63 - 1, -1 << 63} {
		config := configOf(issuer)
		config.Leeway = d
		_, err := jwt.NewValidator(config)
		require.ErrorContains(t, err, "Config.Leeway")
		require.ErrorContains(t, err, "use up to 5m0s, or NoLeeway")
	}
}

// checklist 98, 99
func TestNumericDate(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer, at(someTime))
	fresh := []jwttest.TokenOption{jwttest.IssuedAt(someTime), jwttest.Claim("exp", someTime.Add(time.Minute))}
	for text, want := range map[string]time.Time{
		"1799999999":           time.Unix(1799999999, 0),
		"1799999999.0":         time.Unix(1799999999, 0),
		"1799999999.5":         time.Unix(1799999999, 500_000_000),
		"1.799999999e9":        time.Unix(1799999999, 0),
		"1.799999999E+9":       time.Unix(1799999999, 0),
		"17999999990e-1":       time.Unix(1799999999, 0),
		"0":                    time.Unix(0, 0),
		"0.0":                  time.Unix(0, 0),
		"0e999999999999999999": time.Unix(0, 0),
		"1e-999":               time.Unix(0, 0),
	} {
		token := accept(t, v, issuer.Token(append(fresh, jwttest.Claim("auth_time", raw(text)))...))
		require.True(t, want.Equal(token.AuthTime()), "%s: %v", text, token.AuthTime())
		token = accept(t, v, issuer.Token(append(fresh, jwttest.Claim("nbf", raw(text)))...))
		require.True(t, want.Equal(token.NotBefore()), "%s: %v", text, token.NotBefore())
	}
	for _, text := range []string{
		"-1", "-0", "-0.0", "-1799999999", "1e999", "-1e999", "253402300800", "253402300799.5", "2.534023008e11", "1e12",
		"9223372036854775807", "9223372036854775808",
		"18446744073709551616", "18446744073709551615", "99999999999999999999999999", "1800000000000", "1e18", "1e400",
		`"1799999999"`, `""`, `"2027-01-15T08:00:00Z"`, "true", "[]", "{}", "[1799999999]",
	} {
		for _, name := range []string{"exp", "nbf", "iat", "auth_time"} {
			require.Equal(t, name,
				refuse(t, v, issuer.Token(append(fresh, jwttest.Claim(name, raw(text)))...), jwt.ReasonClaimType).Name, text)
		}
	}
	for _, text := range []string{"NaN", "Infinity", "-Infinity", "0x6B49D200", "1_799_999_999", "01799999999",
		"+1799999999", "1799999999.", ".5", "1e", "١"} {
		refuse(t, v, issuer.Token(append(fresh, jwttest.Claim("exp", raw(text)))...), jwt.ReasonClaims)
	}
	forever := accept(t, v, issuer.Token(append(fresh, jwttest.Claim("exp", raw("253402300799")))...))
	require.Equal(t, 9999, forever.ExpiresAt().UTC().Year())
}

// checklist 35, 103
func TestValidAt(t *testing.T) {
	issuer, _ := strict(t)
	v := validatorOf(t, issuer, at(someTime))
	token := accept(t, v,
		issuer.Token(jwttest.IssuedAt(someTime), jwttest.NotBefore(someTime),
			jwttest.Claim("exp", someTime.Add(time.Minute))))
	require.True(t, token.ValidAt(someTime))
	require.True(t, token.ValidAt(someTime.Add(-30*time.Second)))
	require.False(t, token.ValidAt(someTime.Add(-30*time.Second-1)))
	require.True(t, token.ValidAt(someTime.Add(90*time.Second-1)))
	require.False(t, token.ValidAt(someTime.Add(90*time.Second)))
	require.False(t, token.ValidAt(time.Time{}))
	require.True(t, someTime.Add(time.Minute).Equal(token.ExpiresAt()), "without leeway")

	always := accept(t, v, issuer.Token(jwttest.IssuedAt(someTime), jwttest.Claim("exp", someTime.Add(time.Minute))))
	require.True(t, always.ValidAt(time.Time{}), "no nbf")
	require.False(t, new(jwt.Token).ValidAt(someTime), "the zero token")
}

// checklist 35, 103, 104
func TestTheClockIsReadOnEachValidation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		issuer, v := strict(t)
		token := issuer.Token(jwttest.ExpiresIn(time.Minute))
		early := issuer.Token(jwttest.NotBefore(time.Now().Add(time.Minute)))
		accept(t, v, token)
		refuse(t, v, early, jwt.ReasonNotYetValid)
		time.Sleep(90*time.Second - 1) // the bubble's clock, not ours
		accept(t, v, token)
		accept(t, v, early)
		time.Sleep(time.Nanosecond)
		refuse(t, v, token, jwt.ReasonExpired)
	})
}

// Keys may take their time to come, and a token may expire meanwhile.
// checklist 35
func TestTheTimeIsThatAfterTheKeysCame(t *testing.T) {
	issuer, _ := strict(t)
	synctest.Test(t, func(t *testing.T) {
		slow := keySource(func(ctx context.Context, kid, alg string) ([]crypto.PublicKey, error) {
			time.Sleep(time.Hour) // simulated
			return issuer.VerificationKeys(ctx, kid, alg)
		})
		v := validatorOf(t, issuer, withKeys(slow))
		acceptOnce(t, v, issuer.Token(jwttest.ExpiresIn(2*time.Hour)))
		refuseOnce(t, v, issuer.Token(jwttest.ExpiresIn(time.Hour-defaultLeeway)), jwt.ReasonExpired)
	})
}
