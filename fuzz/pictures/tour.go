package main

import (
	"fmt"
	"strings"
)

// shown are lines of the quickstart's table, by how they begin. The picture has them in this order.
var shown = []string{
	"GET /            none",
	"GET /me          none",
	"GET /profile     valid, alice                    profile   ",
	"GET /profile     valid, alice                    email   ",
	"GET /profile     expired an hour ago",
	"GET /profile     for another audience",
	"GET /profile     tampered with",
	"GET /profile     not signed: alg none",
	"GET /profile     alice's; proof with that nonce",
	"GET /profile     stolen; the thief's proof",
	"GET /profile     fresh ones; a new key halfway",
	"GET /profile     valid; the issuer is down",
	"GET /profile     by a key nobody has seen yet",
	"GET /profile     the same; the issuer is back",
}

// cells cuts a line of the table at the columns that the quickstart prints.
func cells(line string) (request, token, scopes, decision, status string) {
	runes := []rune(line + strings.Repeat(" ", 120))
	cell := func(from, to int) string { return strings.TrimSpace(string(runes[from:to])) }
	return cell(2, 18), cell(19, 50), cell(51, 70), cell(71, 101), cell(102, 110)
}

// drawTour shows some lines of the table as the terminal does. A line that the table has no more is an error.
func drawTour(table string) ([]byte, error) {
	const row, top = 22, 66
	c := &canvas{width: 780, height: top + row*len(shown) + 8, title: "Some lines of what the quickstart prints"}
	c.text("mono faint", 20, 30, "$ go run ./examples/quickstart")
	write := func(y int, class string, texts ...string) {
		for i, x := range []int{20, 136, 384, 464, 690} {
			c.text("mono "+class, x, y, texts[i])
		}
	}
	write(top-12, "faint", "REQUEST", "TOKEN", "SCOPES", "DECISION", "STATUS")
	for i, begin := range shown {
		line, err := find(table, begin)
		if err != nil {
			return nil, err
		}
		request, token, scopes, decision, status := cells(line)
		outcome, _, _ := strings.Cut(decision, ":")
		write(top+row*i+10, outcome, request, token, scopes, decision, status)
	}
	return c.svg(), nil
}

func find(table, begin string) (string, error) {
	for line := range strings.Lines(table) {
		if strings.HasPrefix(line, "  "+begin) {
			return strings.TrimRight(line, "\n"), nil
		}
	}
	return "", fmt.Errorf("no line of the quickstart's table begins with %q", begin)
}
