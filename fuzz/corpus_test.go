package fuzz_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// writeSeeds writes the seeds that are made here to testdata/fuzz: go test ./fuzz -run Corpora -write-seeds
var writeSeeds = flag.Bool("write-seeds", false, "write the seeds of the fuzz targets to testdata/fuzz")

// A seed is an input of a fuzz target: one value for each parameter.
type seed struct {
	name   string
	values []any
}

// corpora makes the seeds of each target. What the fuzzer once found lies beside them, under names of its own.
var corpora = map[string]func() []seed{
	"FuzzAuthorization":        authorizationSeeds,
	"FuzzCertificates":         certificatesSeeds,
	"FuzzChallenge":            challengeSeeds,
	"FuzzDiscovery":            discoverySeeds,
	"FuzzForwardedCertificate": certificateSeeds,
	"FuzzIntrospection":        introspectionSeeds,
	"FuzzJWKS":                 jwksSeeds,
	"FuzzKeyEndpoint":          keyEndpointSeeds,
	"FuzzProfiles":             profilesSeeds,
	"FuzzProof":                proofSeeds,
	"FuzzScopes":               scopesSeeds,
	"FuzzSnapshotFile":         snapshotSeeds,
	"FuzzSources":              sourcesSeeds,
	"FuzzStepUp":               stepUpSeeds,
	"FuzzToken":                tokenSeeds,
	"FuzzTokenStructure":       structureSeeds,
	"FuzzUnsigned":             unsignedSeeds,
}

// TestCorpora fails when a target has no seeds, when one of those made here is not committed, or when the committed one
// says something else.
func TestCorpora(t *testing.T) {
	targets := fuzzTargets(t)
	require.NotEmpty(t, targets)
	for _, target := range targets {
		t.Run(target, func(t *testing.T) {
			made := corpora[target]
			require.NotNil(t, made, "a target without seeds: add them to corpora")
			dir := filepath.Join("testdata", "fuzz", target)
			seeds := made()
			require.NotEmpty(t, seeds)
			if *writeSeeds {
				writeCorpus(t, dir, seeds)
			}
			entries, err := os.ReadDir(dir)
			require.NoError(t, err, "no corpus: write it with -write-seeds and commit it")
			require.GreaterOrEqual(t, len(entries), len(seeds))
			for _, s := range seeds {
				text, err := os.ReadFile(filepath.Join(dir, s.name))
				require.NoError(t, err, "a seed is not written")
				require.Equal(t, s.encode(), string(text), "%s is not what is made here: write it again", s.name)
			}
		})
	}
	for target := range corpora {
		require.Contains(t, targets, target, "seeds for a target that is not there")
	}
}

// fuzzTargets finds the targets in the source, so that none can be forgotten here.
func fuzzTargets(t *testing.T) (names []string) {
	files, err := fs.Glob(os.DirFS("."), "*_test.go")
	require.NoError(t, err)
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Fuzz") {
				names = append(names, f.Name.Name)
			}
		}
	}
	slices.Sort(names)
	return names
}

func writeCorpus(t *testing.T, dir string, seeds []seed) {
	require.NoError(t, os.MkdirAll(dir, 0o755))
	old, err := filepath.Glob(filepath.Join(dir, "seed-*"))
	require.NoError(t, err)
	for _, file := range old {
		require.NoError(t, os.Remove(file))
	}
	for _, s := range seeds {
		require.NoError(t, os.WriteFile(filepath.Join(dir, s.name), []byte(s.encode()), 0o644))
	}
}

// encode writes a seed as the go command reads it.
func (s seed) encode() string {
	var b strings.Builder
	b.WriteString("go test fuzz v1\n")
	for _, value := range s.values {
		switch v := value.(type) {
		case []byte:
			fmt.Fprintf(&b, "[]byte(%q)\n", v)
		case string:
			fmt.Fprintf(&b, "string(%q)\n", v)
		case byte:
			fmt.Fprintf(&b, "byte('\\x%02x')\n", v)
		case uint16, int64, bool:
			fmt.Fprintf(&b, "%T(%v)\n", v, v)
		default:
			panic(fmt.Sprintf("a seed with a %T", v))
		}
	}
	return b.String()
}

// numbered names seeds: a sorted listing shows them in the order in which they are made.
func numbered(seeds []seed) []seed {
	for i := range seeds {
		name := strings.Map(func(c rune) rune {
			if c == ' ' || c == '\'' || c == ',' {
				return '-'
			}
			return c
		}, "-"+seeds[i].name)
		seeds[i].name = strings.TrimRight(fmt.Sprintf("seed-%03d%s", i, name), "-")
	}
	return seeds
}

