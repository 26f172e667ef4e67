package introspection

import (
	stdjson "encoding/json"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Decode stores the whole answer in the value that v points to, for members that
// have no method here. Names match letter for letter; the rules are those of
// encoding/json/v2. A number that goes into an any becomes an encoding/json.Number,
// so that no digit is lost. The bytes are those that were checked. An error names
// the member and leaves out its value.
func (t *Token) Decode(v any) error {
	err := json.Unmarshal(t.answer, v, decodeOptions)
	if err == nil {
		return nil
	}
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		semantic.JSONValue, semantic.Err = nil, nil // the cause may quote the value
		return fmt.Errorf("introspection: decoding the answer: %w", semantic)
	}
	return errors.New("introspection: the answer cannot be decoded into the value given")
}

var decodeOptions = json.WithUnmarshalers(json.JoinUnmarshalers(
	json.UnmarshalFromFunc(func(d *jsontext.Decoder, v *any) error {
		number, err := readNumber(d)
		if err == nil {
			*v = number
		}
		return err
	}),
	json.UnmarshalFromFunc(func(d *jsontext.Decoder, v *stdjson.Number) error {
		number, err := readNumber(d)
		if err == nil {
			*v = number
		}
		return err
	}),
))

// readNumber leaves what is no number to the rules that stand.
func readNumber(d *jsontext.Decoder) (stdjson.Number, error) {
	if d.PeekKind() != '0' {
		return "", errors.ErrUnsupported
	}
	number, err := d.ReadValue()
	return stdjson.Number(number), err
}
