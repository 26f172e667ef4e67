// Package devissuer is an issuer on this machine that does what it is told, for trying a service by hand: it signs
// tokens good and bad, rotates and withdraws its keys, and breaks down.
package devissuer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"example.com/resourceserver/jwt/jwttest"
)

// User is whom a token can speak for.
type User struct {
	Name  string
	Scope string // of a token that asks for none, separated by spaces
}

// Config says how the issuer starts.
type Config struct {
	Address  string // host:port on loopback, port 0 for any
	Audience string // of tokens that name none
	Users    []User // the first is that of a token that names none
}

// Issuer is an issuer that takes commands. Make one with Start. It is safe for concurrent use.
type Issuer struct {
	issuer   *jwttest.Issuer
	server   *http.Server
	config   Config
	listener net.Listener

	mu sync.Mutex // one command at a time
}

var errNotLoopback = errors.New("the address is not on loopback: whoever reaches this issuer gets any token from it. " +
	"Use 127.0.0.1:PORT, [::1]:PORT or localhost:PORT")

// checkUsers reports a user whom no command could name.
func checkUsers(users []User) error {
	if len(users) == 0 {
		return errors.New("there is no user")
	}
	seen := make(map[string]bool)
	for _, u := range users {
		if wishes[u.Name] != nil {
			return errors.New("a user has the name of a wish, so that token would not tell them apart: choose another name")
		}
		if seen[u.Name] {
			return errors.New("two users have one name: choose another")
		}
		seen[u.Name] = true
	}
	return nil
}

// Start listens. An error that is an *os.SyscallError is of this machine, and any other one of the config.
func Start(config Config) (*Issuer, error) {
	if err := checkUsers(config.Users); err != nil {
		return nil, err
	}
	if !onLoopback(config.Address) {
		return nil, errNotLoopback
	}
	listener, err := net.Listen("tcp", config.Address)
	if err != nil {
		return nil, err
	}
	if host, _, _ := net.SplitHostPort(listener.Addr().String()); !net.ParseIP(host).IsLoopback() {
		listener.Close() // localhost can be made to mean anything
		return nil, errNotLoopback
	}
	i := &Issuer{config: config, listener: listener}
	if i.issuer, err = jwttest.StartIssuer(jwttest.At("http://" + listener.Addr().String())); err != nil {
		listener.Close()
		return nil, err
	}
	i.server = &http.Server{Handler: i.handler(), ReadHeaderTimeout: 5 * time.Second}
	return i, nil
}

func onLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// Serve answers requests until Close.
func (i *Issuer) Serve() error {
	if err := i.server.Serve(i.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Close ends the issuer.
func (i *Issuer) Close() {
	i.issuer.Close()
	i.server.Close()
	i.listener.Close() // which the server does not know before it serves
}

// URL returns the identifier.
func (i *Issuer) URL() string { return i.issuer.URL() }

// CommandURL is where a command can be posted.
func (i *Issuer) CommandURL() string { return i.URL() + commandPath }

const commandPath = "/command"

// handler takes commands beside the documents of an issuer. A page in a browser can post what it likes to this machine,
// so one of another origin is refused, and so is a name that has been made to point here (DNS rebinding).
func (i *Issuer) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", i.issuer.Handler())
	mux.Handle("POST "+commandPath, http.NewCrossOriginProtection().Handler(http.HandlerFunc(i.takeCommand)))
	return mux
}

// maxCommand bounds a command.
const maxCommand = 4 << 10

func (i *Issuer) takeCommand(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Host != i.listener.Addr().String() {
		http.Error(w, "ask for "+i.CommandURL(), http.StatusMisdirectedRequest)
		return
	}
	line, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxCommand))
	if err != nil {
		http.Error(w, "a command is shorter", http.StatusRequestEntityTooLarge)
		return
	}
	answer, err := i.Do(string(line))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprintln(w, answer)
}

// Help lists the commands.
const Help = `token [USER] [WISH ...]  sign a token; wishes: scope=a,b sub=X aud=X client=X expires=10m claim:NAME=JSON
                         expired not-yet wrong-aud wrong-issuer wrong-type stranger tampered unsigned without=CLAIM
rotate                   publish a new key, and sign with it
withdraw KID|old         take a key out of the published set; old: all but the one that signs
keys                     list the published keys
break html|500|hang      answer with a page, with an error, or not at all
stop                     refuse connections to the metadata and the keys
start                    end what break and stop did
requests                 count who asked for what
help                     this list`

// Do obeys one command and returns what to print.
func (i *Issuer) Do(line string) (string, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	words := strings.Fields(line)
	if len(words) == 0 {
		return "", errors.New("say what to do: help lists the commands")
	}
	if name, rest := words[0], words[1:]; name == "token" {
		return i.token(rest)
	} else if name == "withdraw" && len(rest) == 1 {
		return i.withdraw(rest[0])
	} else if name == "break" && len(rest) == 1 {
		return i.breakDown(rest[0])
	} else if len(rest) == 0 {
		return i.plainly(name)
	}
	return "", errors.New("not understood: help lists the commands")
}

// plainly obeys a command of one word.
func (i *Issuer) plainly(name string) (string, error) {
	switch name {
	case "rotate":
		return "signs with " + i.issuer.Rotate() + "; the keys before it are still published", nil
	case "keys":
		return strings.Join(i.published(), "\n"), nil
	case "stop":
		i.issuer.Recover()
		i.issuer.Refuse()
		return "refuses connections; start ends it", nil
	case "start":
		i.issuer.Recover()
		return "answers as it should", nil
	case "requests":
		n := i.issuer.Requests()
		return fmt.Sprintf("metadata %d, keys %d, of which not modified %d", n.Discovery, n.JWKS, n.NotModified), nil
	case "help":
		return Help, nil
	}
	return "", errors.New("not understood: help lists the commands")
}

func (i *Issuer) breakDown(how string) (string, error) {
	i.issuer.Recover()
	switch how {
	case "html":
		i.issuer.Garbage("<!doctype html><title>Sign in</title>", "text/html")
	case "500":
		i.issuer.Fail(http.StatusInternalServerError)
	case "hang":
		i.issuer.Stall()
	default:
		return "", errors.New("break html, 500 or hang")
	}
	return "is broken; start ends it", nil
}

// published lists the kids of the set, oldest first.
func (i *Issuer) published() (kids []string) {
	var set struct {
		Keys []struct {
			KeyID string `json:"kid"`
		} `json:"keys"`
	}
	if json.Unmarshal(i.issuer.JWKS(), &set) == nil {
		for _, key := range set.Keys {
			kids = append(kids, key.KeyID)
		}
	}
	return kids
}

func (i *Issuer) withdraw(kid string) (string, error) {
	kids := i.published()
	switch {
	case kid == "old":
		kids = slices.DeleteFunc(kids, func(k string) bool { return k == i.issuer.KeyID() })
	case slices.Contains(kids, kid):
		kids = []string{kid}
	default:
		return "", errors.New("no such key is published: keys lists them")
	}
	for _, k := range kids {
		i.issuer.Retire(k)
	}
	return fmt.Sprintf("withdrew %d, and publishes %d", len(kids), len(i.published())), nil
}
