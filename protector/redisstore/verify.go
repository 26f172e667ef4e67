package redisstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// verifyTimeout bounds what Verify reads of the servers of a cluster.
const verifyTimeout = 10 * time.Second

// Verify asks whether the server does what is needed of it, before the first request
// does: call it when the service starts. It uses a proof of its own, which must count
// once, and reads by INFO whether the server forgets keys to make room. In a cluster
// it reads this of every master. It ends with ctx, and after 10 seconds.
//
// An error is a reason not to start, or a line in the log: the Store is the same
// afterwards. An account that may not use INFO gets an error.
func (s *Store) Verify(ctx context.Context) error {
	return errors.Join(s.verifyMemory(ctx), s.verifyEviction(ctx))
}

// verifyMemory sees whether what was used stays used.
func (s *Store) verifyMemory(ctx context.Context) error {
	var proof [32]byte
	rand.Read(proof[:])
	until := time.Now().Add(time.Second)
	first, err := s.Spend(ctx, proof, until)
	if err != nil {
		return err
	}
	second, err := s.Spend(ctx, proof, until)
	if err != nil {
		return err
	}
	if !first || second {
		return errors.New("redisstore: the server does not remember what it is told: " +
			"look for a proxy before it, or for several servers behind its name")
	}
	return nil
}

func (s *Store) verifyEviction(ctx context.Context) error {
	infos, err := within(ctx, verifyTimeout, s.memoryInfos)
	if err != nil {
		return outage(err)
	}
	var faults []error
	for _, info := range infos {
		faults = append(faults, evictionFault(info))
	}
	return errors.Join(faults...)
}

// memoryInfos reads what each server that holds keys says of its memory.
func (s *Store) memoryInfos(ctx context.Context) (infos []string, err error) {
	var mu sync.Mutex
	read := func(ctx context.Context, server *redis.Client) error {
		info, err := server.Info(ctx, "memory").Result()
		mu.Lock()
		defer mu.Unlock()
		infos = append(infos, info)
		return err
	}
	switch client := s.client.(type) {
	case *redis.ClusterClient:
		err = client.ForEachMaster(ctx, read)
	case *redis.Client:
		err = read(ctx, client)
	default:
		return nil, fmt.Errorf("a %T does not tell its servers", client)
	}
	return infos, err
}

// evictionFault reads the answer to INFO. A server without a limit of its own never
// evicts, whatever its policy is.
func evictionFault(info string) error {
	limit, policy := infoField(info, "maxmemory"), infoField(info, "maxmemory_policy")
	switch {
	case policy == "noeviction", limit == "0":
		return nil
	case policy == "":
		return errors.New("redisstore: the server does not say what it does when it is full: " +
			"see to it that its maxmemory-policy is noeviction")
	}
	return fmt.Errorf("redisstore: the server forgets used proofs when it is full, its maxmemory-policy is %.40q: "+
		"set it to noeviction", policy)
}

func infoField(info, name string) string {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
