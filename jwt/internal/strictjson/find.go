package strictjson

// Find returns the value of the first member called name of the JSON object that
// text begins with, and "" if there is none or it is null. It looks no further, and
// at nothing but where values end: what it finds says something only once [Parse]
// has accepted the whole text.
func Find(text, name string) (value string, err error) {
	s := scanner{text: text}
	if s.space(); !s.next('{') {
		return "", errSyntax
	}
	for s.space(); !s.next('}'); s.space() {
		if !s.next('"') {
			return "", errSyntax
		}
		found, ok := s.name()
		if s.space(); !ok || !s.next(':') {
			return "", errSyntax
		}
		s.space()
		start := s.at
		if !s.skip() {
			return "", errSyntax
		}
		if value := text[start:s.at]; found == name {
			if value == "null" {
				return "", nil
			}
			return value, nil
		}
		if s.space(); !s.next(',') && (s.at == len(text) || text[s.at] != '}') {
			return "", errSyntax
		}
	}
	return "", nil
}

// skip goes behind a value, or something like one.
func (s *scanner) skip() bool {
	for depth := 0; s.at < len(s.text); {
		switch s.text[s.at] {
		case ',', ':', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return false
			}
			s.at++
			continue
		case '{', '[':
			s.at++
			depth++
			continue
		case '}', ']':
			s.at++
			depth--
		case '"':
			s.at++
			if _, ok := s.string(); !ok {
				return false
			}
		default:
			s.skipWord()
		}
		if depth <= 0 {
			return depth == 0
		}
	}
	return false
}

// skipWord goes behind a number or a literal.
func (s *scanner) skipWord() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ',', ':', ' ', '\t', '\n', '\r', '{', '[', '}', ']', '"':
			return
		}
		s.at++
	}
}
