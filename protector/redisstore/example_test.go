package redisstore_test

import (
	"context"
	"log"

	"github.com/redis/go-redis/v9"

	"example.com/resourceserver/jwt/dpop"
	"example.com/resourceserver/protector/redisstore"
)

// Replicas that share the proofs that were used. Nothing connects before Verify, and
// a service that does not want to wait for the server leaves that out.
func ExampleNew() {
	client := redis.NewClient(&redis.Options{Addr: "redis.internal:6379", ContextTimeoutEnabled: true})
	defer client.Close()
	store, err := redisstore.New(client, redisstore.Config{})
	if err != nil {
		log.Fatal(err)
	}
	if err := store.Verify(context.Background()); err != nil {
		log.Print(err) // the server is down, or would forget proofs
	}
	proofs, err := dpop.NewVerifier(dpop.Config{
		PublicOrigins: []string{"https://api.example"},
		Replay:        store,
	})
	if err != nil {
		log.Fatal(err)
	}
	_ = proofs // protector.DPoP(tokens.Validate, proofs)
}
