package protector

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// scalar is a string, a number or a boolean, in a form in which equal values are equal
// by ==. A number is what its decimal digits say, without rounding: 1, 1.0 and 10e-1
// are one, and 9007199254740993 is not its neighbour, as it would be in a float64.
type scalar struct {
	kind     scalarKind
	text     string
	exponent int64 // of a number: how many zeros are behind its digits
}

type scalarKind byte

const (
	aString scalarKind = iota + 1
	aBoolean
	aNumber
)

// scalarOf reports false for what is none: a list, an object, null, NaN.
func scalarOf(value any) (scalar, bool) {
	switch v := value.(type) {
	case string:
		return scalar{kind: aString, text: v}, true
	case json.Number:
		return decimal(string(v))
	}
	v := reflect.ValueOf(value)
	switch {
	case v.Kind() == reflect.String:
		return scalar{kind: aString, text: v.String()}, true
	case v.Kind() == reflect.Bool:
		return scalar{kind: aBoolean, text: strconv.FormatBool(v.Bool())}, true
	case v.CanInt():
		return decimal(strconv.FormatInt(v.Int(), 10))
	case v.CanUint():
		return decimal(strconv.FormatUint(v.Uint(), 10))
	case v.CanFloat():
		return decimal(strconv.FormatFloat(v.Float(), 'e', -1, v.Type().Bits()))
	}
	return scalar{}, false
}

// decimal reads a number as JSON writes it (RFC 8259 §6).
func decimal(text string) (scalar, bool) {
	digits, negative := strings.CutPrefix(text, "-")
	digits, exponent, ok := cutExponent(digits)
	whole, fraction, point := strings.Cut(digits, ".")
	if !ok || !areDigits(whole) || len(whole) > 1 && whole[0] == '0' || point && !areDigits(fraction) {
		return scalar{}, false
	}
	digits = strings.TrimLeft(whole+fraction, "0")
	exponent -= int64(len(fraction))
	significant := strings.TrimRight(digits, "0")
	exponent += int64(len(digits) - len(significant))
	switch {
	case significant == "": // -0 too
		return scalar{kind: aNumber, text: "0"}, true
	case negative:
		significant = "-" + significant
	}
	return scalar{aNumber, significant, exponent}, true
}

// cutExponent reports false for an exponent that nobody means.
func cutExponent(text string) (digits string, exponent int64, ok bool) {
	at := strings.IndexAny(text, "eE")
	if at < 0 {
		return text, 0, true
	}
	exponent, err := strconv.ParseInt(text[at+1:], 10, 64) // which takes a sign, and digits
	ok = err == nil && exponent > -math.MaxInt32 && exponent < math.MaxInt32
	return text[:at], exponent, ok
}

func areDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}