// tokenSeeds are made with the shared secret as a rule: a signature that costs nothing leaves the time to the parsers.
func tokenSeeds() (seeds []seed) {
	add := func(name, token string) { seeds = append(seeds, seed{name, []any{[]byte(token)}}) }
	for _, alg := range fuzzAlgorithms {
		kid := map[string]string{"EdDSA": "ed", "ES256": "ec", "RS256": "rs"}[alg]
		for _, h := range headerShapes[:2] {
			add(alg+" "+h.name, fuzzToken(alg, strings.NewReplacer("ALG", alg, "KID", kid).Replace(h.text), fuzzClaims))
		}
	}
	add("PS256", tokenPS256)
	for _, h := range headerShapes[2:] {
		add("header "+h.name, fuzzToken("HS256", strings.ReplaceAll(h.text, "ALG", "HS256"), fuzzClaims))
	}
	for _, c := range claimShapes {
		add("claims "+c.name, fuzzToken("HS256", fuzzHeader, c.text))
	}
	for i, change := range segmentChanges {
		if !strings.HasPrefix(change.name, "huge") {
			add("written "+change.name, assemble(fuzzHeader, fuzzClaims, "HS256", uint8(i), true, 2*i+i%2))
		}
	}
	for _, s := range []shape{{"nothing", ""}, {"dots", ".."}, {"four dots", "...."}, {"small", "e30.e30.AA"},
		{"opaque", "2YotnFZFEjr1zCsicMWpAA"}} {
		add("text "+s.name, s.text)
	}
	return numbered(seeds)
}

func structureSeeds() (seeds []seed) {
	add := func(name, header, claims string, alg, encoding int, sign bool) {
		seeds = append(seeds, seed{name, []any{header, claims, uint8(alg), uint8(encoding), sign, uint16(len(seeds) * 7),
			uint8(1)}})
	}
	for i, alg := range fuzzAlgorithms {
		add("valid "+alg, strings.ReplaceAll(fuzzHeader, "HS256", alg), fuzzClaims, i, 0, true)
		add("unsigned "+alg, strings.ReplaceAll(fuzzHeader, "HS256", alg), fuzzClaims, i, 12, false)
	}
	for _, h := range headerShapes {
		add("header "+h.name, strings.NewReplacer("ALG", "EdDSA", "KID", "ed").Replace(h.text), fuzzClaims, 1, 0, true)
	}
	for _, c := range claimShapes {
		add("claims "+c.name, fuzzHeader, c.text, 0, 0, true)
	}
	for _, c := range claimShapes {
		if strings.HasPrefix(c.name, "cnf") {
			add("claims by EdDSA "+c.name, `{"alg":"EdDSA","typ":"at+jwt"}`, c.text, 1, 0, true)
		}
	}
	for i, change := range segmentChanges {
		add("written "+change.name, fuzzHeader, fuzzClaims, 0, i, true)
		add("written "+change.name+" by ES256", `{"alg":"ES256","typ":"at+jwt"}`, fuzzClaims, 2, i, true)
	}
	return numbered(seeds)
}

// tokenPS256 is signed once and for all: a PSS signature has a random salt.
var tokenPS256 = encode64(`{"alg":"PS256","typ":"at+jwt","kid":"ps"}`) + "." + encode64(fuzzClaims) + "." +
	signaturePS256

const signaturePS256 = "" +
	"JcJ74mumuxS0671Xgk9wHMkJyD__BJuKX-NgPrEgGrtHdL7QGbb8eNHbaWdzmHbqSFNe1bUToYTfambyRtKJFIM1B5x6MhvHmDUWdovROdE6U8" +
	"KMQP2iKrDW7Ce7WmnhnSDUbuMkjXTqsYRHc-U3e-kRckVGlPD4y587icAeU_jCHxyzKuBcDTKsqieWbGiGFZrkAyxmOQpHbtVyqMybjioFkBFn" +
	"uSwZ7615Fr7Ftqc8o28zKdswu3Z-2OMMOrUK1M6jVuelCS3rt8qCfmoNDwo7ndSM6621t4SR4yvF9cduAYJIiONiFlwGvmCia8RshssslS7uIt" +
	"j3e7LW9mTpPA"

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
