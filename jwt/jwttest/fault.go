package jwttest

import "context"

type faultKind int

const (
	faultNone faultKind = iota
	faultFail
	faultGarbage
	faultStall
	faultRefuse
)

type fault struct {
	kind        faultKind
	status      int
	contentType string
	body        []byte
	release     chan struct{} // closed when a stall is over
}

// Fail answers requests to the endpoints, or to all of them if none is named,
// with this status, 200 to 599, and no document, until Recover. With a Location
// set by SetHeader it makes a redirect.
func (iss *Issuer) Fail(status int, on ...Endpoint) {
	iss.helper()
	if status < 200 || status > 599 {
		iss.fail("Fail: status %d; want 200 to 599", status)
		return
	}
	iss.setFault(fault{kind: faultFail, status: status}, on)
}

// Garbage answers 200 with this body and type in place of the document, at the
// endpoints or at all of them if none is named, until Recover.
func (iss *Issuer) Garbage(body, contentType string, on ...Endpoint) {
	iss.setFault(fault{kind: faultGarbage, body: []byte(body), contentType: contentType}, on)
}

// Stall accepts requests to the endpoints, or to all of them if none is named,
// and does not answer until Recover; what it then answers is what holds by
// then. A request whose own context ends is let go earlier.
func (iss *Issuer) Stall(on ...Endpoint) {
	iss.setFault(fault{kind: faultStall}, on)
}

// Refuse breaks connections of requests to the endpoints, or to all of them if
// none is named, without an answer, until Recover. The client sees a transport
// error, as it does when a host is down.
func (iss *Issuer) Refuse(on ...Endpoint) {
	iss.setFault(fault{kind: faultRefuse}, on)
	if iss.server != nil {
		// A client that met the fault on a reused connection would ask again on
		// a new one, and be counted twice.
		iss.server.SetKeepAlivesEnabled(false)
	}
}

// Recover ends every fault.
func (iss *Issuer) Recover() {
	iss.setFault(fault{}, nil)
	if iss.server != nil {
		iss.server.SetKeepAlivesEnabled(true)
	}
}

func (iss *Issuer) setFault(f fault, on []Endpoint) {
	if len(on) == 0 {
		on = allEndpoints
	}
	iss.mu.Lock()
	defer iss.mu.Unlock()
	for _, endpoint := range on {
		if held := iss.faults[endpoint].release; held != nil {
			close(held)
		}
		if f.kind == faultStall {
			f.release = make(chan struct{}) // one each: endpoints may recover one by one
		}
		iss.faults[endpoint] = f
	}
}

// awaitFault returns the fault of an endpoint after any stall is over, or the
// context's error if that ends first.
func (iss *Issuer) awaitFault(ctx context.Context, endpoint Endpoint) (fault, error) {
	for {
		iss.mu.Lock()
		f := iss.faults[endpoint]
		iss.mu.Unlock()
		if f.kind != faultStall {
			return f, nil
		}
		select {
		case <-f.release:
		case <-ctx.Done():
			return fault{}, ctx.Err()
		}
	}
}
