package protector_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
	"example.com/resourceserver/scopes"
)

// base is what every token has.
type base struct{ user string }

func (base) Scopes() scopes.Set   { return scopes.Parse("profile") }
func (base) ExpiresAt() time.Time { return time.Time{} }

type (
	revokedOnPointer    struct{ base }
	isRevoked           struct{ base }
	revokedWithError    struct{ base }
	revokedByArgument   struct{ base }
	confirmationOfAny   struct{ base }
	confirmationMisread struct{ base }
	cnf                 struct{ base }
	validNow            struct{ base }
	groupList           struct{ base }
	roleList            struct{ base }
	entitlementList     struct{ base }
	issuerPointer       struct{ base }
	clientId            struct{ base } //lint:ignore ST1003 the near miss is what is tested
	subjectNumber       struct{ base }
	acrList             struct{ base }
	getACR              struct{ base }
	authTimeNumber      struct{ base }
	authenticatedAt     struct{ base }
	wrapping            struct {
		protector.Token
		_ string
	}
	wrappingPart struct {
		protector.Token
		_ string
	}
	wrappingWhole struct {
		*full
		_ string
	}
	wrappingDeeper struct {
		*wrappingPart
		_ string
	}
	wrappingBelow struct{ wrapping }
	circle        struct {
		base
		*circle //lint:ignore U1000 that it is there is what is tested
	}
	claimed  struct{ base }
	name     string
	number   int
	names    []string
	claims   map[string]any
	function func() string
	empty    struct{}
)

func (*revokedOnPointer) Revoked() bool                    { return true }
func (*isRevoked) IsRevoked() bool                         { return true }
func (*revokedWithError) Revoked() (bool, error)           { return true, nil }
func (*revokedByArgument) Revoked(context.Context) bool    { return true }
func (*confirmationOfAny) Confirmation() map[string]any    { return map[string]any{"jkt": "x"} }
func (*confirmationMisread) Confirmations() map[string]int { return nil }
func (*cnf) Cnf() string                                   { return "" }
func (*validNow) ValidAt() bool                            { return false }
func (*groupList) Groups() []string                        { return nil }
func (*roleList) Roles() []string                          { return nil }
func (*entitlementList) GetEntitlements() scopes.Set       { return scopes.Set{} }
func (*issuerPointer) Issuer() *string                     { return nil }
func (*clientId) ClientId() string                         { return "" } //lint:ignore ST1003 as above
func (*subjectNumber) Subject() int                        { return 0 }
func (*acrList) ACR() []string                             { return nil }
func (*getACR) GetACR() string                             { return "" }
func (*authTimeNumber) AuthTime() int64                    { return 0 }
func (*authenticatedAt) AuthenticatedAt() time.Time        { return time.Time{} }
func (*wrappingPart) Revoked() bool                        { return false }
func (claimed) GetSubject() (string, error)                { return "", nil }
func (claimed) GetIssuer() (string, error)                 { return "", nil }
func (name) Scopes() scopes.Set                            { return scopes.Set{} }
func (name) ExpiresAt() time.Time                          { return time.Time{} }
func (number) Scopes() scopes.Set                          { return scopes.Set{} }
func (number) ExpiresAt() time.Time                        { return time.Time{} }
func (names) Scopes() scopes.Set                           { return scopes.Set{} }
func (names) ExpiresAt() time.Time                         { return time.Time{} }
func (*names) Revoked() bool                               { return true }
func (claims) Scopes() scopes.Set                          { return scopes.Set{} }
func (claims) ExpiresAt() time.Time                        { return time.Time{} }
func (function) Scopes() scopes.Set                        { return scopes.Set{} }
func (function) ExpiresAt() time.Time                      { return time.Time{} }
func (*empty) Scopes() scopes.Set                          { return scopes.Set{} }
func (*empty) ExpiresAt() time.Time                        { return time.Time{} }

// almost is an interface with a method of nearly the right shape.
type almost interface {
	protector.Token
	Revoked() error
}

// returning is a validator whose tokens are of the type T.
func returning[T protector.Token](found T) protector.Validator {
	return protector.Bearer(func(context.Context, string) (T, error) { return found, nil })
}

