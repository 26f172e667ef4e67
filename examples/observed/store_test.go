//go:build linux

// The engine takes long to compile, and is checked on one system for that.

package main

import (
	"context"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
	"github.com/stretchr/testify/require"
)

// store is what a Prometheus has scraped. It is asked by the engine of Prometheus.
type store struct {
	engine *promql.Engine
	series map[string]*scraped // by labels
}

type scraped struct {
	labels  labels.Labels
	samples []chunks.Sample
}

func newStore() *store {
	return &store{series: make(map[string]*scraped), engine: promql.NewEngine(promql.EngineOpts{
		MaxSamples: 1e6, Timeout: time.Minute,
	})}
}

// scrape reads what is at the URL, as if that were at the given time.
func (s *store) scrape(t *testing.T, url, instance string, at time.Time) {
	t.Helper()
	response, err := http.Get(url)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, 200, response.StatusCode)
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(response.Body)
	require.NoError(t, err)
	for _, family := range families {
		vector, err := expfmt.ExtractSamples(&expfmt.DecodeOptions{Timestamp: model.TimeFromUnixNano(at.UnixNano())}, family)
		require.NoError(t, err)
		for _, found := range vector {
			s.add(found, instance)
		}
	}
}

func (s *store) add(found *model.Sample, instance string) {
	builder := labels.NewBuilder(labels.FromStrings("instance", instance, "job", "observed"))
	for name, value := range found.Metric {
		builder.Set(string(name), string(value))
	}
	set := builder.Labels()
	if s.series[set.String()] == nil {
		s.series[set.String()] = &scraped{labels: set}
	}
	known := s.series[set.String()]
	known.samples = append(known.samples, sample{int64(found.Timestamp), float64(found.Value)})
}

// query returns what an expression is at a time.
func (s *store) query(t *testing.T, expr string, at time.Time) promql.Vector {
	t.Helper()
	query, err := s.engine.NewInstantQuery(t.Context(), s, nil, expr, at)
	require.NoError(t, err, expr)
	defer query.Close()
	result := query.Exec(t.Context())
	require.NoError(t, result.Err, expr)
	require.Empty(t, result.Warnings, expr)
	vector, err := result.Vector()
	require.NoError(t, err, expr)
	return slices.Clone(vector)
}

func (s *store) Querier(int64, int64) (storage.Querier, error) { return querier{s}, nil }

type querier struct{ *store }

func (q querier) Select(
	_ context.Context, _ bool, _ *storage.SelectHints, matchers ...*labels.Matcher,
) storage.SeriesSet {
	set := &seriesSet{at: -1}
	for _, one := range q.series {
		if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(one.labels.Get(m.Name)) }) {
			set.all = append(set.all, storage.NewListSeries(one.labels, one.samples))
		}
	}
	return set
}

func (querier) LabelValues(
	context.Context, string, *storage.LabelHints, ...*labels.Matcher,
) ([]string, annotations.Annotations, error) {
	return nil, nil, io.ErrUnexpectedEOF
}

func (querier) LabelNames(
	context.Context, *storage.LabelHints, ...*labels.Matcher,
) ([]string, annotations.Annotations, error) {
	return nil, nil, io.ErrUnexpectedEOF
}

func (querier) Close() error { return nil }

type seriesSet struct {
	all []storage.Series
	at  int
}

func (s *seriesSet) Next() bool                      { s.at++; return s.at < len(s.all) }
func (s *seriesSet) At() storage.Series              { return s.all[s.at] }
func (*seriesSet) Err() error                        { return nil }
func (*seriesSet) Warnings() annotations.Annotations { return nil }

// sample is one value at one time, in milliseconds.
type sample struct {
	at    int64
	value float64
}

func (s sample) T() int64                    { return s.at }
func (sample) ST() int64                     { return 0 }
func (s sample) F() float64                  { return s.value }
func (sample) H() *histogram.Histogram       { return nil }
func (sample) FH() *histogram.FloatHistogram { return nil }
func (sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample         { return s }
