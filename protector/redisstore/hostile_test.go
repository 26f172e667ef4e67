package redisstore_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector/redisstore"
)

// impostor is something that listens where the server should, and counts the SET
// commands that reach it.
type impostor struct {
	address string
	sets    atomic.Int32
}

// newImpostor answers HELLO by the first text, SET by what answer writes, after which
// the connection is closed unless it says to go on, and everything else by the other
// text.
func newImpostor(t *testing.T, hello string, answer func(net.Conn) (goOn bool), otherwise string) *impostor {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { listener.Close() })
	i := &impostor{address: listener.Addr().String()}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { conn.Close() })
			go i.serve(conn, hello, answer, otherwise)
		}
	}()
	return i
}

func (i *impostor) serve(conn net.Conn, hello string, answer func(net.Conn) bool, otherwise string) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		command, err := readCommand(in)
		switch {
		case err != nil:
			return
		case strings.EqualFold(command, "hello"):
			io.WriteString(conn, hello)
		case strings.EqualFold(command, "set"):
			i.sets.Add(1)
			if !answer(conn) {
				return
			}
		default:
			io.WriteString(conn, otherwise)
		}
	}
}

// readCommand reads one array of bulk strings, and returns the first.
func readCommand(in *bufio.Reader) (name string, err error) {
	count, err := readNumber(in, "*")
	if err != nil {
		return "", err
	}
	for i := range count {
		length, err := readNumber(in, "$")
		if err != nil {
			return "", err
		}
		argument := make([]byte, length+len("\r\n"))
		if _, err := io.ReadFull(in, argument); err != nil {
			return "", err
		}
		if i == 0 {
			name = string(argument[:length])
		}
	}
	return name, nil
}

func readNumber(in *bufio.Reader, kind string) (int, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return 0, err
	}
	digits, ok := strings.CutPrefix(strings.TrimSpace(line), kind)
	if !ok {
		return 0, fmt.Errorf("%q is no %s", line, kind)
	}
	return strconv.Atoi(digits)
}

// unknown is how a server answers what it does not know, such as HELLO. It is then
// spoken to in the older protocol.
const unknown = "-ERR unknown command\r\n"

func says(text string) func(net.Conn) bool {
	return func(conn net.Conn) bool {
		io.WriteString(conn, text)
		return true
	}
}

func saysAndCloses(text string) func(net.Conn) bool {
	return func(conn net.Conn) bool {
		io.WriteString(conn, text)
		return false
	}
}

// Whatever is no answer is an error, and never a fresh proof; nor is it a used one,
// which would accuse the client. None of it has the command sent twice.
//
// checklist 145
func TestWhatIsNoAnswer(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer func(net.Conn) bool
		text   string // in the error
	}{
		{"loading", says("-LOADING Redis is loading the dataset in memory\r\n"), "the server answers LOADING"},
		{"read-only", says("-READONLY You can't write against a read only replica.\r\n"), "the server answers READONLY"},
		{"full", says("-OOM command not allowed when used memory > 'maxmemory'.\r\n"), "the server answers OOM"},
		{"wrong type", says("-WRONGTYPE Operation against a key\r\n"), "the server answers WRONGTYPE"},
		{"moved", says("-MOVED 3999 127.0.0.1:6381\r\n"), "the server answers MOVED"},
		{"no replicas", says("-NOREPLICAS Not enough good replicas to write.\r\n"), "the server answers NOREPLICAS"},
		{"master down", says("-MASTERDOWN Link with MASTER is down\r\n"), "the server answers MASTERDOWN"},
		{"too many clients", says("-ERR max number of clients reached\r\n"), "the server answers ERR"},
		{"an error without text", says("-\r\n"), "an error"},
		{"an error without code", says("-no, thank you\r\n"), "an error without a code"},
		{"a long error", says("!7000\r\n" + strings.Repeat("A", 7000) + "\r\n"), "an error without a code"},
		{"closes", saysAndCloses(""), "EOF"},
		{"closes midway", saysAndCloses("+O"), "EOF"},
		{"hangs", says(""), ""},
		{"hangs midway", says("+O"), ""},
		{"another word", says("+QUEUED\r\n"), ""},
		{"ok in small letters", says("+ok\r\n"), ""},
		{"an empty text", says("$0\r\n\r\n"), ""},
		{"a number", says(":1\r\n"), ""},
		{"zero", says(":0\r\n"), ""},
		{"true", says("#t\r\n"), ""},
		{"false", says("#f\r\n"), ""},
		{"a list", says("*1\r\n+OK\r\n"), ""},
		{"an empty list", says("*0\r\n"), ""},
		{"a map", says("%1\r\n+OK\r\n+OK\r\n"), ""},
		{"a huge text", saysAndCloses("$999999999999\r\nOK"), ""},
		{"a huge list", saysAndCloses("*2147483647\r\n"), ""},
		{"a web server", saysAndCloses("HTTP/1.1 400 Bad Request\r\n\r\n"), ""},
		{"no protocol", saysAndCloses("\x00\xff\xfe\r\n"), ""},
		{"an endless line", saysAndCloses("+" + strings.Repeat("O", 1<<20)), "EOF"},
		{"a long line", says("+" + strings.Repeat("O", 1<<20) + "\n"), "…"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			impostor := newImpostor(t, unknown, tt.answer, unknown)
			client := redis.NewClient(&redis.Options{
				Addr: impostor.address, ContextTimeoutEnabled: true, MinRetryBackoff: -1, MaxRetryBackoff: -1,
			})
			defer client.Close()
			limit := 10 * time.Second
			if strings.HasPrefix(tt.name, "hangs") {
				limit = 500 * time.Millisecond
			}
			store, err := redisstore.New(client, redisstore.Config{Timeout: limit})
			require.NoError(t, err)
			fresh, err := store.Spend(t.Context(), proof(1), inAMinute())
			require.False(t, fresh)
			require.ErrorContains(t, err, "redisstore: ")
			require.ErrorContains(t, err, tt.text)
			require.Less(t, len(err.Error()), 300)
			require.EqualValues(t, 1, impostor.sets.Load(), "asked once")
		})
	}
}

