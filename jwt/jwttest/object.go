package jwttest

import (
	"bytes"
	"encoding/json"
	"time"
)

// object is a JSON object that keeps the order of its members and, on request,
// a name twice. A map could do neither.
type object []member

type member struct {
	name  string
	value json.RawMessage
}

// set replaces every member of that name, in the place of the first.
func (o *object) set(name string, value json.RawMessage) {
	for i := range *o {
		if (*o)[i].name == name {
			(*o)[i].value = value
			rest := (*o)[i+1:]
			*o = append((*o)[:i+1], without(rest, name)...)
			return
		}
	}
	o.add(name, value)
}

func (o *object) add(name string, value json.RawMessage) {
	*o = append(*o, member{name, value})
}

func (o *object) remove(names ...string) {
	for _, name := range names {
		*o = without(*o, name)
	}
}

func without(members object, name string) object {
	kept := make(object, 0, len(members))
	for _, m := range members {
		if m.name != name {
			kept = append(kept, m)
		}
	}
	return kept
}

func (o object) encode() []byte {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, _ := encodeValue(m.name) // a string always encodes
		b.Write(name)
		b.WriteByte(':')
		b.Write(m.value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// encodeValue writes a json.RawMessage as it is, valid or not: that is how a
// test sends 1e999. A time becomes a NumericDate (RFC 7519 §2).
func encodeValue(value any) (json.RawMessage, error) {
	switch v := value.(type) {
	case json.RawMessage:
		return v, nil
	case time.Time:
		return json.Marshal(v.Unix())
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}
