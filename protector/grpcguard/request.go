package grpcguard

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"net/url"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
)

// requestOf is the call as the request that it is on the wire, for a protector.
//
// It has all metadata, and not only what is known to matter: a RequestCheck, or a
// proof by what a proxy tells, decides by fields that only their authors know.
func requestOf(ctx context.Context, pattern, method string) *http.Request {
	fields, _ := metadata.FromIncomingContext(ctx) // a copy
	host := authorityOf(fields)
	shown := &struct { // one allocation
		http.Request
		url url.URL
	}{url: url.URL{Path: method}}
	shown.Request = http.Request{
		Method:     http.MethodPost,
		URL:        &shown.url,
		RequestURI: method,
		Proto:      "HTTP/2.0",
		ProtoMajor: 2,
		Header:     headerOf(fields),
		Host:       host,
		Body:       http.NoBody,
		Pattern:    pattern,
	}
	r := &shown.Request
	if p, ok := peer.FromContext(ctx); ok {
		r.RemoteAddr = addressOf(p.Addr)
		r.TLS = stateOf(p.AuthInfo)
	}
	*r = *r.WithContext(ctx)
	return r
}

func stateOf(info credentials.AuthInfo) *tls.ConnectionState {
	known, ok := info.(credentials.TLSInfo)
	if !ok {
		return nil
	}
	state := known.State
	return &state
}

func authorityOf(fields metadata.MD) string {
	if values := fields[":authority"]; len(values) == 1 {
		return values[0]
	}
	return ""
}

// headerOf gives the fields the names that net/http gives them, in place. No two of
// them become one, since metadata is in small letters.
func headerOf(fields metadata.MD) http.Header {
	header := http.Header(fields)
	if header == nil { // a RequestCheck may write
		return make(http.Header)
	}
	delete(header, ":authority") // which is no field, but Host
	for name, values := range fields {
		canonical := canonicalOf(name)
		if canonical == name {
			continue
		}
		delete(header, name)
		header[canonical] = values
	}
	return header
}

// canonicalOf is [http.CanonicalHeaderKey], with no allocation for the names that
// clients of gRPC send and net/http does not know.
func canonicalOf(name string) string {
	switch name {
	case "authorization":
		return "Authorization"
	case "grpc-accept-encoding":
		return "Grpc-Accept-Encoding"
	case "dpop":
		return "Dpop"
	}
	return http.CanonicalHeaderKey(name)
}

// addressOf writes an address as net/http does, and that of a TCP connection with one
// allocation in the place of three.
func addressOf(address net.Addr) string {
	switch a := address.(type) {
	case nil:
		return ""
	case *net.TCPAddr:
		if ap := a.AddrPort(); ap.IsValid() {
			return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()).String()
		}
	}
	return address.String()
}
