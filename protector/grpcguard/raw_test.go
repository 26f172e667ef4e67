package grpcguard_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	rpc "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// rawCall is [call] by a client that knows HTTP/2 and nothing of gRPC's rules for
// metadata.
func rawCall(t testing.TB, addr string, m method, fields http.Header) (o outcome) {
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: protocols}, Timeout: patience}
	defer client.CloseIdleConnections()
	r, err := http.NewRequest(http.MethodPost, "http://"+addr, bytes.NewReader(make([]byte, 5))) // an empty message
	require.NoError(t, err)
	r.URL = &url.URL{Scheme: "http", Host: addr, Path: m.name}
	r.Header = fields.Clone()
	r.Header.Set("Content-Type", "application/grpc")
	r.Header.Set("Te", "trailers")
	response, err := client.Do(r)
	if err != nil {
		return outcome{err: status.Error(codes.Aborted, err.Error())}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	if len(body) > 5 {
		answer := new(wrapperspb.StringValue)
		require.NoError(t, proto.Unmarshal(body[5:5+binary.BigEndian.Uint32(body[1:])], answer))
		o.text = answer.GetValue()
	}
	o.header, o.trailer = mdOf(response.Header), mdOf(response.Trailer)
	o.err = statusOf(t, headerOf(o.header, o.trailer))
	return o
}

func mdOf(header http.Header) metadata.MD {
	md := make(metadata.MD)
	for name, values := range header {
		md.Append(strings.ToLower(name), values...)
	}
	return md
}

func statusOf(t testing.TB, header http.Header) error {
	code, err := strconv.Atoi(header.Get("Grpc-Status"))
	require.NoError(t, err, header)
	message, err := url.PathUnescape(header.Get("Grpc-Message"))
	require.NoError(t, err)
	s := &rpc.Status{Code: int32(code), Message: message}
	if encoded := header.Get("Grpc-Status-Details-Bin"); encoded != "" {
		bytes, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(encoded, "="))
		require.NoError(t, err)
		require.NoError(t, proto.Unmarshal(bytes, s))
	}
	return status.ErrorProto(s)
}
