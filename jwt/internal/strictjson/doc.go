// Package strictjson reads one JSON object in one pass and accepts no more than
// RFC 8259 and RFC 7493 (I-JSON) allow: names are unique at every depth, text is
// valid UTF-8 without lone surrogates, nothing follows the object, and nesting
// is bounded.
//
// It exists because a token's claims are read on every request: the pass tells
// where each member is and leaves the values as text, without reflection and,
// for objects of ordinary size, without allocating. Its tests and the fuzz
// targets hold it to the strict general-purpose parser, byte for byte: both
// accept the same documents and read the same values.
package strictjson
