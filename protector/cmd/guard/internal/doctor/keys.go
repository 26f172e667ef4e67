package doctor

import (
	"fmt"
	"slices"
	"strings"

	"example.com/resourceserver/jwks"
)

// maxKeys is how many keys are written out; a set may have a thousand.
const maxKeys = 16

// checkKeys says which keys of the set are used, and which not, and why.
func (e *examination) checkKeys() {
	if !e.status.State.Usable() {
		switch {
		case e.unlocated():
			e.add("keys", Bad, "not asked for: the metadata did not say where they are", "")
		case e.certificateFault() != nil, e.speaksOldTLS(), e.answered(), e.config.Keys.File != "":
			e.add("keys", Bad, e.fault(), "")
		default:
			e.add("keys", Unknown, e.fault(), "")
		}
		return
	}
	e.Keys = slices.Clone(e.status.Keys[:min(len(e.status.Keys), maxKeys)])
	e.Skipped = slices.Clone(e.status.Skipped[:min(len(e.status.Skipped), maxKeys)])
	used, skipped := len(e.status.Keys), len(e.status.Skipped)
	e.add("keys", Good, fmt.Sprintf("%d used, %d skipped, at %s", used, skipped, e.place()), "")
	for i, k := range e.Keys {
		e.Keys[i].KeyID = plain(k.KeyID)
		e.add("key", Good, "kid "+shown(k.KeyID)+", "+k.Type+", for "+strings.Join(k.Algorithms, " "), "")
	}
	for i, k := range e.Skipped {
		e.Skipped[i].KeyID, e.Skipped[i].Reason = plain(k.KeyID), plain(k.Reason)
		e.add("key", skippedOutcome(k), fmt.Sprintf("kid %s is skipped: %s", shown(k.KeyID), k.Reason), skippedRemedy(k))
	}
}

// unlocated reports that discovery failed, so that nobody was asked for keys.
func (e *examination) unlocated() bool {
	return e.config.Keys.URL == "" && e.config.Keys.File == "" && e.status.JWKSURL == "" && e.answered()
}

func (e *examination) place() string {
	if e.config.Keys.File != "" {
		return e.config.Keys.File
	}
	return e.status.JWKSURL
}

// skippedOutcome: a published private key is in everybody's hands. Other keys may be there for other purposes.
func skippedOutcome(k jwks.SkippedKey) Outcome {
	if k.Secret {
		return Bad
	}
	return Warning
}

func skippedRemedy(k jwks.SkippedKey) string {
	if k.Secret {
		return "its private half is published: whoever runs the issuer has to withdraw it at once"
	}
	return ""
}
