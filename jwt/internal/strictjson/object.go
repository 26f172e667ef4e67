package strictjson

import (
	"errors"
	"math"
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
	errValues    = errors.New("the JSON text has too many members and elements")
)

// Parse appends the members of the JSON object that text consists of to dst and
// returns the result. The members refer to text. The errors say what is wrong
// without repeating any of the input.
func Parse(dst Object, text string) (Object, error) {
	return parse(dst, scanner{text: text, fault: errSyntax, left: math.MaxInt})
}

func parse(dst Object, s scanner) (Object, error) {
	s.space()
	if !s.next('{') {
		return nil, s.fault
	}
	dst, ok := s.object(dst, 1)
	if s.space(); !ok || s.at != len(s.text) {
		return nil, s.fault
	}
	return dst, nil
}

// ParseAtMost is Parse for a text with at most so many members and elements, nested
// ones included. More are an error: it is for what nobody has signed yet.
func ParseAtMost(dst Object, text string, values int) (Object, error) {
	return parse(dst, scanner{text: text, fault: errSyntax, left: values})
}

// scanner walks over text; at is the index of the next byte to read. Its methods
// report whether they found what they look for; fault says what was wrong if they
// did not. An error as a result of each of them would take a tenth of the time.
type scanner struct {
	text  string
	at    int
	fault error
	left  int // members and elements that may yet come
	names names
}

// fail notes what is wrong. A fault that nobody notes is one of syntax.
func (s *scanner) fail(fault error) bool {
	s.fault = fault
	return false
}

// object reads an object whose '{' has been read and appends its members to dst.
// What lies behind dst's length serves the nested objects as scratch space, so
// that finding their duplicates costs no memory of its own. They get that part
// alone: a thousand small objects behind a thousand members would else copy all
// of these a thousand times, once there is no room left.
func (s *scanner) object(dst Object, depth int) (_ Object, ok bool) {
	if depth > MaxDepth {
		return nil, s.fail(errDepth)
	}
	if s.space(); s.next('}') {
		return dst, true
	}
	base := len(dst)
	var index map[string]struct{}
	for {
		if s.left--; s.left < 0 {
			return nil, s.fail(errValues)
		}
		m, ok := s.member(dst, depth)
		if !ok {
			return nil, false
		}
		if len(dst)-base >= manyNames {
			index = indexed(index, dst[base:])
		}
		if duplicate(m.Name, dst[base:], index) {
			return nil, s.fail(errDuplicate)
		}
		dst = append(dst, m)
		if s.space(); s.next('}') {
			return dst, true
		}
		if !s.next(',') {
			return nil, false
		}
		s.space()
	}
}

// manyNames is the number of members from which a map finds a duplicate quicker
// than comparing with each. It also keeps an object of thousands of members from
// costing quadratic time.
const manyNames = 48

// indexed returns index completed by the last of members.
func indexed(index map[string]struct{}, members Object) map[string]struct{} {
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

func (s *scanner) member(scratch Object, depth int) (m Member, ok bool) {
	if !s.next('"') {
		return m, false
	}
	if m.Name, ok = s.name(); !ok {
		return m, false
	}
	if s.space(); !s.next(':') {
		return m, false
	}
	s.space()
	start := s.at
	if !s.value(scratch, depth) {
		return m, false
	}
	m.Value = s.text[start:s.at]
	return m, true
}

func (s *scanner) array(scratch Object, depth int) bool {
	if depth > MaxDepth {
		return s.fail(errDepth)
	}
	if s.space(); s.next(']') {
		return true
	}
	for {
		if s.left--; s.left < 0 {
			return s.fail(errValues)
		}
		if !s.value(scratch, depth) {
			return false
		}
		if s.space(); s.next(']') {
			return true
		}
		if !s.next(',') {
			return false
		}
		s.space()
	}
}

// value reads a value inside an object or array at the given depth.
func (s *scanner) value(scratch Object, depth int) bool {
	if s.at == len(s.text) {
		return false
	}
	switch s.text[s.at] {
	case '"':
		s.at++
		_, ok := s.string()
		return ok
	case '{':
		s.at++
		_, ok := s.object(scratch[len(scratch):], depth+1)
		return ok
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

func (s *scanner) literal(word string) bool {
	end := s.at + len(word)
	if end > len(s.text) || s.text[s.at:end] != word {
		return false
	}
	s.at = end
	return true
}

// number reads a number (RFC 8259 §6).
func (s *scanner) number() bool {
	s.next('-')
	if !s.next('0') && !s.digits() {
		return false
	}
	if s.next('.') && !s.digits() {
		return false
	}
	if s.next('e') || s.next('E') {
		if !s.next('+') {
			s.next('-')
		}
		return s.digits()
	}
	return true
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
func (s *scanner) name() (name string, ok bool) {
	start := s.at
	escaped, ok := s.string()
	if !ok {
		return "", false
	}
	name = s.text[start : s.at-1]
	if escaped {
		name = s.names.decode(name)
	}
	return name, true
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
func (s *scanner) string() (escaped, ok bool) {
	text, at := s.text, s.at
	for at < len(text) {
		c := text[at]
		if plain[c] {
			at++
			continue
		}
		if c == '"' {
			s.at = at + 1
			return escaped, true
		}
		if c == '\\' {
			escaped = true
			if at+1 < len(text) && shortEscapes[text[at+1]] != 0 {
				at += 2
				continue
			}
			_, size := unicodeEscape(text[at:])
			if size == 0 {
				return false, false
			}
			at += size
			continue
		}
		if c < utf8.RuneSelf {
			return false, false // a control character, RFC 8259 §7
		}
		r, size := utf8.DecodeRuneInString(text[at:])
		if r == utf8.RuneError && size == 1 {
			return false, s.fail(errUTF8)
		}
		at += size
	}
	return false, false
}

// space skips white space (RFC 8259 §2).
func (s *scanner) space() {
	for s.at < len(s.text) && isSpace[s.text[s.at]] {
		s.at++
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