// What a server sends beyond its answer does not answer the next question.
func TestWhatIsLeftOver(t *testing.T) {
	for name, first := range map[string]string{
		"after no": "$-1\r\n+OK\r\n", "after yes": "+OK\r\n+OK\r\n", "after an error": "-ERR no\r\n+OK\r\n",
		"in a list": "*1\r\n+OK\r\n", "in a longer text": "$9\r\nno\r\n+OK\r\n\r\n", "after a short text": "$0\r\n+OK\r\n",
		"behind an attribute": "|1\r\n+a\r\n+b\r\n$-1\r\n+OK\r\n", "in a push": ">1\r\n+OK\r\n$-1\r\n+OK\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			for protocol, hello := range map[int]string{2: unknown, 3: "%1\r\n+proto\r\n:3\r\n"} {
				answers := make(chan string, 2)
				answers <- first
				answers <- "$-1\r\n"
				set := func(conn net.Conn) bool { return says(<-answers)(conn) }
				impostor := newImpostor(t, hello, set, unknown)
				client := redis.NewClient(&redis.Options{Addr: impostor.address, Protocol: protocol})
				defer client.Close()
				store := newStore(t, client)
				store.Spend(t.Context(), proof(1), inAMinute())
				fresh, err := store.Spend(t.Context(), proof(2), inAMinute())
				require.NoError(t, err)
				require.False(t, fresh)
			}
		})
	}
}

// A server that says yes to everything, as a proxy without one behind it may, is found
// out before the first request.
func TestVerifyFindsAServerWithoutMemory(t *testing.T) {
	impostor := newImpostor(t, unknown, says("+OK\r\n"), "$27\r\nmaxmemory_policy:noeviction\r\n")
	client := redis.NewClient(&redis.Options{Addr: impostor.address})
	defer client.Close()
	require.EqualError(t, newStore(t, client).Verify(t.Context()), "redisstore: the server does not remember what it "+
		"is told: look for a proxy before it, or for several servers behind its name")
}

// Of many calls that nobody answers each ends in its time, and none is sent twice.
//
// checklist 145
func TestAFloodWhileTheServerHangs(t *testing.T) {
	impostor := newImpostor(t, unknown, says(""), unknown)
	client := redis.NewClient(&redis.Options{Addr: impostor.address, ContextTimeoutEnabled: true, PoolSize: 4})
	defer client.Close()
	store, err := redisstore.New(client, redisstore.Config{Timeout: 100 * time.Millisecond})
	require.NoError(t, err)
	const calls = 200
	errs := make(chan error, calls)
	for n := range calls {
		go func() {
			_, err := store.Spend(t.Context(), proof(n), inAMinute())
			errs <- err
		}()
	}
	for range calls {
		require.Error(t, <-errs) // and so not let in
	}
	require.LessOrEqual(t, impostor.sets.Load(), int32(calls))
}

// The caller's own code runs within the client. Whatever it does, the process goes on
// and the request is answered.
//
// checklist 145
func TestACallersHookMisbehaves(t *testing.T) {
	for name, misbehave := range map[string]func(){
		"panics":                   func() { panic("hunter2") },
		"panics by a mistake":      func() { _ = []int(nil)[len(os.Args)] },
		"panics with nil":          func() { panic(nil) },
		"ends its goroutine":       runtime.Goexit,
		"panics with an error":     func() { panic(errors.New("hunter2")) },
		"panics with what is none": func() { panic(hook{}) },
	} {
		t.Run(name, func(t *testing.T) {
			client := redis.NewClient(&redis.Options{Addr: newImpostor(t, unknown, says("+OK\r\n"), unknown).address})
			defer client.Close()
			store := newStore(t, client)
			fresh, err := store.Spend(t.Context(), proof(1), inAMinute())
			require.NoError(t, err)
			require.True(t, fresh)
			client.AddHook(hook{misbehave})
			fresh, err = store.Spend(t.Context(), proof(2), inAMinute())
			require.ErrorContains(t, err, "redisstore: the client")
			require.NotContains(t, err.Error(), "hunter2")
			require.False(t, fresh)
		})
	}
}

// hook does one thing before every command.
type hook struct{ before func() }

func (hook) DialHook(next redis.DialHook) redis.DialHook { return next }

func (h hook) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, command redis.Cmder) error {
		h.before()
		return next(ctx, command)
	}
}

func (hook) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// A server that does not know a command repeats what came with it.
func TestNoErrorHoldsThePassword(t *testing.T) {
	for name, otherwise := range map[string]string{
		"unknown command": "-ERR unknown command `AUTH`, with args beginning with: `api` `hunter2`\r\n",
		"wrong password":  "-WRONGPASS hunter2\r\n",
		"a code of sorts": "-HUNTER2 hunter2\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			client := redis.NewClient(&redis.Options{
				Addr: newImpostor(t, otherwise, says("+OK\r\n"), otherwise).address, Username: "api", Password: "hunter2",
			})
			defer client.Close()
			fresh, err := newStore(t, client).Spend(t.Context(), proof(1), inAMinute())
			require.Error(t, err)
			require.False(t, fresh)
			require.NotContains(t, strings.ToLower(fmt.Sprintf("%+v %#v", err, err)), "hunter2")
		})
	}
}
