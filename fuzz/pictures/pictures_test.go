package main

import (
	"encoding/xml"
	"errors"
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