// A type that cannot say "no such token" would let every string in; a method of
// nearly the right shape would never be asked.
//
// checklist 198, 201
func TestFaultyTokenTypes(t *testing.T) {
	for _, tt := range []struct {
		validator protector.Validator
		says      string
	}{
		{returning(base{}), "the token type protector_test.base is a value, which cannot say that there is no such token: " +
			"return *protector_test.base, and nil for none"},
		{returning(name("")), "is a value"},
		{returning(number(0)), "is a value"},
		{returning(revokedOnPointer{}), "has Revoked on its pointer only: return *protector_test.revokedOnPointer"},
		{returning(names{"x"}), "has Revoked on its pointer only"},
		{returning(&empty{}), "pointer to nothing"},
		{returning(&isRevoked{}), "has a method IsRevoked, which is never asked: name it Revoked, as func() bool"},
		{returning(&revokedWithError{}),
			"has a method Revoked that is func() (bool, error): make it func() bool, or name it otherwise"},
		{returning(&revokedByArgument{}), "Revoked that is func(context.Context) bool"},
		{returning(&confirmationOfAny{}),
			"Confirmation that is func() map[string]interface {}: make it func() map[string]string"},
		{returning(&confirmationMisread{}), "Confirmations, which is never asked"},
		{returning(&cnf{}), "Cnf, which is never asked: name it Confirmation"},
		{returning(&validNow{}), "ValidAt that is func() bool: make it func(time.Time) bool"},
		{returning(&groupList{}), "Groups that is func() []string: make it func() scopes.Set"},
		{returning(&roleList{}), "Roles that is func() []string"},
		{returning(&entitlementList{}), "GetEntitlements, which is never asked"},
		{returning(&issuerPointer{}), "Issuer that is func() *string"},
		{returning(&clientId{}), "ClientId, which is never asked: name it ClientID"},
		{returning(&subjectNumber{}), "Subject that is func() int"},
		{returning(&acrList{}), "ACR that is func() []string: make it func() string"},
		{returning(&getACR{}), "GetACR, which is never asked: name it ACR"},
		{returning(&authTimeNumber{}), "AuthTime that is func() int64: make it func() time.Time"},
		{returning(&authenticatedAt{}), "AuthenticatedAt, which is never asked: name it AuthTime"},
		{returning(&wrapping{}), "embeds the interface protector.Token, which hides Confirmation"},
		{returning(&wrappingPart{}), "hides Confirmation"},
		{returning(&wrappingDeeper{}), "wrappingDeeper embeds the interface protector.Token, which hides Confirmation"},
		{returning(&wrappingBelow{}), "wrappingBelow embeds the interface protector.Token, which hides Revoked"},
		{returning[almost](nil), "the token type protector_test.almost has a method Revoked that is func() error"},
	} {
		_, err := protector.New(protector.Config{Validators: []protector.Validator{tt.validator}})
		require.ErrorContains(t, err, "protector: Config.Validators[0] is not usable: the token type ")
		require.ErrorContains(t, err, tt.says)
	}
	_, err := protector.New(protector.Config{Validators: []protector.Validator{returning(&wrappingPart{})}})
	require.NotContains(t, err.Error(), "Revoked", "which it has")
	for _, validator := range []protector.Validator{
		returning(&full{}), returning(&member{}), returning(&identified{}), returning(claims{}), returning(function(nil)),
		returning[protector.Token](nil), returning[protector.TimedToken](nil),
		returning(&base{}), returning(&wrappingWhole{}),
		returning(&circle{}), returning(&claimed{}),
	} {
		_, err := protector.New(protector.Config{Validators: []protector.Validator{validator}})
		require.NoError(t, err)
	}
}

// The interfaces are there to be sure at compile time.
var (
	_ protector.RevocableToken    = (*full)(nil)
	_ protector.TimedToken        = (*full)(nil)
	_ protector.BoundToken        = (*full)(nil)
	_ protector.GroupsToken       = (*member)(nil)
	_ protector.RolesToken        = (*member)(nil)
	_ protector.EntitlementsToken = (*member)(nil)
	_ protector.ACRToken          = (*login)(nil)
	_ protector.AuthTimeToken     = (*login)(nil)
	_ protector.IssuerToken       = (*identified)(nil)
	_ protector.ClientToken       = (*identified)(nil)
	_ protector.SubjectToken      = (*identified)(nil)
)

// Behind an interface the type shows when a token comes. It is the program's
// mistake, and nobody gets in by it.
//
// checklist 201
func TestFaultyTokenTypesBehindAnInterface(t *testing.T) {
	for name, tok := range map[string]protector.Token{
		"Revoked of another shape": &revokedWithError{base{"alice"}},
		"Revoked on the pointer":   revokedOnPointer{base{"alice"}},
		"Confirmation of any":      &confirmationOfAny{base{"alice"}},
		"hiding":                   &wrapping{&full{revoked: true}, "alice"},
	} {
		t.Run(name, func(t *testing.T) {
			var seen []protector.Decision
			guard := newGuard(t, protector.Config{
				OnDecision: record(&seen), Validators: []protector.Validator{returning(tok)},
			})
			server := serve(t, guard.Optional()(hello))
			for range 2 {
				require.Equal(t, 500, get(t, server, "/", "Authorization: Bearer x").status)
			}
			require.Equal(t, "bad_token_type", seen[1].Reason)
			require.ErrorContains(t, seen[1].Err, "the token type")
		})
	}
}

// "Found nothing" never means "let in".
//
// checklist 198
func TestBlankTokens(t *testing.T) {
	rows := map[string]base{"known": {"alice"}} // an unknown key gives a blank row
	byRow := protector.Bearer(func(_ context.Context, s string) (*base, error) {
		row := rows[s]
		return &row, nil
	})
	byValue := protector.Bearer(func(_ context.Context, s string) (protector.Token, error) { return rows[s], nil })
	byClaims := protector.Bearer(func(_ context.Context, s string) (claims, error) {
		return map[string]claims{"known": {"sub": "alice"}, "": {}}[s], nil
	})
	byScheme := protector.Scheme("Bearer", func(_ *http.Request, s string) (*base, error) {
		row := rows[s]
		return &row, nil
	})
	type session struct{ *base }
	bySession := protector.Bearer(func(_ context.Context, s string) (*session, error) {
		row := rows[s]
		return &session{&row}, nil
	})
	for name, validator := range map[string]protector.Validator{"session": bySession, "row": byRow, "value": byValue,
		"claims": byClaims,
		"scheme": byScheme} {
		t.Run(name, func(t *testing.T) {
			var seen []protector.Decision
			guard := newGuard(t, protector.Config{OnDecision: record(&seen), Validators: []protector.Validator{validator}})
			server := serve(t, guard.Optional()(hello))
			require.Equal(t, 401, get(t, server, "/", "Authorization: Bearer unknown").status)
			require.Equal(t, "unknown_token", seen[0].Reason)
			require.Equal(t, 200, get(t, server, "/", "Authorization: Bearer known").status)
		})
	}
}
