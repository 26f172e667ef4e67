package devissuer

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"example.com/resourceserver/jwt/jwttest"
)

// lifetime of a token that asks for none: long enough to try something by hand.
const lifetime = time.Hour

// maxLifetime keeps a slip of the finger from making a token for ever.
const maxLifetime = 30 * 24 * time.Hour

// wishes are those that have no value.
var wishes = map[string]func() []jwttest.TokenOption{
	"expired":      one(jwttest.ExpiresIn(-time.Hour)),
	"wrong-aud":    one(jwttest.Audience("https://other.example")),
	"wrong-issuer": one(jwttest.Claim("iss", "https://other.example")),
	"wrong-type":   one(jwttest.Typ("JWT")),
	"stranger":     one(jwttest.Unpublished()),
	"tampered":     one(jwttest.Tampered()),
	"unsigned":     one(jwttest.Alg("none")),
	"not-yet": func() []jwttest.TokenOption {
		return []jwttest.TokenOption{jwttest.NotBefore(time.Now().Add(time.Hour)), jwttest.ExpiresIn(2 * time.Hour)}
	},
}

func one(option jwttest.TokenOption) func() []jwttest.TokenOption {
	return func() []jwttest.TokenOption { return []jwttest.TokenOption{option} }
}

// token signs one for a user, with wishes.
func (i *Issuer) token(words []string) (string, error) {
	user := i.config.Users[0]
	if len(words) > 0 && !strings.ContainsAny(words[0], "=") && wishes[words[0]] == nil {
		at := slices.IndexFunc(i.config.Users, func(u User) bool { return u.Name == words[0] })
		if at < 0 {
			return "", errors.New("there is no such user, and no such wish: help lists the wishes")
		}
		user, words = i.config.Users[at], words[1:]
	}
	options := []jwttest.TokenOption{
		jwttest.Subject(user.Name), jwttest.Scope(user.Scope), jwttest.Audience(i.config.Audience),
		jwttest.ExpiresIn(lifetime),
	}
	for _, word := range words {
		more, err := wish(word)
		if err != nil {
			return "", err
		}
		options = append(options, more...)
	}
	return i.issuer.Token(options...), nil
}

// wish reads one, as in scope=profile,email.
func wish(word string) ([]jwttest.TokenOption, error) {
	name, value, given := strings.Cut(word, "=")
	if fixed := wishes[name]; fixed != nil && !given {
		return fixed(), nil
	}
	if claim, ok := strings.CutPrefix(name, "claim:"); ok && claim != "" {
		if !json.Valid([]byte(value)) {
			return nil, errors.New("claim:NAME=JSON needs JSON without blanks: a text has quotation marks")
		}
		return one(jwttest.Claim(claim, json.RawMessage(value)))(), nil
	}
	if value == "" {
		return nil, errors.New("no such wish, or one without its value: help lists them")
	}
	return valued(name, value)
}

func valued(name, value string) ([]jwttest.TokenOption, error) {
	list := strings.Split(value, ",")
	switch name {
	case "scope":
		return one(jwttest.Scope(strings.Join(list, " ")))(), nil
	case "sub":
		return one(jwttest.Subject(value))(), nil
	case "aud":
		return one(jwttest.Audience(list...))(), nil
	case "client":
		return one(jwttest.ClientID(value))(), nil
	case "without":
		return one(jwttest.Without(list...))(), nil
	case "expires":
		d, err := time.ParseDuration(value)
		if err != nil || d.Abs() > maxLifetime {
			return nil, errors.New("expires=10m: a duration with its unit, of 30 days at most")
		}
		return one(jwttest.ExpiresIn(d))(), nil
	}
	return nil, errors.New("no such wish: help lists them")
}
