package jwks_test

import (
	"io"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks"
)

// A server that takes connections and says nothing keeps none of them, although a transport goes on to connect when
// the request has ended.
func TestConnectionsEndWithTheirFetch(t *testing.T) {
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { mute.Close() })
	r, err := jwks.NewRemote(jwks.Config{
		URL: "https://" + mute.Addr().String(), FetchTimeout: 100 * time.Millisecond,
	})
	require.NoError(t, err)
	require.Error(t, r.Refresh(t.Context()))
	conn, err := mute.Accept()
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(10*time.Second)))
	_, err = io.Copy(io.Discard, conn) // until the other side hangs up
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "it is still connected")
}

// A body that gives neither a byte nor an error is not read for ever.
func TestBodyWithoutProgress(t *testing.T) {
	e := newEndpoint()
	e.answer(func(req *http.Request) (*http.Response, error) {
		resp := respond(req, 200, http.Header{"Content-Type": {"application/json"}}, "")
		resp.Body, resp.ContentLength = io.NopCloser(idleReader{}), -1
		return resp, nil
	})
	require.ErrorIs(t, newRemote(t, e, nil).Refresh(t.Context()), io.ErrNoProgress)
}

type idleReader struct{}

func (idleReader) Read([]byte) (int, error) { return 0, nil }
