package jwt

import (
	stdjson "encoding/json"

	"github.com/go-json-experiment/json"

	"example.com/resourceserver/jwt/internal/strictjson"
)

// Claim returns the value of a claim, or of a member inside it: the path is the name of
// the claim, followed by the names of members. A name is compared byte by byte, and is
// never split at dots. It reports false where there is nothing, or null.
//
// A value is a string, a bool, an [encoding/json.Number], a []any or a map[string]any of
// these, of the caller's own. Each call reads the claims anew. It is how
// protector.Policy.Claims asks; for more than a claim or two, use [Token.Decode].
func (t *Token) Claim(path ...string) (value any, ok bool) {
	text, ok := t.textAt(path...)
	if !ok {
		return nil, false
	}
	return valueOf(text)
}

// textAt returns the JSON text of what is at the path. Null is nothing.
func (t *Token) textAt(path ...string) (text string, ok bool) {
	text = t.claims
	for _, name := range path {
		var err error
		if text, err = strictjson.Find(text, name); err != nil || text == "" {
			return "", false
		}
	}
	return text, len(path) > 0
}

// valueOf decodes a value of claims that have been parsed.
func valueOf(text string) (value any, ok bool) {
	switch text[0] {
	case '"':
		return strictjson.String(text)
	case 't', 'f':
		return text == "true", true
	case '[', '{':
		return structureOf(text)
	}
	return stdjson.Number(text), true
}

// structureOf is apart because its result is on the heap, which scalars can do without.
func structureOf(text string) (value any, ok bool) {
	err := json.Unmarshal([]byte(text), &value, decodeOptions)
	return value, err == nil
}
