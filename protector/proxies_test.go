package protector_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/protector"
)

// aProxy is a program that others have written, and how it is told to end TLS and to
// forward certificates. It is handed a socket that listens already, so that nobody
// has to wait until it does.
type aProxy struct {
	program string
	args    []string
	env     []string
	config  string // with LISTEN and UPSTREAM for the addresses
	paths   map[string]protector.MutualTLSConfig
}

var proxies = []aProxy{
	{
		program: "nginx",
		args:    []string{"-p", ".", "-c", "config", "-e", "stderr"},
		env:     []string{"NGINX=3;"}, // as a new version is handed the sockets of the old
		config: `daemon off; pid nginx.pid; error_log stderr;
			events {}
			http {
				access_log off; client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
				uwsgi_temp_path uwsgi; scgi_temp_path scgi;
				server {
					listen LISTEN ssl;
					ssl_certificate server.pem; ssl_certificate_key server.pem;
					ssl_verify_client optional_no_ca;
					location / {
						proxy_set_header X-Client-Cert $ssl_client_escaped_cert;
						proxy_pass http://UPSTREAM;
					}
				}
			}`,
		paths: map[string]protector.MutualTLSConfig{
			"/pem": {Proxies: loopback, Encoding: protector.CertificatePEM, Header: "X-Client-Cert"},
		},
	},
	{
		program: "haproxy",
		args:    []string{"-db", "-f", "config"},
		config: `
global
	maxconn 100
defaults
	mode http
	timeout connect 10s
	timeout client 10s
	timeout server 10s
	default_backend api
frontend tls
	bind fd@3 ssl crt server.pem verify optional ca-file server.pem ca-ignore-err all crt-ignore-err all
	http-request set-header X-Client-Cert %[ssl_c_der,base64]
	http-request set-header Client-Cert :%[ssl_c_der,base64]: if { ssl_c_used }
	http-request del-header Client-Cert if !{ ssl_c_used }
backend api
	server api UPSTREAM
`,
		paths: map[string]protector.MutualTLSConfig{
			"/der":     {Proxies: loopback, Encoding: protector.CertificateDER, Header: "X-Client-Cert"},
			"/rfc9440": {Proxies: loopback},
		},
	},
}

// Proxies as they are installed, with the configuration that the documentation gives.
// Whatever a client writes into the field itself, it is the proxy's certificate that
// counts.
//
// checklist 148, 149, 150, 151, 152
func TestRealProxies(t *testing.T) {
	mine, mineDER := clientCertificate(t)
	other, _ := clientCertificate(t)
	for _, proxy := range proxies {
		t.Run(proxy.program, func(t *testing.T) {
			var seen []protector.Decision
			mux := http.NewServeMux()
			for path, config := range proxy.paths {
				guard := newGuard(t, protector.Config{OnDecision: record(&seen), Validators: []protector.Validator{
					returning(byCertificate(thumbprint(mineDER))).Proving(protector.MutualTLS(config)),
				}})
				mux.Handle(path, guard.Require()(says("in")))
			}
			address, front := proxy.start(t, serve(t, mux).Listener.Addr().String())
			for path, config := range proxy.paths {
				own := map[protector.CertificateEncoding]string{
					protector.CertificatePEM: "X-Client-Cert: " + asPEM(mineDER),
					protector.CertificateDER: "X-Client-Cert: " + asDER(mineDER),
					"":                       "Client-Cert: " + asRFC9440(mineDER),
				}[config.Encoding]
				require.NotEmpty(t, own)
				for _, tt := range []struct {
					name        string
					certificate *tls.Certificate
					fields      []string
					reason      string
				}{
					{"good", mine, nil, ""},
					{"another", other, nil, "certificate_binding"},
					{"none", nil, nil, "certificate_missing"},
					{"the field of a stranger", nil, []string{own}, "certificate_missing"},
					{"the field of a stranger, twice", nil, []string{own, own}, "certificate_missing"},
					{"the field of another", other, []string{own}, "certificate_binding"},
					{"the field too", mine, []string{own}, ""},
					{"taken away on the way", mine, []string{"Connection: X-Client-Cert, Client-Cert"}, ""},
				} {
					t.Run(path+"/"+tt.name, func(t *testing.T) {
						seen = nil
						client := tlsClient(t, front, tt.certificate)
						client.Timeout = 20 * time.Second // a proxy that does not start answers nothing
						a := fetch(t, client, "https://"+address+path, append(tt.fields, "Authorization: Bearer x")...)
						require.Len(t, seen, 1, "%d %s", a.status, a.body)
						require.Equal(t, tt.reason, seen[0].Reason, "%v", seen[0].Err)
						require.Equal(t, map[bool]int{true: 200, false: 401}[tt.reason == ""], a.status)
					})
				}
			}
		})
	}
}

// start runs the proxy in front of upstream until the test has ended. It has the
// certificate of a server that clients are made for.
func (p aProxy) start(t *testing.T, upstream string) (address string, front *httptest.Server) {
	t.Helper()
	program := p.find(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	socket, err := listener.(*net.TCPListener).File()
	require.NoError(t, err)
	defer socket.Close()
	defer listener.Close()

	front = serveTLS(t, http.NotFoundHandler())
	address = listener.Addr().String()
	dir := t.TempDir()
	config := strings.NewReplacer("LISTEN", address, "UPSTREAM", upstream).Replace(p.config)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "config"), []byte(config), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "server.pem"), keyPair(t, front.TLS.Certificates[0]), 0o600))

	var said bytes.Buffer
	command := exec.CommandContext(t.Context(), program, p.args...) // it ends with the test
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = 10 * time.Second
	command.Dir, command.Env, command.ExtraFiles = dir, append(os.Environ(), p.env...), []*os.File{socket}
	command.Stdout, command.Stderr = &said, &said
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		command.Wait()
		if t.Failed() {
			t.Logf("%s says: %s", p.program, said.String())
		}
	})
	return address, front
}

// find skips the test where there is no such program.
func (p aProxy) find(t *testing.T) string {
	for _, name := range []string{p.program, "/usr/sbin/" + p.program} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skipf("there is no %s here", p.program)
	return ""
}

// keyPair is a certificate and its key in one file.
func keyPair(t *testing.T, certificate tls.Certificate) []byte {
	key, err := x509.MarshalPKCS8PrivateKey(certificate.PrivateKey)
	require.NoError(t, err)
	return append(
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})...)
}
