package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

const (
	rs      = "Accept/alg=RS256/claims=small/path="
	rsLarge = "Accept/alg=RS256/claims=large/path="
)

// row is one line of the table: how (what - less) compares with base.
type row struct {
	title            string
	what, less, base string
	most             float64 // the target for the ratio; least, if atLeast
	atLeast          bool
	allocs           float64 // the target for allocations above base's; -1 for none
}

var rows = []row{
	{title: "RS256, small claims", what: rs + "validate", base: rs + "floor", most: 1.06, allocs: 8},
	{title: "RS256, large claims", what: rsLarge + "validate", base: rsLarge + "floor", most: 1.45, allocs: 10},
	accepted("PS256", 1.05), accepted("ES256", 1.05), accepted("EdDSA", 1.05), accepted("ES384", 1.03),
	{title: "RS256 with 4096 bits, small claims", what: "Accept4096/path=validate", base: "Accept4096/path=floor", most: 1.03, allocs: 8},
	{title: "1000 keys in the set, over 1", what: "Keys/keys=1000", base: "Keys/keys=1", most: 1.05, allocs: 0},
	{title: "middleware, over Validate", what: rs + "middleware", less: rs + "validate", base: rs + "floor", most: 0.03, allocs: 6},
	{title: "seen before, small claims", what: rs + "cache", base: rs + "floor", most: 0.01, allocs: 0},
	{title: "seen before, large claims", what: rsLarge + "cache", base: rs + "floor", most: 0.025, allocs: 0},
	{title: "seen before, middleware", what: rs + "cachedmiddleware", base: rs + "floor", most: 0.03, allocs: 4},
	refused("no header", "none", 0.05), refused("8 KB of junk", "junk8K", 0.05), refused("1 MB of junk", "junk1M", 0.05),
	refused("alg none", "algnone", 0.05), refused("alg none, 16 KB", "algnone16K", 0.05),
	refused("unknown kid", "unknownkid", 0.05), refused("unknown kid, 16 KB", "unknownkid16K", 0.05),
	refused("1 MB payload", "payload1M", 0.05), refused("1 MB header", "header1M", 0.05),
	{title: "refuse: expired, over valid", what: "Refuse/input=expired", base: "Refuse/input=valid/path=validate", most: 1.1, allocs: -1},
	{title: "refuse: bad signature, over valid", what: "Refuse/input=badsignature", base: "Refuse/input=valid/path=validate", most: 1.1, allocs: -1},
	{title: "scope decision, 10 against 3", what: "Scopes/scopes=10/alternatives=3", base: rs + "floor", most: 0.002, allocs: 0},
	{title: "2 processors over 1, Validate", what: "Parallel/processors=1/path=validate", base: "Parallel/processors=2/path=validate", most: 1.8, atLeast: true, allocs: -1},
	{title: "2 processors over 1, cache", what: "Parallel/processors=1/path=cache", base: "Parallel/processors=2/path=cache", most: 1.8, atLeast: true, allocs: -1},
}

func accepted(alg string, most float64) row {
	name := "Accept/alg=" + alg + "/claims=small/path="
	return row{title: alg + ", small claims", what: name + "validate", base: name + "floor", most: most, allocs: 8}
}

func refused(title, input string, most float64) row {
	return row{title: "refuse: " + title, what: "Refuse/input=" + input, base: "Refuse/input=valid/path=floor", most: most, allocs: 20}
}

// report prints the table and reports whether every row is within its target.
func report(w io.Writer, s samples) bool {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "path\ttime\tof\tratio\ttarget\tallocs\ttarget\t\t")
	good := true
	for _, r := range rows {
		good = r.print(table, s) && good
	}
	table.Flush()
	return good
}

func (r row) print(w io.Writer, s samples) bool {
	what, base := s[r.what], s[r.base]
	n := min(len(what), len(base))
	if n == 0 {
		fmt.Fprintf(w, "%s\t\t\tnot measured\t\t\t\tMISSED\t\n", r.title)
		return false
	}
	ratio := median(n, func(i int) float64 { return (what[i].ns - s.ns(r.less, i)) / base[i].ns })
	time, of := median(n, func(i int) float64 { return what[i].ns - s.ns(r.less, i) }), median(n, func(i int) float64 { return base[i].ns })
	good := ratio <= r.most
	sign := "≤"
	if r.atLeast {
		good, sign = ratio >= r.most, "≥"
	}
	allocs, target := "", ""
	if r.allocs >= 0 {
		above := median(n, func(i int) float64 { return what[i].allocs - r.baseAllocs(s, i) })
		good = good && above <= r.allocs
		allocs, target = fmt.Sprintf("%+.0f", above), fmt.Sprintf("≤%.0f", r.allocs)
	}
	fmt.Fprintf(w, "%s\t%s\t%s\t%.4f\t%s%.3g\t%s\t%s\t%s\t\n", r.title, ns(time), ns(of), ratio, sign, r.most, allocs, target, verdict(good))
	return good
}

// baseAllocs is what the allocations are counted above: those of the path
// subtracted, or of a base that does comparable work.
func (r row) baseAllocs(s samples, i int) float64 {
	switch {
	case r.less != "":
		return s[r.less][i].allocs
	case r.most > 1:
		return s[r.base][i].allocs
	}
	return 0
}

func (s samples) ns(name string, i int) float64 {
	if name == "" {
		return 0
	}
	return s[name][i].ns
}

func median(n int, value func(int) float64) float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = value(i)
	}
	slices.Sort(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

func ns(v float64) string {
	if v >= 1000 {
		return fmt.Sprintf("%.1f µs", v/1000)
	}
	return fmt.Sprintf("%.0f ns", v)
}

func verdict(good bool) string {
	if good {
		return "ok"
	}
	return "MISSED"
}
