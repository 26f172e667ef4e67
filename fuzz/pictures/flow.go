package main

import "fmt"

// room is a package in the picture of how a request goes.
type room struct {
	name, asks, answers string
}

// The words are those of the packages' own documentation, shortened.
var rooms = []room{
	{"protector", "HTTP in,", "a decision out"},
	{"jwt", "a valid access token", "for this API, now?"},
	{"jwks", "the issuer's keys,", "even while it is down"},
}

// drawFlow shows how a request goes: request, protector, jwt, jwks, and what comes back.
func drawFlow() []byte {
	const left, top, across, high, gap = 140, 60, 164, 84, 44
	c := &canvas{width: 880, height: 272, title: "request, protector, jwt, jwks: who asks whom"}
	c.text("name middle", 58, top+38, "request")
	c.text("small middle", 58, top+56, "with a token")
	x := left
	for _, r := range rooms {
		c.arrow(point(x-34, top+high/2), point(x-4, top+high/2))
		c.box(x, top, across, high, r.name, r.asks, r.answers)
		x += across + gap
	}
	c.arrow(point(x-gap+4, top+high/2), point(x-4, top+high/2))
	c.outside(x, top+20, 100, "issuer")
	c.text("small middle", x-14, top-12, "now and then, in the background")

	const guard, judge, below = left + across/2, left + across + gap + across/2, top + high
	c.arrow(point(left+20, top-4), point(left+20, top-24), point(58, top-24), point(58, top+20))
	c.text("small", 66, top-32, "or 401, 403, 503: what is wrong, and where to get a token")
	c.arrow(point(guard-20, below+4), point(guard-20, below+52))
	c.text("small middle", guard-80, below+32, "the current token")
	c.outside(left, below+56, across, "your handler")
	c.arrow(point(guard+30, below+4), point(guard+30, below+26), point(judge-30, below+26), point(judge-30, below+44))
	c.arrow(point(judge+30, below+4), point(judge+30, below+44))
	c.box(left+across+gap, below+48, across, 68, "scopes", "is what was granted", "enough?")
	return c.svg()
}

func point(x, y int) string { return fmt.Sprintf("%d,%d", x, y) }

// box is a room, with its name and two lines of text.
func (c *canvas) box(x, y, width, height int, name, first, second string) {
	middle := x + width/2
	c.rect("box", x, y, width, height, 8)
	c.text("name middle", middle, y+height/2-14, name)
	c.text("small middle", middle, y+height/2+6, first)
	c.text("small middle", middle, y+height/2+22, second)
}

// outside is somebody else's part.
func (c *canvas) outside(x, y, width int, name string) {
	c.rect("outside", x, y, width, 44, 22)
	c.text("middle", x+width/2, y+27, name)
}
