package grpcguard_test

import (
	"bytes"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// framed sends a call as frames, so that every field is as it is written here, and
// returns grpc-status, or how the server has refused the frames. Fields are pairs.
func framed(t testing.TB, addr, path, contentType string, fields ...string) string {
	conn, err := net.DialTimeout("tcp", addr, patience)
	require.NoError(t, err)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	_, err = conn.Write([]byte(http2.ClientPreface))
	require.NoError(t, err)
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	require.NoError(t, framer.WriteSettings())
	writeHeaders(t, framer, append([]string{
		":method", "POST", ":scheme", "http", ":path", path, ":authority", "api.example",
		"content-type", contentType, "te", "trailers",
	}, fields...))
	framer.WriteData(1, true, make([]byte, 5)) // may come too late
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return err.Error()
		}
		switch f := frame.(type) {
		case *http2.MetaHeadersFrame:
			for _, field := range f.Fields {
				if field.Name == "grpc-status" {
					return field.Value
				}
			}
			if f.StreamEnded() {
				return "HTTP " + f.PseudoValue("status")
			}
		case *http2.RSTStreamFrame:
			return f.ErrCode.String()
		case *http2.GoAwayFrame:
			return "GOAWAY " + strconv.Itoa(int(f.ErrCode))
		}
	}
}

func writeHeaders(t testing.TB, framer *http2.Framer, pairs []string) {
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	for i := 0; i < len(pairs); i += 2 {
		require.NoError(t, encoder.WriteField(hpack.HeaderField{Name: pairs[i], Value: pairs[i+1]}))
	}
	const most = 16 << 10 // of a frame, by default
	first := block.Next(most)
	require.NoError(t, framer.WriteHeaders(http2.HeadersFrameParam{
		StreamID: 1, BlockFragment: first, EndHeaders: block.Len() == 0,
	}))
	for block.Len() > 0 {
		part := block.Next(most)
		require.NoError(t, framer.WriteContinuation(1, block.Len() == 0, part))
	}
}
