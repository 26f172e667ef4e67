package architecture

import (
	"flag"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "record what the packages export today")

// TestExportedAPIIsTheRecordedOne makes every change of what is exported one that somebody saw: it stands in the diff
// of testdata/api. Record it by
//
//	go test ./fuzz/architecture -run API -update
func TestExportedAPIIsTheRecordedOne(t *testing.T) {
	rooms, err := Public(os.DirFS("../.."))
	require.NoError(t, err)
	from, err := Packages()
	require.NoError(t, err)
	recorded, err := filepath.Glob("testdata/api/*.txt")
	require.NoError(t, err)
	require.True(t, *update || len(recorded) == len(rooms), "a package came or went: %v", rooms)
	for _, room := range rooms {
		pkg, err := from.Import(Module + "/" + room)
		require.NoError(t, err)
		file := filepath.Join("testdata/api", strings.ReplaceAll(room, "/", "_")+".txt")
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(API(pkg)), 0o644))
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		was, is := strings.Split(string(text), "\n"), strings.Split(API(pkg), "\n")
		require.Equal(t, was, is, "%s: if that is meant, run with -update", room)
	}
}

func TestAPI(t *testing.T) {
	const source = `package p

import "time"

const A, b = 1, 2

var V map[string]T

func F[K any](n time.Duration, k K) (*T, error) { return nil, nil }

type T struct {
	_        [0]func()
	Exported []string
	hidden   int
	base
}

func (T) Value() int     { return 0 }
func (*T) Pointer(s string) {}
func (T) hiddenToo()     {}

type base struct{}

func (base) Promoted() {}

type (
	I interface{ M(T) bool }
	S string
	G[E any] struct{ e E }
)
`
	standard, err := Packages("time")
	require.NoError(t, err)
	pkg := check(t, token.NewFileSet(), "p", source, standard)
	require.Equal(t, []string{
		"const A untyped int = 1",
		"func F[K any](n time.Duration, k K) (*T, error)",
		"method (*T) Pointer(s string)",
		"method (T) Promoted()",
		"method (T) Value() int",
		"type G[E any] struct",
		"type I interface{M(T) bool}",
		"type S string",
		"type T struct",
		"type T struct, Exported []string",
		"var V map[string]T",
		"",
	}, strings.Split(API(pkg), "\n"))
}
