package redisstore_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/jwttest"
	"example.com/resourceserver/protector/redisstore"
)

// Variables that make a process of this test's program a replica.
const (
	replicaSocket     = "REDISSTORE_TEST_SOCKET"     // of the server
	replicaThumbprint = "REDISSTORE_TEST_THUMBPRINT" // of the key that its token is bound to
)

// runReplica serves HTTP on a free port, which it prints, until the process ends.
func runReplica(out io.Writer) error {
	client := redis.NewClient(&redis.Options{Network: "unix", Addr: os.Getenv(replicaSocket)})
	store, err := redisstore.New(client, redisstore.Config{Timeout: 10 * time.Second})
	if err != nil {
		return err
	}
	service, err := newService(store, os.Getenv(replicaThumbprint))
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go http.Serve(listener, service)
	_, err = fmt.Fprintf(out, "http://%s\n", listener.Addr())
	return err
}

// startReplica starts a process of its own.
func startReplica(t *testing.T, server *server, thumbprint string) (address string) {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	replica := exec.Command(program)
	replica.Env = append(os.Environ(), replicaSocket+"="+server.socket(), replicaThumbprint+"="+thumbprint)
	replica.Stderr = os.Stderr
	stdin, err := replica.StdinPipe()
	require.NoError(t, err)
	stdout, err := replica.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, replica.Start())
	t.Cleanup(func() {
		stdin.Close()
		replica.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(line)
}

// One proof, sent to two processes many times at once, is accepted once.
//
// checklist 144
func TestTwoReplicasAcceptAProofOnce(t *testing.T) {
	server := startServer(t)
	client := jwttest.NewClient(t)
	thumbprint := client.Confirmation()["jkt"]
	replicas := []string{startReplica(t, server, thumbprint), startReplica(t, server, thumbprint)}
	const requests = 20
	for range 5 {
		proof := newProof(client)
		statuses := make(chan int, requests)
		for i := range requests {
			go func() {
				response, err := get(t.Context(), replicas[i%2], proof)
				if err != nil {
					t.Error(err)
					statuses <- 0
					return
				}
				statuses <- response.StatusCode
			}()
		}
		counts := make(map[int]int)
		for range requests {
			counts[<-statuses]++
		}
		require.Equal(t, map[int]int{http.StatusOK: 1, http.StatusUnauthorized: requests - 1}, counts)
	}
}

// A server that is down lets nobody in, and its return lets everybody in again: also
// with the proof that could not be looked up.
//
// checklist 145
func TestTheServerIsDownForTheService(t *testing.T) {
	server := startServer(t)
	client := jwttest.NewClient(t)
	service, err := newService(newStore(t, server.client(t)), client.Confirmation()["jkt"])
	require.NoError(t, err)
	api := httptest.NewServer(service)
	defer api.Close()
	ask := func(proof string) *http.Response {
		response, err := get(t.Context(), api.URL, proof)
		require.NoError(t, err)
		return response
	}
	used := newProof(client)
	require.Equal(t, http.StatusOK, ask(used).StatusCode)
	require.Equal(t, http.StatusUnauthorized, ask(used).StatusCode)

	server.kill()
	fresh := newProof(client)
	for _, proof := range []string{used, fresh} {
		response := ask(proof)
		require.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
		require.NotEmpty(t, response.Header.Get("Retry-After"))
		require.Empty(t, response.Header.Values("WWW-Authenticate"))
	}

	server.start(t)
	require.Equal(t, http.StatusOK, ask(fresh).StatusCode)
	require.Equal(t, http.StatusUnauthorized, ask(fresh).StatusCode)
}
