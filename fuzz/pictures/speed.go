package main

import (
	"fmt"
	"strconv"
	"strings"
)

// servers are the rows of the table that go run ./fuzz/speed -server prints, as it stands in fuzz/speed/README.md, and
// how each is drawn.
var servers = []struct{ title, class string }{
	{"open: no guard", "other"}, {"guarded, with the cache", "bar"}, {"guarded", "bar"},
}

// drawSpeed shows as bars how many requests a second a server answers, over the same server without a guard. A row that
// the table has no more is an error.
func drawSpeed(document string) ([]byte, error) {
	const width, left, long, step = 680, 220, 390, 34
	c := &canvas{width: width, height: 28 + step*len(servers), title: "Requests a second, over a server without a guard"}
	for i, s := range servers {
		share, err := shareOf(document, s.title)
		if err != nil {
			return nil, err
		}
		y := 16 + i*step
		c.text("", 20, y+17, s.title)
		c.rect(s.class, left, y, int(share*long), 24, 3)
		c.text("name", left+int(share*long)+10, y+18, fmt.Sprintf("%.2f", share))
	}
	return c.svg(), nil
}

// shareOf reads the last column of a row, which is behind the number of requests.
func shareOf(document, title string) (float64, error) {
	for line := range strings.Lines(document) {
		if cells, ok := strings.CutPrefix(strings.TrimSpace(line), title+"  "); ok {
			if fields := strings.Fields(cells); len(fields) == 2 {
				return strconv.ParseFloat(fields[1], 64)
			}
		}
	}
	return 0, fmt.Errorf("no row of the table of servers is %q", title)
}
