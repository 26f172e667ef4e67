package introspection

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"example.com/resourceserver/scopes"
)

// attributeNames are the names in groups, roles or entitlements (RFC 9068
// §2.2.3.1): a string is one name; an array holds strings or, as in RFC 7643
// §4.1.2, objects with a value. Anything else names nothing.
type attributeNames struct{ set scopes.Set }

func (a *attributeNames) UnmarshalJSONFrom(decoder *jsontext.Decoder) error {
	value, err := decoder.ReadValue()
	a.set = scopes.NewSet(namesIn(value)...)
	return err
}

func namesIn(value jsontext.Value) []string {
	if value.Kind() == '"' {
		return []string{text(value)}
	}
	var list []string
	if stringsIn(value, &list) {
		return list
	}
	var complex []struct {
		Value string `json:"value"`
	}
	if json.Unmarshal(value, &complex) != nil {
		return nil
	}
	list = make([]string, len(complex))
	for i := range complex {
		list[i] = complex[i].Value
	}
	return list
}

func stringsIn(value jsontext.Value, list *[]string) bool {
	var elements []jsontext.Value
	if value.Kind() != '[' || json.Unmarshal(value, &elements) != nil {
		return false
	}
	for _, element := range elements {
		if element.Kind() != '"' { // null too, which would pass for ""
			return false
		}
		*list = append(*list, text(element))
	}
	return true
}
