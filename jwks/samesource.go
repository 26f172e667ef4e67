package jwks

import "reflect"

// Whoever has issuers described again and again, as jwt.Tenants does, is given a
// source made anew each time. What it knows already must not be thrown away for that.

// SameSource reports whether other is a Remote whose Config says the same as that of
// r: the same fields, the same HTTPClient and the same Logger.
func (r *Remote) SameSource(other any) bool {
	o, ok := other.(*Remote)
	if !ok || r == nil || o == nil || r.flights == nil || o.flights == nil {
		return false
	}
	a, b := *r.config, *o.config
	if a.HTTPClient != b.HTTPClient || a.Logger != b.Logger {
		return false
	}
	a.HTTPClient, a.Logger, b.HTTPClient, b.Logger = nil, nil, nil, nil // not what is in them
	return reflect.DeepEqual(a, b)
}

// SameSource reports whether other is a Static that holds the same keys.
func (s *Static) SameSource(other any) bool {
	o, ok := other.(*Static)
	return ok && s != nil && o != nil && reflect.DeepEqual(s.set, o.set)
}

// SameSource reports whether other is a KeyEndpoint whose configuration says the same as
// that of e: the same fields, the same HTTPClient and the same Logger.
func (e *KeyEndpoint) SameSource(other any) bool {
	o, ok := other.(*KeyEndpoint)
	if !ok || e == nil || o == nil || e.config == nil || o.config == nil {
		return false
	}
	a, b := *e.config, *o.config
	if a.HTTPClient != b.HTTPClient || a.Logger != b.Logger {
		return false
	}
	a.HTTPClient, a.Logger, b.HTTPClient, b.Logger = nil, nil, nil, nil
	return reflect.DeepEqual(a, b)
}
