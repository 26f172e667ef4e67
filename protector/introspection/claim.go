package introspection

import (
	"bytes"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Claim returns the value of a member of the answer, or of one inside it: the path is
// the names of the members. A name is compared byte by byte, and is never split at dots.
// It reports false where there is nothing, or null.
//
// A value is a string, a bool, an [encoding/json.Number], a []any or a map[string]any of
// these, of the caller's own. Each call reads the answer anew. It is how
// protector.Policy.Claims asks; for more than a member or two, use [Token.Decode].
func (t *Token) Claim(path ...string) (value any, ok bool) {
	text := t.answer
	for _, name := range path {
		if text = memberOf(text, name); text == nil {
			return nil, false
		}
	}
	if len(path) == 0 || json.Unmarshal(text, &value, decodeOptions) != nil {
		return nil, false
	}
	return value, value != nil
}

// memberOf returns the value of a member of an object that has been judged, or nil.
func memberOf(object jsontext.Value, name string) jsontext.Value {
	d := jsontext.NewDecoder(bytes.NewBuffer(object))
	if start, err := d.ReadToken(); err != nil || start.Kind() != '{' {
		return nil
	}
	for d.PeekKind() == '"' {
		found, err := d.ReadToken()
		if err != nil {
			return nil
		}
		if found.String() == name {
			value, _ := d.ReadValue()
			return value
		}
		if d.SkipValue() != nil {
			return nil
		}
	}
	return nil
}
