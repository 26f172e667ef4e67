package main

// entry is a line of the tour, or the title above some, as the page shows it.
type entry struct {
	Title     string `json:"title,omitempty"`
	Request   string `json:"request,omitempty"`
	Token     string `json:"token,omitempty"`
	Scopes    string `json:"scopes,omitempty"`
	Decision  string `json:"decision,omitempty"`
	Status    string `json:"status,omitempty"`
	Challenge string `json:"challenge,omitempty"`
	Surprise  string `json:"surprise,omitempty"` // what it should have been
}

func entryOf(l line) entry {
	s := l.step
	e := entry{Request: s.request, Token: s.about, Scopes: s.scopes}
	if l.err != nil {
		e.Surprise = l.err.Error()
		return e
	}
	e.Decision, e.Status, e.Challenge = l.got.decision, status(l), l.got.challenge
	if l.surprising() {
		e.Surprise = s.want.decision
	}
	return e
}
