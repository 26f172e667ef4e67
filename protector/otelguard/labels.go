package otelguard

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"example.com/resourceserver/protector"
)

// other stands for every value that is not known, as in the semantic conventions.
const other = "_OTHER"

// labels are what a decision is counted under. Empty ones are left out.
type labels struct {
	outcome, reason, scheme, route, method string
	shadow                                 bool
}

func (l labels) set() attribute.Set {
	var all []attribute.KeyValue
	for _, label := range []struct{ key, value string }{
		{"outcome", l.outcome},
		{"error.type", l.reason},
		{"scheme", l.scheme},
		{"http.route", l.route},
		{"http.request.method", l.method},
	} {
		if label.value != "" {
			all = append(all, attribute.String(label.key, label.value))
		}
	}
	if l.shadow {
		all = append(all, attribute.Bool("shadow", true))
	}
	return attribute.NewSet(all...)
}

// vocabulary keeps labels to values that are known.
type vocabulary struct {
	reasons map[string]bool
	routes  *words
	schemes *words
}

const (
	maxRoutes  = 1000
	maxSchemes = 16
)

func newVocabulary(reasons []string) vocabulary {
	own := maps.Clone(reasonsOfOurs)
	for _, reason := range reasons {
		own[reason] = true
	}
	return vocabulary{reasons: own, routes: newWords(maxRoutes), schemes: newWords(maxSchemes)}
}

func (v vocabulary) labelsOf(d protector.Decision) labels {
	l := labels{outcome: string(d.Outcome), method: d.Method, shadow: d.Shadow}
	if l.method == "other" {
		l.method = other
	}
	if d.Reason != "" {
		l.reason = v.reason(d.Reason)
	}
	l.scheme = v.schemes.known(d.Scheme)
	l.route = v.routes.known(routeOf(d.Pattern))
	return l
}

func (v vocabulary) reason(reason string) string {
	if v.reasons[reason] {
		return reason
	}
	return other
}

// routeOf returns the path of a pattern, which net/http writes behind its method and
// host: http.route has neither.
func routeOf(pattern string) string {
	if slash := strings.IndexByte(pattern, '/'); slash > 0 {
		return pattern[slash:]
	}
	return pattern
}

// words are values that the program has used, up to a number. They should be few by
// their nature; a mistake elsewhere must not fill the memory of everything that reads
// metrics.
type words struct {
	limit int
	mu    sync.Mutex
	seen  atomic.Pointer[map[string]bool] // never changed once it is stored
}

func newWords(limit int) *words {
	w := &words{limit: limit}
	w.seen.Store(new(map[string]bool))
	return w
}

// maxWord bounds one value.
const maxWord = 256

func (w *words) known(word string) string {
	if word == "" || (*w.seen.Load())[word] || w.add(word) {
		return word
	}
	return other
}

func (w *words) add(word string) bool {
	if len(word) > maxWord || len(*w.seen.Load()) == w.limit {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	seen := *w.seen.Load()
	if len(seen) == w.limit {
		return seen[word]
	}
	more := make(map[string]bool, len(seen)+1)
	maps.Copy(more, seen)
	more[strings.Clone(word)] = true
	w.seen.Store(&more)
	return true
}

// prepared are sets of attributes, made once each: to make one takes as long as
// everything else here. Those beyond the limit are made anew each time.
type prepared struct {
	mu  sync.Mutex
	all atomic.Pointer[map[labels][]metric.RecordOption] // never changed once it is stored
}

const maxPrepared = 2000

func newPrepared() *prepared {
	p := new(prepared)
	p.all.Store(new(map[labels][]metric.RecordOption))
	return p
}

func (p *prepared) options(l labels) []metric.RecordOption {
	if options, ok := (*p.all.Load())[l]; ok {
		return options
	}
	return p.add(l)
}

func (p *prepared) add(l labels) []metric.RecordOption {
	options := []metric.RecordOption{metric.WithAttributeSet(l.set())}
	if len(*p.all.Load()) >= maxPrepared {
		return options
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	all := *p.all.Load()
	more := make(map[labels][]metric.RecordOption, len(all)+1)
	maps.Copy(more, all)
	more[l] = options
	p.all.Store(&more)
	return options
}
