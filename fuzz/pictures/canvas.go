package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
)

// canvas collects the elements of one SVG. The picture is a card with a ground of its own: whoever looks at it may have
// told the page and the browser different things about light and dark, and must be able to read it all the same.
type canvas struct {
	width, height int
	title         string
	body          bytes.Buffer
}

// style says each colour twice, without variables of CSS: what shows a picture is not always a browser.
const style = `
	text { font: 14px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
	.name { font-weight: 600; font-size: 16px }
	.small { font-size: 12px; fill: #59636e }
	.mono { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre }
	.middle { text-anchor: middle }
	.ground { fill: #ffffff; stroke: #d1d9e0 }
	.box { fill: #f3f6fa; stroke: #0969da; stroke-width: 1.5 }
	.outside { fill: none; stroke: #8b949e; stroke-width: 1.5; stroke-dasharray: 5 4 }
	.arrow { fill: none; stroke: #59636e; stroke-width: 1.5; marker-end: url(#head) }
	.head, .faint { fill: #59636e }
	.bar { fill: #54aeff }
	.other { fill: #afb8c1 }
	.granted { fill: #116329 }
	.refused { fill: #b3261e }
	.unavailable { fill: #7d4e00 }
	@media (prefers-color-scheme: dark) {
		text { fill: #e6edf3 }
		.small { fill: #9198a1 }
		.ground { fill: #0d1117; stroke: #3d444d }
		.box { fill: #161d27; stroke: #58a6ff }
		.outside { stroke: #6e7681 }
		.arrow { stroke: #9198a1 }
		.head, .faint { fill: #9198a1 }
		.bar { fill: #1f6feb }
		.other { fill: #59636e }
		.granted { fill: #56d364 }
		.refused { fill: #ff7b72 }
		.unavailable { fill: #e3b341 }
	}
`

func (c *canvas) rect(class string, x, y, width, height, radius int) {
	fmt.Fprintf(&c.body, "<rect class=%q x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\"/>\n",
		class, x, y, width, height, radius)
}

func (c *canvas) text(class string, x, y int, text string) {
	fmt.Fprintf(&c.body, "<text class=%q x=\"%d\" y=\"%d\">%s</text>\n", class, x, y, escaped(text))
}

// arrow goes through the points, each "x,y", and has its head at the last one.
func (c *canvas) arrow(points ...string) {
	fmt.Fprintf(&c.body, "<polyline class=\"arrow\" points=%q/>\n", strings.Join(points, " "))
}

func (c *canvas) svg() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "+
		"role=\"img\">\n<title>%s</title>\n<style>%s</style>\n", c.width, c.height, c.width, c.height,
		escaped(c.title), style)
	out.WriteString(`<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" ` +
		`orient="auto-start-reverse"><path class="head" d="M0 1 10 5 0 9z"/></marker></defs>` + "\n")
	fmt.Fprintf(&out, "<rect class=\"ground\" x=\"0.5\" y=\"0.5\" width=\"%d\" height=\"%d\" rx=\"8\"/>\n",
		c.width-1, c.height-1)
	out.Write(c.body.Bytes())
	out.WriteString("</svg>\n")
	return out.Bytes()
}

func escaped(text string) string {
	var out strings.Builder
	xml.EscapeText(&out, []byte(text)) // a strings.Builder takes everything
	return out.String()
}
