// Package oidcprovider runs npm's oidc-provider, an issuer that this project
// did not write, so that its tests can show the library at work with tokens
// and documents that it has not influenced.
//
// It needs Node 20 or later and one command in this folder, once:
//
//	npm ci
//
// Start then runs provider.mjs on a free loopback port. The resource that a
// token is asked for decides its form: JWTResource and ES256Resource give JWT
// access tokens by RFC 9068, OpaqueResource gives opaque ones, about which
// IntrospectionURL answers (RFC 7662). ProvedToken gets tokens that are bound to
// the client's key (RFC 9449), CertifiedToken those that are bound to its
// certificate (RFC 8705). Where Node or its packages are missing, Start returns an
// error that is ErrMissing: a test skips and says why.
//
//	provider, err := oidcprovider.Start(ctx)
//	if errors.Is(err, oidcprovider.ErrMissing) {
//		t.Skip(err)
//	}
//	defer provider.Close()
//	token, err := provider.Token(ctx, oidcprovider.OpaqueResource, "profile")
package oidcprovider
