package jwt

import "slices"

// desk is where resolutions wait for one of a few places. It is guarded by Tenants.mu.
type desk struct {
	places  int
	taken   int
	queue   []*resolution // those that have ended meanwhile included
	waiting int           // the others
}

// maxQueue bounds how many wait for a place. Thousands of tenants may well come at
// once, when a process starts; more than that are made up, and cost memory.
const maxQueue = 8192

// admit gives r a place now, or in its turn; ok is false if too many wait already.
func (d *desk) admit(r *resolution) (now, ok bool) {
	r.desk = d
	switch {
	case d.taken < d.places:
		d.taken++
		r.began = true
		return true, true
	case d.waiting == maxQueue:
		return false, false
	case len(d.queue) >= 2*maxQueue: // half of it at least: this costs one step for each that came
		d.queue = slices.DeleteFunc(d.queue, func(r *resolution) bool { return r.ended })
	}
	d.queue = append(d.queue, r)
	d.waiting++
	return false, true
}

// next returns the one whose turn it is, or gives the place up.
func (d *desk) next() *resolution {
	for len(d.queue) > 0 {
		r := d.queue[0]
		d.queue[0], d.queue = nil, d.queue[1:]
		if !r.ended {
			d.waiting--
			r.began = true
			return r
		}
	}
	d.queue = nil
	d.taken--
	return nil
}

// forget is told of each resolution that ends.
func (d *desk) forget(r *resolution) {
	if !r.began {
		d.waiting--
	}
}
