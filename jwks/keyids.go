package jwks

// KeyIDs returns the kids of the keys in use, in the order of the document, for whoever
// has to say why a token's kid is not among them. Keys without kid have no part in it.
func (s *Static) KeyIDs() []string { return s.set.keyIDs() }

// KeyIDs returns the kids of the keys in use, in the order of the document, for whoever
// has to say why a token's kid is not among them. Keys without kid have no part in it.
// It does no I/O and takes no lock.
func (r *Remote) KeyIDs() []string {
	if r.flights == nil {
		return nil
	}
	return r.flights.state.Load().set.keyIDs()
}

func (s *keySet) keyIDs() (kids []string) {
	if s == nil {
		return nil
	}
	for _, k := range s.keys {
		if k.ID != "" {
			kids = append(kids, k.ID)
		}
	}
	return kids
}
