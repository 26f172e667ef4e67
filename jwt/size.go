package jwt

import (
	"unsafe"

	"example.com/resourceserver/jwt/internal/jws"
)

// Size estimates the bytes of memory that keeping the token takes: the text of its
// claims, what was decoded out of that into memory of its own, and the structures
// around it. It is 0 for a nil token and the zero Token.
func (t *Token) Size() int {
	if t == nil || t.terms == nil {
		return 0
	}
	n := sizeOf[Token]() + sizeOf[jws.Header]() + textSize(t.claims) + textSize(t.header.KeyID) +
		t.ownSize(t.subject) + t.ownSize(t.clientID) + t.ownSize(t.id) +
		t.listSize(t.audience) + t.scopes.Len()*sizeOf[string]()
	if t.scopes.Len() > 0 {
		n += setBytes
	}
	for name := range t.scopes.All() {
		n += t.ownSize(name)
	}
	if t.authentication != nil {
		n += sizeOf[authentication]() + t.ownSize(t.authentication.acr) + t.listSize(t.authentication.amr)
	}
	n += cap(t.confirmation) * sizeOf[binding]()
	for _, b := range t.confirmation {
		n += t.ownSize(b.method) + t.ownSize(b.value)
	}
	return n
}

// setBytes is what a set that is not empty takes beside its names.
const setBytes = 48

func sizeOf[T any]() int {
	var value T
	return int(unsafe.Sizeof(value))
}

// textSize is that of the memory for text: the allocator rounds it up, by half a step
// of an eighth on average.
func textSize(text string) int { return len(text) + len(text)/16 }

// listSize is that of the memory for list and what it holds.
func (t *Token) listSize(list []string) int {
	n := cap(list) * sizeOf[string]()
	for _, text := range list {
		n += t.ownSize(text)
	}
	return n
}

// ownSize is that of the memory for text, unless it is a part of the claims: that is
// where a string without escapes is.
func (t *Token) ownSize(text string) int {
	start, at := address(t.claims), address(text)
	if start <= at && at-start < uintptr(len(t.claims)) {
		return 0
	}
	return textSize(text)
}

// address returns where text is in memory, to be compared with and nothing else.
func address(text string) uintptr { return uintptr(unsafe.Pointer(unsafe.StringData(text))) }
