package strictjson_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/internal/strictjson"
)

// What Find finds in a text that Parse accepts is what Parse finds, and whatever it
// is given it ends.
func TestFindAgreesWithParse(t *testing.T) {
	texts := []string{
		`{"issuer":1,"is":2,"iss":3}`, `{"\u0069ss\u0075":1,"\u0069s":2,"\u0069ss":3}`, `{"é":1,"\u00e":2}`,
		`{"\u00e9":1,"é!":2}`,
		`{"\ud83d\ude00":1,"\"":2,"\\":3,"":4}`,
		`{}`, `{"iss":"a"}`, `{ "iss" : "a" }`, `{"a":1,"iss":"b"}`, `{"a":[1,{"iss":"no"},[]],"iss":{"x":"}"}}`,
		`{"a":{"iss":"no"}}`, `{"\u0069ss":"a"}`,
		`{"sub":"b","iss":"a"}`, `{"iss":null}`, `{"iss":1e3 }`, `{"a":true ,"iss" : false}`, `{"a":"\"iss\":","iss":[ ]}`,
		"{\"a\":1\n,\t\"iss\":2}",
	}
	files, err := filepath.Glob("testdata/fuzz/FuzzParse/*")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		_, line, _ := strings.Cut(string(content), "\n")
		line = strings.TrimSuffix(strings.TrimSpace(line), ")")
		line = line[strings.IndexByte(line, '(')+1:]
		text, err := strconv.Unquote(line)
		require.NoError(t, err, file)
		texts = append(texts, text)
	}
	compared := 0
	for _, text := range texts {
		_, _ = strictjson.Find(text, "iss")
		object, err := strictjson.Parse(nil, text)
		if err != nil {
			continue
		}
		for _, m := range append(object, strictjson.Member{Name: "no such name"}) {
			want, present := object.Get(m.Name)
			if !present {
				want = ""
			}
			got, err := strictjson.Find(text, m.Name)
			require.NoError(t, err, "%q", text)
			require.Equal(t, want, got, "%q in %q", m.Name, text)
			compared++
		}
	}
	require.Greater(t, compared, 40)
}

func TestFindFaults(t *testing.T) {
	for _, text := range []string{
		"", " ", "[]", `"iss"`, "{", `{"`, `{"a`, `{"a"`, `{"a":`, `{"a":1`, `{"a":,"iss":1}`, `{"a" 1}`, `{a:1}`, `{"a":]`,
		`{"a":}`, `{"a":[`, `{"a":"`, `{"a":1 2}`, `{"a":[}`, `{"a":"\`, `{"a":[{"b":"]`,
	} {
		_, err := strictjson.Find(text, "iss")
		require.Error(t, err, "%q", text)
	}
}

func TestParseAtMost(t *testing.T) {
	for text, values := range map[string]int{
		`{}`: 0, `{"a":1}`: 1, `{"a":1,"b":2}`: 2, `{"a":1,"b":{"c":2}}`: 3, `{"a":[1,2]}`: 3,
		`{"a":{"b":1,"c":2},"d":[{"e":3},{"f":[]}]}`: 8,
	} {
		_, err := strictjson.ParseAtMost(nil, text, values)
		require.NoError(t, err, text)
		if values > 0 {
			_, err = strictjson.ParseAtMost(nil, text, values-1)
			require.ErrorContains(t, err, "too many members", text)
		}
	}
}

// Find does not look into strings, so a string that it finds may be none.
func TestFindAndDecodeWhatIsNoString(t *testing.T) {
	long := strings.Repeat("x", 200)
	for _, inside := range []string{
		`\q`, `\u`, `\u12`, `\u12g4`, `\ud800`, `\ud800\u0041`, `\ud800\`, `a\x61`, `\\\q`, `\u0061\u`,
		long + `\q`, long + `\u00`,
	} {
		value, err := strictjson.Find(`{"iss":"`+inside+`"}`, "iss")
		if err != nil {
			continue // the backslash at the end takes the quotation mark with it
		}
		_, ok := strictjson.String(value)
		require.Equal(t, false, ok, "%q", value)
	}
}
