package main

import "example.com/resourceserver/jwks"

// second is what the API did in one, and how the issuer and its keys are after it.
type second struct {
	Decisions map[string]int `json:"decisions"`
	Issuer    string         `json:"issuer"`
	Published int            `json:"published"` // keys, by the issuer
	Keys      jwks.State     `json:"keys"`
	Usable    int            `json:"usable"` // keys, in the API
}

type meter struct {
	service *service
	last    map[string]int
}

func (m *meter) second(issuer *issuerControls) second {
	status := m.service.keys.Status()
	s := second{Decisions: make(map[string]int), Keys: status.State, Usable: len(status.Keys)}
	now := m.service.decisions.counted()
	for decision, count := range now {
		if count > m.last[decision] {
			s.Decisions[decision] = count - m.last[decision]
		}
	}
	m.last = now
	if issuer != nil {
		s.Issuer, s.Published = issuer.state()
	}
	return s
}
