package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"example.com/resourceserver/protector"
)

// clients is how many connections ask a server at a time, each with a token of its own.
const clients = 64

// served is a real server of net/http and the connections to it, which are kept alive.
type served struct {
	title   string
	server  *httptest.Server
	clients []*client
}

// servers are the same server without a guard, with one that remembers tokens, and with
// one that checks each signature anew. The first is what the others are compared with.
func servers() (all []served, err error) {
	f := newFixture("RS256", 1)
	tokens := make([]string, clients)
	for i := range tokens {
		tokens[i] = f.token("small")
	}
	for _, s := range []struct {
		title   string
		handler http.Handler
	}{
		{"open: no guard", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})},
		{"guarded, with the cache", guarded(protector.Bearer(f.cached.Validate))},
		{"guarded", guarded(protector.Bearer(f.tokens.Validate))},
	} {
		one := served{title: s.title, server: httptest.NewServer(s.handler)}
		for _, token := range tokens {
			c, fault := dial(one.server.Listener.Addr(), token)
			one.clients, err = append(one.clients, c), errors.Join(err, fault)
		}
		all = append(all, one)
	}
	return all, err
}

// client is a connection that asks the same again and again, and does no more with the
// answer than it has to: its work is in what is measured, too.
type client struct {
	net.Conn
	request []byte
	answers *bufio.Reader
}

func dial(addr net.Addr, token string) (*client, error) {
	conn, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		return nil, err
	}
	request := "GET /user HTTP/1.1\r\nHost: api.example\r\nAuthorization: Bearer " + token + "\r\n\r\n"
	return &client{conn, []byte(request), bufio.NewReader(conn)}, nil
}

// ask sends the request, and reads the answer, which has no body.
func (c *client) ask() error {
	if _, err := c.Write(c.request); err != nil {
		return err
	}
	status, err := c.answers.ReadString('\n')
	if err == nil && !strings.HasPrefix(status, "HTTP/1.1 200 ") {
		err = fmt.Errorf("the answer is %.80q", status)
	}
	for line := []byte(status); err == nil && len(line) > len("\r\n"); {
		line, err = c.answers.ReadSlice('\n')
	}
	return err
}

// time has all clients ask for so long, and returns how long the server took for one
// request, in nanoseconds.
func (s served) time(slice time.Duration) (float64, error) {
	var wait sync.WaitGroup
	asked, faults := make([]int, len(s.clients)), make([]error, len(s.clients))
	began := time.Now()
	for i, c := range s.clients {
		wait.Go(func() {
			for faults[i] == nil && (asked[i] == 0 || time.Since(began) < slice) {
				faults[i] = c.ask()
				asked[i]++
			}
		})
	}
	wait.Wait()
	took, all := time.Since(began), 0
	for _, n := range asked {
		all += n
	}
	return float64(took.Nanoseconds()) / float64(all), errors.Join(faults...)
}

func (s served) close() {
	for _, c := range s.clients {
		if c != nil {
			c.Close()
		}
	}
	s.server.Close()
}

// printServers measures the servers in turn and prints the requests a second of each, and
// their median share of those of the first, in the same round.
func printServers(w io.Writer, rounds int, slice time.Duration) error {
	all, err := servers()
	for _, s := range all {
		defer s.close()
	}
	ns := make([][]float64, len(all))
	for range rounds {
		for i, s := range all {
			if err != nil {
				return err
			}
			var took float64
			took, err = s.time(slice)
			ns[i] = append(ns[i], took)
		}
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "server\trequests a second\tover the open one\t")
	for i, s := range all {
		fmt.Fprintf(table, "%s\t%.0f\t%.2f\t\n", s.title, 1e9/median(rounds, func(n int) float64 { return ns[i][n] }),
			median(rounds, func(n int) float64 { return ns[0][n] / ns[i][n] }))
	}
	return errors.Join(err, table.Flush())
}
