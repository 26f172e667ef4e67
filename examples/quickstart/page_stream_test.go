package main

import (
	"bufio"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// watch opens the stream of a page, until the context ends.
func watch(t *testing.T, ctx context.Context, p *page) *bufio.Scanner {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+"events", nil)
	require.NoError(t, err)
	transport := &http.Transport{}
	response, err := transport.RoundTrip(request)
	require.NoError(t, err)
	t.Cleanup(func() { response.Body.Close(); transport.CloseIdleConnections() })
	require.Equal(t, 200, response.StatusCode)
	require.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	return bufio.NewScanner(response.Body)
}

// next returns the data of the next event of this name.
func next(t *testing.T, stream *bufio.Scanner, name string) string {
	t.Helper()
	for stream.Scan() {
		if stream.Text() == "event: "+name {
			require.True(t, stream.Scan())
			return strings.TrimPrefix(stream.Text(), "data: ")
		}
	}
	require.Fail(t, "the stream ended", "%s: %v", name, stream.Err())
	return ""
}

// unwatched waits until no stream is left.
func unwatched(t *testing.T, p *page) {
	t.Helper()
	require.Eventually(t, func() bool { return !p.board.isWatched() }, 10*time.Second, time.Millisecond)
}

func TestStreamTellsWhatWasAndWhatIs(t *testing.T) {
	p, _ := openPage(t)
	p.board.tourStarts()
	p.board.toured(entry{Title: markup})
	stream := watch(t, t.Context(), p)
	about := next(t, stream, "about")
	require.Contains(t, about, `"pattern":"POST /notes","needs":"a valid token, scope notes:write"`)
	require.Contains(t, about, `"needs":"a valid token, scope profile and email, or user"`)
	require.Contains(t, about, `"name":"markup"`)
	next(t, stream, "start")
	require.Equal(t, `{"title":"\u003cimg/src=x/onerror=alert(1)\u003e"}`, next(t, stream, "line"))
	p.board.tourEnds(errors.New("1 of 2"))
	require.Equal(t, `"1 of 2"`, next(t, stream, "end"))
}

func TestStreamEndsWithItsClient(t *testing.T) {
	p, _ := openPage(t)
	ctx, leave := context.WithCancel(t.Context())
	next(t, watch(t, ctx, p), "about")
	require.True(t, p.board.isWatched())
	leave()
	unwatched(t, p)
}

func TestStreamEndsWithThePage(t *testing.T) {
	p, _ := openPage(t)
	stream := watch(t, t.Context(), p)
	next(t, stream, "about")
	p.close()
	for stream.Scan() {
	}
	unwatched(t, p)
}

func TestStreamsAreFew(t *testing.T) {
	p, _ := openPage(t)
	ctx, leave := context.WithCancel(t.Context())
	for range maxWatchers {
		next(t, watch(t, ctx, p), "about")
	}
	got := send(t, "GET", p.url+"events", "")
	require.Equal(t, 503, got.status)
	require.NotEmpty(t, got.header.Get("Retry-After"))
	leave()
	unwatched(t, p)
	next(t, watch(t, t.Context(), p), "about")
}

// A watcher that takes nothing is let go, and keeps nobody else from watching.
func TestBoardLetsTheSlowGo(t *testing.T) {
	b := &board{}
	_, slow, ok := b.watch()
	require.True(t, ok)
	for range maxBehind + 1 {
		b.measured(second{})
	}
	require.False(t, b.isWatched())
	require.Len(t, slow, maxBehind)
	for range maxBehind {
		<-slow
	}
	_, open := <-slow
	require.False(t, open)
	b.leave(slow)
	past, _, _ := b.watch()
	require.Len(t, past, maxSeconds)
}

// The tour can be walked again, once at a time, and the last one is what the page shows.
func TestTourAgain(t *testing.T) {
	p, _ := openPage(t)
	p.board.tourStarts()
	p.board.toured(entry{Title: "before"})
	stream := watch(t, t.Context(), p)
	next(t, stream, "line")
	p.issuer.stop(t.Context()) // is nothing to the tour, which has an issuer of its own
	require.Equal(t, 202, send(t, "POST", p.url+"tour", "").status)
	require.Equal(t, 409, send(t, "POST", p.url+"tour", "").status)
	require.Equal(t, `{"title":"No protection"}`, next(t, stream, "line"))
	require.Equal(t, `""`, next(t, stream, "end"))
	past, _, _ := p.board.watch()
	require.NotContains(t, string(past[1].data), "before")
	require.Empty(t, p.service.decisions.counted(), "the API has nothing of it")
}

// What the page's program prints first is where the page is, and the stream has the tour that it walked.
func TestProgramServesThePage(t *testing.T) {
	out := start(t)
	url, ok := strings.CutPrefix(strings.SplitN(out, "\n", 2)[0], "A page to look at: ")
	require.True(t, ok, out)
	stream := watch(t, t.Context(), &page{url: url})
	require.Equal(t, `{"title":"No protection"}`, next(t, stream, "line"))
	require.Equal(t, `""`, next(t, stream, "end"))
	require.Contains(t, next(t, stream, "second"), `"issuer":"works"`)
}
