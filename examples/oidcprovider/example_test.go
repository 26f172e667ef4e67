package oidcprovider_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"example.com/resourceserver/examples/oidcprovider"
)

// A test of introspection: the token is opaque, and the provider answers about
// it to the client that may ask.
func ExampleStart() {
	ctx := context.Background()
	provider, err := oidcprovider.Start(ctx)
	if errors.Is(err, oidcprovider.ErrMissing) {
		log.Print(err) // a test would skip itself here
		return
	}
	if err != nil {
		log.Fatal(err)
	}
	defer provider.Close()
	token, err := provider.Token(ctx, oidcprovider.OpaqueResource, "profile email")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ask", provider.IntrospectionURL(), "about", len(token), "characters as", provider.IntrospectionClientID)
}
