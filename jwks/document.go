package jwks

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// Bounds on what a key set may be. Real sets hold a handful of keys in a few
// kilobytes; the largest known ones stay under 50 KiB.
const (
	maxDocumentBytes = 1 << 20  // one more byte is an error
	maxKeys          = 1024     // one more key is an error
	maxMemberBytes   = 64 << 10 // of a member beside "keys"; what a key may be is the business of package jwk
	maxDepth         = 16       // set, array, key, member: 4 in any real set
	maxMembers       = 64       // top-level members beside "keys"
)

var (
	errTooDeep  = fmt.Errorf("JSON nested deeper than %d levels", maxDepth)
	errTooMany  = fmt.Errorf("more than %d keys", maxKeys)
	errNoKeys   = errors.New(`not a JWK Set: no "keys" array (RFC 7517 §5)`)
	errNotASet  = errors.New("not a JWK Set: not a JSON object (RFC 7517 §5)")
	errTrailing = errors.New("data after the JWK Set")
)

// splitSet cuts a JWK Set into its keys, unparsed. All bounds are checked
// here, before any work is spent on a single key.
//
// The cut is lenient about names and UTF-8 inside a key, so that one key with
// a duplicate member costs that key and not the set; each key is then parsed
// strictly on its own. Everything outside the keys is strict at once.
// The returned values alias doc.
func splitSet(doc []byte) ([]jsontext.Value, error) {
	if len(doc) > maxDocumentBytes {
		return nil, errTooLarge
	}
	if deeperThan(doc, maxDepth) {
		return nil, errTooDeep
	}
	s := splitter{doc: doc, dec: jsontext.NewDecoder(bytes.NewReader(doc),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))}
	return s.split()
}

// splitter walks the top level of a JWK Set.
type splitter struct {
	doc []byte
	dec *jsontext.Decoder
}

func (s *splitter) split() ([]jsontext.Value, error) {
	if s.dec.PeekKind() != '{' {
		return nil, s.syntax(errNotASet)
	}
	if _, err := s.dec.ReadToken(); err != nil {
		return nil, err
	}
	keys, found, err := s.members()
	if err != nil {
		return nil, err
	}
	if _, err := s.dec.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errTrailing
	}
	if !found {
		return nil, errNoKeys
	}
	return keys, nil
}

func (s *splitter) members() (keys []jsontext.Value, found bool, err error) {
	seen := make(map[string]bool)
	for s.dec.PeekKind() != '}' {
		name, err := s.name(seen)
		if err != nil {
			return nil, false, err
		}
		if name == "keys" {
			found = true
			keys, err = s.keys()
		} else {
			err = s.skip(name)
		}
		if err != nil {
			return nil, false, err
		}
	}
	_, err = s.dec.ReadToken()
	return keys, found, err
}

// name reads one member name: each may come once, and there may not be many
// (the map that finds duplicates is sized by whoever wrote the document).
func (s *splitter) name(seen map[string]bool) (string, error) {
	token, err := s.dec.ReadValue()
	if err != nil {
		return "", err
	}
	raw, err := jsontext.AppendUnquote(nil, token) // refuses invalid UTF-8
	if err != nil {
		return "", err
	}
	name := string(raw)
	if seen[name] {
		return "", fmt.Errorf("duplicate member %.80q", name)
	}
	if len(seen) == maxMembers {
		return "", fmt.Errorf("more than %d members", maxMembers)
	}
	seen[name] = true
	return name, nil
}

func (s *splitter) keys() ([]jsontext.Value, error) {
	if s.dec.PeekKind() != '[' {
		return nil, s.syntax(errNoKeys)
	}
	if _, err := s.dec.ReadToken(); err != nil {
		return nil, err
	}
	var keys []jsontext.Value
	for s.dec.PeekKind() != ']' {
		if len(keys) == maxKeys {
			return nil, errTooMany
		}
		value, err := s.value()
		if err != nil {
			return nil, err
		}
		keys = append(keys, value)
	}
	_, err := s.dec.ReadToken()
	return keys, err
}

// value reads the next value and returns it as a part of doc: what the decoder
// hands out is only good until its next call.
func (s *splitter) value() (jsontext.Value, error) {
	v, err := s.dec.ReadValue()
	if err != nil {
		return nil, err
	}
	end := int(s.dec.InputOffset())
	return jsontext.Value(s.doc[end-len(v) : end : end]), nil
}

// skip reads over a member that this package does not know (RFC 7517 §5 says
// to ignore it), which must be strict JSON all the same.
func (s *splitter) skip(name string) error {
	v, err := s.value()
	if err != nil {
		return err
	}
	if len(v) > maxMemberBytes || !v.IsValid() {
		return fmt.Errorf("member %.80q is too large or not strict JSON", name)
	}
	return nil
}

// syntax prefers the decoder's error, if it has one, over err: what is no JSON
// at all, such as PEM, is named by its first character.
func (s *splitter) syntax(err error) error {
	if _, syntax := s.dec.ReadValue(); syntax != nil && !errors.Is(syntax, io.EOF) {
		return fmt.Errorf("not a JWK Set: %w", syntax)
	}
	return err
}

// deeperThan reports nesting beyond limit without parsing: brackets outside of
// strings are counted. The decoder has a bound of its own, 10,000, which is
// far more than a document of one's own making ever needs.
func deeperThan(doc []byte, limit int) bool {
	depth, inString, escaped := 0, false, false
	for _, c := range doc {
		switch {
		case escaped:
			escaped = false
		case inString:
			escaped = c == '\\'
			inString = c != '"'
		case c == '"':
			inString = true
		case c == '{' || c == '[':
			if depth++; depth > limit {
				return true
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return false
}
