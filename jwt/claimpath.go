package jwt

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"example.com/resourceserver/jwt/internal/strictjson"
)

// ClaimPath is where the names are that a claim grants: the name of the claim,
// followed by the names of members inside it. [KeysOf] returns the path to names
// that are the keys of an object.
type ClaimPath []string

// keys is the last element of a path to the keys of an object. Any text may be the
// name of a claim, except one that is not UTF-8: the parser refuses a token that
// has it. A member of a struct would do the same, and make a path a struct for the
// many that need no keys.
const keys = "\xff"

// KeysOf returns the path to the keys of the object at path, for issuers that write
// roles as {"clerk": {"org-1": "shop.example"}, "owner": {…}}. A key counts if its
// value is true, or a string, object or array that is not empty: {"admin": false}
// names nobody an admin. What those values say, such as the organization that a role
// is for, is not looked at: read it with [Token.Decode] where it matters.
func KeysOf(path ...string) ClaimPath { return append(slices.Clone(path), keys) }

// ofKeys reports whether p leads to the keys of an object, and where that is.
func (p ClaimPath) ofKeys() (object ClaimPath, ok bool) {
	if len(p) > 0 && p[len(p)-1] == keys {
		return p[:len(p)-1], true
	}
	return p, false
}

// faulty reports whether no claim can be at p.
func (p ClaimPath) faulty() bool {
	members, _ := p.ofKeys()
	return len(members) == 0 || slices.Contains(members, "") ||
		slices.ContainsFunc(members, func(name string) bool { return !utf8.ValidString(name) })
}

// in returns the names at p, and whether anything is there.
func (p ClaimPath) in(claims strictjson.Object) (names []string, ok bool) {
	members, ofKeys := p.ofKeys()
	value, ok := valueAt(claims, members)
	switch {
	case !ok:
		return nil, false
	case ofKeys:
		return keysIn(value), true
	}
	return namesIn(value), true
}

// valueAt returns the value at path.
func valueAt(object strictjson.Object, path []string) (value string, ok bool) {
	for i, name := range path {
		if value, ok = object.Get(name); !ok || i == len(path)-1 {
			return value, ok
		}
		var err error
		if object, err = strictjson.Parse(nil, value); err != nil {
			return "", false
		}
	}
	return "", false
}

// namesIn returns the names that a claim denotes: a string is one, and not split;
// an array has strings, or objects with a value. Anything else denotes none.
func namesIn(value string) []string {
	if name, ok := strictjson.String(value); ok {
		return []string{name}
	}
	if list, ok := strictjson.Strings(nil, value); ok {
		return list
	}
	var objects []struct {
		Value string `json:"value"`
	}
	if json.Unmarshal([]byte(value), &objects) != nil {
		return nil
	}
	list := make([]string, len(objects))
	for i := range objects {
		list[i] = objects[i].Value
	}
	return list
}

// keysIn returns the keys of an object whose values grant them. Anything else has
// none.
func keysIn(value string) (names []string) {
	object, err := strictjson.Parse(nil, value)
	if err != nil {
		return nil
	}
	for _, member := range object {
		if value := member.Value; value == "true" || strings.ContainsAny(value[:1], `"{[`) && !isEmpty(value) {
			names = append(names, member.Name)
		}
	}
	return names
}
