package profiles

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// Candidates returns the profiles that access tokens of the issuer may have, the strictest first, with the arguments
// that the claims of one have. The claims may be anybody's; there may be none.
//
// A platform that gives tokens to strangers, for any audience, is known by its name, and a profile of another product,
// which might fit, too, would let the strangers in. So the name decides; and a profile that one platform has is for no
// other issuer.
func Candidates(issuer string, claims Claims) []Named {
	candidates := slices.DeleteFunc(All(), func(n Named) bool { return n.Elsewhere })
	for _, f := range withArgument {
		if f.Argument = f.read(claims); f.Argument != "" || f.HintedBy(issuer) {
			f.Profile = f.make(cmp.Or(f.Argument, f.nobody))
			candidates = append(candidates, f.Named)
		}
	}
	alone := slices.DeleteFunc(slices.Clone(candidates), func(n Named) bool { return !n.Alone || !n.HintedBy(issuer) })
	if len(alone) > 0 {
		return alone
	}
	return slices.DeleteFunc(candidates, func(n Named) bool { return n.Alone && n.ArgumentName == "" })
}

// Guess returns the profile that an issuer's identifier hints at, and that of RFC 9068 where it hints at none.
func Guess(issuer string) Named {
	candidates := Candidates(issuer, nil)
	if at := slices.IndexFunc(candidates, func(n Named) bool { return n.HintedBy(issuer) }); at >= 0 {
		return candidates[at]
	}
	return candidates[0]
}

// HintedBy reports whether the issuer's identifier hints at the profile.
func (n Named) HintedBy(issuer string) bool {
	return slices.ContainsFunc(n.Hints, func(hint string) bool { return strings.Contains(issuer+"/", hint) })
}

// Flag is how the profile is named on the command line.
func (n Named) Flag() string {
	if n.Argument == "" {
		return n.Name
	}
	return n.Name + ":" + n.Argument
}

// Claims are those of a token, verified or not.
type Claims map[string]json.RawMessage

func (c Claims) text(name string) string {
	var text string
	if json.Unmarshal(c[name], &text) != nil {
		return ""
	}
	return text
}

// number returns a claim that is digits in a string.
func (c Claims) number(name string) string {
	const maxDigits = 20
	text := c.text(name)
	if len(text) > maxDigits || strings.Trim(text, "0123456789") != "" {
		return ""
	}
	return text
}

const spiffe = "spiffe://"

// trustDomain returns that of a SPIFFE ID in sub (SPIFFE-ID §2.1).
func (c Claims) trustDomain() string {
	const maxTrustDomain = 255
	id, isID := strings.CutPrefix(c.text("sub"), spiffe)
	domain, _, _ := strings.Cut(id, "/")
	if !isID || len(domain) > maxTrustDomain || strings.Trim(domain, "abcdefghijklmnopqrstuvwxyz0123456789.-_") != "" {
		return ""
	}
	return domain
}
