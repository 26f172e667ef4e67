package strictjson

import (
	"errors"
	"unicode/utf8"
)

// MaxDepth is how deep objects and arrays may nest, the outermost included. Real
// claims nest three or four deep; the bound keeps the recursion, and the stack
// of whoever decodes the claims later, small.
const MaxDepth = 32

// Member is one member of an object. Name is decoded. Value is the JSON text of
// the value, without the white space around it.
type Member struct {
	Name  string
	Value string
}

// Object is the members of a JSON object, in their order.
type Object []Member

// Get returns the value of the member called name, exactly. A null value counts
// as absent: an issuer that writes null means that it has nothing to say.
func (o Object) Get(name string) (value string, ok bool) {
	if i := o.index(name); i >= 0 {
		return o[i].Value, o[i].Value != "null"
	}
	return "", false
}

// Has reports whether there is a member called name, null or not.
func (o Object) Has(name string) bool { return o.index(name) >= 0 }

// index returns the index of the member called name, or -1. Most names of claims
// are three letters long and differ in the last, which is looked at before a
// call that compares them.
func (o Object) index(name string) int {
	for i := range o {
		n := o[i].Name
		if len(n) == len(name) && (n == "" || n[len(n)-1] == name[len(name)-1] && n == name) {
			return i
		}
	}
	return -1
}

// Errors of Parse. They are constants in effect: none holds any of the input.
var (
	errSyntax    = errors.New("not a valid JSON object")
	errDuplicate = errors.New("a JSON object has two members of one name")
	errUTF8      = errors.New("the JSON text is not valid UTF-8")
	errDepth     = errors.New("the JSON text nests too deeply")
)

// Parse appends the members of the JSON object that text consists of to dst and
// returns the result. The members refer to text. The errors say what is wrong
// without repeating any of the input.
func Parse(dst Object, text string) (Object, error) {
	s := scanner{text: text}
	s.space()
	if !s.next('{') {
		return nil, errSyntax
	}
	dst, err := s.object(dst, 1)
	if err != nil {
		return nil, err
	}
	if s.space(); s.at != len(text) {
		return nil, errSyntax
	}
	return dst, nil
}

// scanner walks over text; at is the index of the next byte to read.
type scanner struct {
	text string
	at   int
}

// object reads an object whose '{' has been read and appends its members to dst.
// What lies behind dst's length serves the nested objects as scratch space, so
// that finding their duplicates costs no memory of its own. They get that part
// alone: a thousand small objects behind a thousand members would else copy all
// of these a thousand times, once there is no room left.
func (s *scanner) object(dst Object, depth int) (Object, error) {
	if depth > MaxDepth {
		return nil, errDepth
	}
	if s.space(); s.next('}') {
		return dst, nil
	}
	base := len(dst)
	var index map[string]struct{}
	for {
		m, err := s.member(dst, depth)
		if err != nil {
			return nil, err
		}
		if index = indexed(index, dst[base:]); duplicate(m.Name, dst[base:], index) {
			return nil, errDuplicate
		}
		dst = append(dst, m)
		if s.space(); s.next('}') {
			return dst, nil
		}
		if !s.next(',') {
			return nil, errSyntax
		}
		s.space()
	}
}

// manyNames is the number of members from which a map finds a duplicate quicker
// than comparing with each. It also keeps an object of thousands of members from
// costing quadratic time.
const manyNames = 48

// indexed returns index completed by the last of members, or nil as long as they
// are few.
func indexed(index map[string]struct{}, members Object) map[string]struct{} {
	if len(members) < manyNames {
		return nil
	}
	if index == nil {
		index = make(map[string]struct{}, 2*manyNames)
		for i := range members {
			index[members[i].Name] = struct{}{}
		}
	}
	index[members[len(members)-1].Name] = struct{}{}
	return index
}

func duplicate(name string, members Object, index map[string]struct{}) bool {
	if index == nil {
		return members.Has(name)
	}
	_, dup := index[name]
	return dup
}

func (s *scanner) member(scratch Object, depth int) (m Member, err error) {
	if !s.next('"') {
		return m, errSyntax
	}
	if m.Name, err = s.name(); err != nil {
		return m, err
	}
	if s.space(); !s.next(':') {
		return m, errSyntax
	}
	s.space()
	start := s.at
	if err = s.value(scratch, depth); err != nil {
		return m, err
	}
	m.Value = s.text[start:s.at]
	return m, nil
}

func (s *scanner) array(scratch Object, depth int) error {
	if depth > MaxDepth {
		return errDepth
	}
	if s.space(); s.next(']') {
		return nil
	}
	for {
		if err := s.value(scratch, depth); err != nil {
			return err
		}
		if s.space(); s.next(']') {
			return nil
		}
		if !s.next(',') {
			return errSyntax
		}
		s.space()
	}
}

// value reads a value inside an object or array at the given depth.
func (s *scanner) value(scratch Object, depth int) error {
	if s.at == len(s.text) {
		return errSyntax
	}
	c := s.text[s.at]
	switch c {
	case '"':
		s.at++
		_, err := s.string()
		return err
	case '{':
		s.at++
		_, err := s.object(scratch[len(scratch):], depth+1)
		return err
	case '[':
		s.at++
		return s.array(scratch, depth+1)
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	}
	return s.number()
}

func (s *scanner) literal(word string) error {
	end := s.at + len(word)
	if end > len(s.text) || s.text[s.at:end] != word {
		return errSyntax
	}
	s.at = end
	return nil
}

// number reads a number (RFC 8259 §6).
func (s *scanner) number() error {
	s.next('-')
	if !s.next('0') && !s.digits() {
		return errSyntax
	}
	if s.next('.') && !s.digits() {
		return errSyntax
	}
	if s.next('e') || s.next('E') {
		if !s.next('+') {
			s.next('-')
		}
		if !s.digits() {
			return errSyntax
		}
	}
	return nil
}

// digits reads digits and reports whether there was at least one.
func (s *scanner) digits() bool {
	start := s.at
	for s.at < len(s.text) && '0' <= s.text[s.at] && s.text[s.at] <= '9' {
		s.at++
	}
	return s.at > start
}

// name reads a string whose opening quote has been read and decodes it.
func (s *scanner) name() (string, error) {
	start := s.at
	escaped, err := s.string()
	if err != nil {
		return "", err
	}
	name := s.text[start : s.at-1]
	if escaped {
		name = unescape(name)
	}
	return name, nil
}

// plain marks the bytes that a string may hold as they are and that need no
// further look: printable ASCII but '"' and '\'.
var plain = func() (table [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		table[c] = c != '"' && c != '\\'
	}
	return table
}()

// string reads a string whose opening quote has been read, to behind its closing
// quote, and reports whether it holds escapes (RFC 8259 §7).
func (s *scanner) string() (escaped bool, err error) {
	text, at := s.text, s.at
	for at < len(text) {
		c := text[at]
		if plain[c] {
			at++
			continue
		}
		if c == '"' {
			s.at = at + 1
			return escaped, nil
		}
		size := 0
		if c == '\\' {
			escaped = true
			if size = escape(text[at:]); size == 0 {
				return false, errSyntax
			}
		} else if c < utf8.RuneSelf {
			return false, errSyntax // a control character, RFC 8259 §7
		} else if r, n := utf8.DecodeRuneInString(text[at:]); r != utf8.RuneError || n > 1 {
			size = n
		} else {
			return false, errUTF8
		}
		at += size
	}
	return false, errSyntax
}

// space skips white space (RFC 8259 §2).
func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// next reads the byte c if it is the next one and reports whether it was.
func (s *scanner) next(c byte) bool {
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}
