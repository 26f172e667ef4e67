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
// letter, null is absent, and a value of the wrong type fails the whole, save that
// acr and the attributes then say nothing: whatever asks for them is not met.
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
	Confirmation jsontext.Value `json:"cnf"`
	AuthTime     numericDate    `json:"auth_time"`
	ACR          stringIfAny    `json:"acr"`
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

// audience is an array of strings, or one on its own; nil if it is absent. An
// empty array is not absent: it names nobody.
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

// stringIfAny is a string, or empty where the value is of another type.
type stringIfAny string

func (s *stringIfAny) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	value, err := decoder.ReadValue()
	*s = stringIfAny(text(value))
	return err
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
	if err != nil || value[0] == '-' || seconds > maxNumericDate { // -0 too, which is not less than 0
		return errors.New("not a date between the years 1970 and 9999")
	}
	whole, fraction := math.Modf(seconds)
	d.time = time.Unix(int64(whole), int64(fraction*1e9))
	return nil
}
