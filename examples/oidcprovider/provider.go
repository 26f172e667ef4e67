package oidcprovider

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"example.com/resourceserver/examples/internal/child"
)

// Resources that provider.mjs issues tokens for (RFC 8707). Each is also the
// audience of those tokens. The scopes they know are profile, email, user and
// admin.
const (
	JWTResource    = "https://api.example"    // JWT access tokens, RS256
	ES256Resource  = "https://es256.example"  // JWT access tokens, ES256
	OpaqueResource = "https://opaque.example" // opaque tokens
)

// ErrMissing is what Start's error is when Node or the provider's packages are
// not installed, as opposed to installed and not working.
var ErrMissing = errors.New("oidc-provider cannot run here")

// startTimeout bounds how long node may take to load and listen. On a busy machine some
// versions of it never do: all their threads wait for each other. So it is begun anew.
const (
	startTimeout  = 20 * time.Second
	startAttempts = 5
)

// Provider is a running oidc-provider. Its methods are safe for concurrent use.
type Provider struct {
	// Issuer is its identifier, "http://127.0.0.1:" and a port.
	Issuer string `json:"issuer"`
	// ClientID and ClientSecret are of the client that gets tokens.
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	// MutualTLS is where the same endpoints ask for a client certificate
	// (RFC 8705 §5), "https://127.0.0.1:" and another port. Transport trusts it.
	MutualTLS string `json:"mutual_tls"`
	// CertifiedClientID and CertifiedClientSecret are of the client that gets its
	// tokens there.
	CertifiedClientID     string `json:"certified_client_id"`
	CertifiedClientSecret string `json:"certified_client_secret"`
	// IntrospectionClientID and IntrospectionClientSecret are of the client
	// that may introspect them, by HTTP Basic authentication.
	IntrospectionClientID     string `json:"introspection_client_id"`
	IntrospectionClientSecret string `json:"introspection_client_secret"`

	certificate *x509.Certificate
	process     *exec.Cmd
	stdin       io.Closer
}

// Start runs the provider until Close is called or ctx ends, and returns when
// it listens. The working directory is to be inside this repository.
func Start(ctx context.Context) (*Provider, error) {
	node, folder, err := installed()
	if err != nil {
		return nil, err
	}
	certificate, environment, err := newCertificate()
	if err != nil {
		return nil, err
	}
	for attempt := 1; ; attempt++ {
		provider, err := startProcess(ctx, node, folder, environment)
		if err == nil {
			provider.certificate = certificate
			return provider, nil
		}
		if attempt == startAttempts || !errors.Is(err, errLate) {
			return nil, err
		}
	}
}

var errLate = errors.New("no answer in time")

func startProcess(ctx context.Context, node, folder string, environment []string) (*Provider, error) {
	process := exec.CommandContext(ctx, node, "provider.mjs")
	process.Dir = folder
	process.SysProcAttr = child.EndWithUs()
	process.Env = append(os.Environ(), environment...)
	var stderr bytes.Buffer
	process.Stderr = &stderr
	stdin, err := process.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, err
	}
	provider := &Provider{process: process, stdin: stdin}
	if err := provider.awaitReady(stdout); err != nil {
		provider.Close() // also ends the writing to stderr
		return nil, fmt.Errorf("provider.mjs did not start: %w\n%s", err, stderr.String())
	}
	return provider, nil
}

// awaitReady reads the line that provider.mjs prints when it listens.
func (p *Provider) awaitReady(stdout io.Reader) error {
	late := time.AfterFunc(startTimeout, func() { p.process.Process.Kill() })
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if !late.Stop() {
		return errLate
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(line, p)
}

// Close ends the provider and waits until it is gone.
func (p *Provider) Close() {
	p.stdin.Close() // provider.mjs exits when its input ends
	late := time.AfterFunc(startTimeout, func() { p.process.Process.Kill() })
	defer late.Stop()
	p.process.Wait()
}

func installed() (node, folder string, err error) {
	node, err = exec.LookPath("node")
	if err != nil {
		return "", "", fmt.Errorf("%w: Node is not on the PATH", ErrMissing)
	}
	folder, err = locate()
	if err != nil {
		return "", "", err
	}
	if _, err := os.Stat(filepath.Join(folder, "node_modules", "oidc-provider")); err != nil {
		return "", "", fmt.Errorf("%w: its packages are not installed; run npm ci in examples/oidcprovider", ErrMissing)
	}
	return node, folder, nil
}

// locate looks for this folder from the working directory upwards: tests of
// any package run somewhere below the root.
func locate() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		folder := filepath.Join(dir, "examples", "oidcprovider")
		if _, err := os.Stat(filepath.Join(folder, "provider.mjs")); err == nil {
			return folder, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("examples/oidcprovider/provider.mjs is not in any folder above the working directory")
		}
		dir = parent
	}
}
