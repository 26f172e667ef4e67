package strictjson

import (
	"math"
	"strconv"
	"time"
)

// lastSecond is the end of the year 9999. Later times, and those before 1970, are
// not dates but mistakes or attempts to overflow something.
const lastSecond = 253402300799

// NumericDate returns the NumericDate (RFC 7519 §2) that a value denotes. ok is
// false if it is no number between 1970 and 9999.
func NumericDate(value string) (t time.Time, ok bool) {
	if value == "" || value[0] < '0' || value[0] > '9' {
		return time.Time{}, false
	}
	if seconds, ok := wholeSeconds(value); ok {
		return time.Unix(seconds, 0), seconds <= lastSecond
	}
	f, err := strconv.ParseFloat(value, 64)
	if err != nil || f > lastSecond {
		return time.Time{}, false
	}
	seconds, fraction := math.Modf(f)
	return time.Unix(int64(seconds), int64(fraction*1e9)), true
}

// wholeSeconds reads the usual NumericDate, which is digits alone, no more of them
// than lastSecond has. It is not the strconv of this only because three of them are
// in every token.
func wholeSeconds(value string) (seconds int64, ok bool) {
	if len(value) > len("253402300799") {
		return 0, false
	}
	for _, c := range []byte(value) {
		if c -= '0'; c > 9 {
			return 0, false
		}
		seconds = 10*seconds + int64(c)
	}
	return seconds, true
}
