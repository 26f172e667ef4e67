// Package redisstore keeps what the replicas of a service share on a Redis or
// Valkey server: the proofs of possession that were used (RFC 9449 §11.1). A
// service that runs as one process does not need it: the memory that package
// jwt/dpop has of its own is enough.
//
//	client := redis.NewClient(&redis.Options{Addr: "redis.internal:6379", ContextTimeoutEnabled: true})
//	store, err := redisstore.New(client, redisstore.Config{})
//	…
//	proofs, err := dpop.NewVerifier(dpop.Config{Replay: store, …})
//
// The client is one of github.com/redis/go-redis/v9, made by [redis.NewClient],
// [redis.NewFailoverClient] or [redis.NewClusterClient]; addresses, credentials, TLS
// and the size of the pool are its settings. The package was written for go-redis
// and not for rueidis, because go-redis connects when it is first used and waits for
// a connection no longer than the context lasts, whereas rueidis needs a server when
// it is made and, by default, ignores the context once its queue is full.
//
// # What is asked of the server
//
// For each proof one command, which is atomic: SET with NX and PX. The key is the
// prefix and a hash, so the server learns nothing about tokens, clients or keys. It
// ends by itself when no replica accepts the proof any more.
//
// Only a server that may be written is asked, never a replica of it, whatever the
// client prefers for reading: SET is not a command for reading. A writable replica
// must not be configured as the server.
//
// # When the server cannot answer
//
// [Store.Spend] returns an error, and the request is not let in: it is answered by
// 503 with Retry-After. That holds for a server that is down, hangs, is loading,
// full or read-only, or answers what is no answer. No call takes longer than
// [Config].Timeout. The client's pool connects again by itself; ContextTimeoutEnabled
// has it drop a connection as soon as a call is given up. How many calls wait is
// bounded by the requests that the service itself admits.
//
// A command whose answer was lost is not sent again. If it was, it would find the
// key of the first one, and accuse a client that did nothing wrong. As it is, the
// client hears 503, and comes back with a new proof; whichever way it went, no proof
// is accepted twice.
//
// # What the server has to promise
//
// A used proof that the server forgets before its end can be used again. It forgets
//
//   - when it is full and evicts: set maxmemory-policy noeviction. A full server
//     then answers OOM, which is an outage and not a way in.
//   - when it restarts without its data: set appendonly yes and appendfsync always,
//     or accept that proofs of the last minute can be used once more.
//   - when a replica is promoted that had not yet received the last writes:
//     replication is asynchronous, in Sentinel and in Cluster too. min-replicas-to-write
//     and min-replicas-max-lag bound the loss, and do not rule it out.
//
// A thief can profit from the last two only with a proof that was recorded within
// the seconds for which it is accepted, and for the same request. [Store.Verify]
// asks the server about the first.
//
// The server's memory is shared by all clients, and the store keeps no account of
// who fills it, as the memory within a process does. Give it room for the proofs of
// a minute and a half, and limit the rate of each client in front of the service.
//
// # Compatibility
//
// Exported names follow semantic versioning. So do the names of the keys: replicas
// of an older and a newer version work side by side within a major version. The
// wording of errors is free to change.
package redisstore
