package main

import "fmt"

// served is how many requests a second a server of net/http answers, over the same server without a guard.
type served struct {
	by    string
	share float64
	class string
}

// shares were measured from outside the server, by one program for all of them.
var shares = []served{
	{"open: no guard", 1, "other"},
	{"guarded, with the cache", 0.99, "bar"},
	{"guarded", 0.64, "bar"},
	{"the next best library", 0.57, "other"},
}

// drawSpeed shows the shares as bars.
func drawSpeed() []byte {
	const width, left, long, step = 680, 220, 390, 34
	c := &canvas{width: width, height: 28 + step*len(shares), title: "Requests a second, over a server without a guard"}
	for i, s := range shares {
		y := 16 + i*step
		c.text("", 20, y+17, s.by)
		c.rect(s.class, left, y, int(s.share*long), 24, 3)
		c.text("name", left+int(s.share*long)+10, y+18, fmt.Sprintf("%.2f", s.share))
	}
	return c.svg()
}
