package main

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPicturesAreDrawn(t *testing.T) {
	pictures, err := draw(os.DirFS("../.."))
	require.NoError(t, err)
	files, err := filepath.Glob("*.svg")
	require.NoError(t, err)
	require.Len(t, files, len(pictures), "pictures that nothing draws")
	for name, svg := range pictures {
		file, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Equal(t, string(svg), string(file), "%s: go run ./fuzz/pictures", name)
	}
}

// A browser shows nothing of a picture that is not well-formed, and a host of documents nothing of one with a script.
func TestPicturesAreWellFormed(t *testing.T) {
	pictures, err := draw(os.DirFS("../.."))
	require.NoError(t, err)
	for name, svg := range pictures {
		require.Contains(t, string(svg), "prefers-color-scheme: dark", name)
		require.NotContains(t, string(svg), "<script", name)
		decoder := xml.NewDecoder(strings.NewReader(string(svg)))
		for err = nil; err == nil; _, err = decoder.Token() {
		}
		require.True(t, errors.Is(err, io.EOF), "%s: %v", name, err)
	}
}

func TestTourNeedsItsLines(t *testing.T) {
	_, err := drawTour("  GET /            none\n")
	require.ErrorContains(t, err, "no line of the quickstart's table begins with \"GET /me ")
}

func TestSpeedNeedsItsRows(t *testing.T) {
	_, err := drawSpeed("open: no guard  100  1.00\nguarded  60  0.60\n")
	require.ErrorContains(t, err, `no row of the table of servers is "guarded, with the cache"`)
	_, err = drawSpeed("open: no guard  100  most\n")
	require.Error(t, err)
}

// The words beside the picture, and the documents that show it, say what it says.
func TestSpeedIsSaidAsItIsDrawn(t *testing.T) {
	figures, err := os.ReadFile("../speed/README.md")
	require.NoError(t, err)
	var shares []any
	for _, s := range servers {
		share, err := shareOf(string(figures), s.title)
		require.NoError(t, err)
		shares = append(shares, share)
	}
	said := fmt.Sprintf("![Open %.3g, guarded with the cache %.2f, guarded %.2f](", shares...)
	require.Contains(t, string(figures), said)
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	require.Contains(t, string(readme), said)
}
