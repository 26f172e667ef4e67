package introspection

import (
	"errors"
	"math"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/resourceserver/scopes"
)

// members are the members of an active answer that are read here: those of RFC
// 7662 §2.2, cnf (RFC 8705 §3.2), acr and auth_time (RFC 9470 §6.2), and the
// attributes of RFC 9068 §2.2.3.1 that servers repeat. Names match letter for
// letter, null is absent, and a value of the wrong type fails the whole.
type members struct {
	Scope        scopeNames     `json:"scope"`
	ClientID     string         `json:"client_id"`
	Username     string         `json:"username"`
	TokenType    *string        `json:"token_type"`
	ExpiresAt    numericDate    `json:"exp"`
	IssuedAt     numericDate    `json:"iat"`
	NotBefore    numericDate    `json:"nbf"`
	Subject      string         `json:"sub"`
	Audience     audience       `json:"aud"`
	Issuer       *string        `json:"iss"`
	ID           string         `json:"jti"`
	Confirmation confirmation   `json:"cnf"`
	AuthTime     numericDate    `json:"auth_time"`
	ACR          string         `json:"acr"`
	Groups       attributeNames `json:"groups"`
	Roles        attributeNames `json:"roles"`
	Entitlements attributeNames `json:"entitlements"`
	Typ          jsontext.Value `json:"typ"`
	TokenUse     jsontext.Value `json:"token_use"`
}

func (m *members) tokenType() string { return deref(m.TokenType) }

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// scopeNames is a space-separated string, or an array, as some servers have
// it. The names in an array are never split.
type scopeNames struct{ set scopes.Set }

func (s *scopeNames) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	text, list, err := stringOrList(decoder)
	if err != nil || list == nil {
		s.set = scopes.Parse(text)
		return err
	}
	s.set = scopes.NewSet(list...)
	return nil
}

// attributeNames is an array of strings, or one name on its own.
type attributeNames struct{ set scopes.Set }

func (a *attributeNames) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	list, err := oneOrList(decoder)
	a.set = scopes.NewSet(list...)
	return err
}

// audience is an array of strings, or one on its own. An empty array names no
// one and restricts nothing, as if it were absent: Ory Hydra writes it for
// tokens without an audience.
type audience []string

func (a *audience) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	list, err := oneOrList(decoder)
	*a = list
	return err
}

func oneOrList(decoder *jsontext.Decoder) ([]string, error) {
	if decoder.PeekKind() == 'n' {
		return nil, decoder.SkipValue()
	}
	text, list, err := stringOrList(decoder)
	if err != nil || list != nil {
		return list, err
	}
	return []string{text}, nil
}

// stringOrList reads a string, or an array of nothing but strings. The list is
// nil if and only if it was no array; null reads as the empty string.
func stringOrList(decoder *jsontext.Decoder) (text string, list []string, err error) {
	if decoder.PeekKind() != '[' {
		err = json.UnmarshalDecode(decoder, &text)
		return text, nil, err
	}
	list, err = stringList(decoder)
	return "", list, err
}

func stringList(decoder *jsontext.Decoder) ([]string, error) {
	// Pointers, because a null in the array would pass for "".
	var pointers []*string
	if err := json.UnmarshalDecode(decoder, &pointers); err != nil {
		return nil, err
	}
	list := make([]string, 0, len(pointers))
	for _, p := range pointers {
		if p == nil {
			return nil, errors.New("null in an array of strings")
		}
		list = append(list, *p)
	}
	return list, nil
}

// confirmation holds the two confirmation methods that this library knows how
// to check. Any other is an error: a binding that is passed over is no binding.
// So is an empty object, which announces a binding and names none.
type confirmation map[string]string

func (c *confirmation) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	if decoder.PeekKind() == 'n' {
		return decoder.SkipValue()
	}
	var methods map[string]string
	if err := json.UnmarshalDecode(decoder, &methods); err != nil {
		return err
	}
	for name, value := range methods {
		if name != "jkt" && name != "x5t#S256" || value == "" {
			return errors.New("unknown or empty confirmation method")
		}
	}
	if len(methods) == 0 {
		return errors.New("no confirmation method")
	}
	*c = methods
	return nil
}

// numericDate is seconds since the epoch (RFC 7519 §2); zero if absent.
type numericDate struct{ time time.Time }

// maxNumericDate is the last second of the year 9999, after which nothing is
// dated in good faith.
const maxNumericDate = 253402300799

func (d *numericDate) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	value, err := decoder.ReadValue()
	if err != nil || value.Kind() == 'n' {
		return err
	}
	if value.Kind() != '0' {
		return errors.New("not a number")
	}
	seconds, err := strconv.ParseFloat(string(value), 64)
	if err != nil || seconds < 0 || seconds > maxNumericDate {
		return errors.New("not a date between the years 1970 and 9999")
	}
	whole, fraction := math.Modf(seconds)
	d.time = time.Unix(int64(whole), int64(fraction*1e9))
	return nil
}
