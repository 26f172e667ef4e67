package strictjson_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt/internal/strictjson"
)

func Example() {
	o, err := strictjson.Parse(nil, `{"sub":"alice","aud":["a","b"],"n":12345678901234567890}`)
	if err != nil {
		panic(err)
	}
	value, _ := o.Get("aud")
	audience, _ := strictjson.Strings(nil, value)
	number, _ := o.Get("n")
	fmt.Println(audience, number)
	// Output: [a b] 12345678901234567890
}

// documents are the cases by hand, and the seeds of the fuzz target.
var documents = []string{
	``, ` `, `{}`, ` { } `, `{`, `}`, `[]`, `null`, `"a"`, `1`, `{}{}`, `{} x`, "{}\x00", "\ufeff{}",
	`{"a":1}`, `{"a":1,}`, `{,"a":1}`, `{"a" 1}`, `{"a":}`, `{a:1}`, `{'a':1}`, `{"a":1 "b":2}`, `{"a":1;"b":2}`,
	`{"a":1,"a":2}`, `{"a":1,"\u0061":2}`, `{"a":1,"A":2}`, `{"x":{"a":1,"a":2}}`, `{"x":[{"a":1,"a":2}]}`, `{"":1}`,
	`{"":1,"":2}`,
	`{"a":null}`, `{"a":nul}`, `{"a":true,"b":false}`, `{"a":tru}`, `{"a":True}`, `{"a":NaN}`, `{"a":Infinity}`,
	`{"a":undefined}`,
	`{"a":0}`, `{"a":-0}`, `{"a":00}`, `{"a":01}`, `{"a":-}`, `{"a":+1}`, `{"a":.5}`, `{"a":1.}`, `{"a":1.5}`,
	`{"a":1e5}`, `{"a":1E+5}`,
	`{"a":1e-5}`, `{"a":1e}`, `{"a":1e+}`, `{"a":0x10}`, `{"a":1_000}`, `{"a":-01}`, `{"a":1e400}`, `{"a":1 2}`,
	`{"a":12345678901234567890}`,
	`{"a":"\""}`, `{"a":"\\"}`, `{"a":"\/"}`, `{"a":"\b\f\n\r\t"}`, `{"a":"\x"}`, `{"a":"\`, `{"a":"\u12"}`,
	`{"a":"\u12G4"}`, `{"a":"\u00e9\u00C9"}`,
	`{"a":"\ud83d\ude00"}`, `{"a":"\ud83d"}`, `{"a":"\ud83d\u0041"}`, `{"a":"\ude00"}`, `{"a":"\ude00\ud83d"}`,
	`{"a":"\ud83dx"}`, `{"a":"\ufffd"}`, "{\"a\":\"\ufffd\"}",
	"{\"a\":\"\xff\"}", "{\"a\":\"\xc3\"}", "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xc0\x80\"}", "{\"\xff\":1}",
	"{\"a\":\"é€😀\"}", "{\"é\":1,\"\\u00e9\":2}",
	"{\"a\":\"\x00\"}", "{\"a\":\"\x1f\"}", "{\"a\":\"\n\"}", "{\"a\":\"\x7f\"}", "{\"a\x01\":1}",
	"{\n\t\"a\"\r\n: [ 1 , 2 ] , \"b\" : { } }", "{\"a\":1\v}", "{\"a\":\u00a01}",
	`{"a":[]}`, `{"a":[1,]}`, `{"a":[,1]}`, `{"a":[1 2]}`, `{"a":[}`, `{"a":[[]]}`, `{"a":["x","y"]}`, `{"a":["x",1]}`,
	`{"a":{"b":{"c":[{}]}}}`, `{"a":"x"`, `{"a`, `{"a":[1`,
}

func TestParseAgreesWithTheStrictLibrary(t *testing.T) {
	for _, doc := range documents {
		t.Run(doc, func(t *testing.T) { agree(t, doc) })
	}
	for _, unit := range []string{`\n`, `\uFEDC`, `\ufedc`, `\uAB89`, `\ud83d\ude00`, `é\"`, `\u0000`} {
		for _, n := range []int{1, 20, 21, 22, 42, 43, 127, 128, 129, 255, 256, 257, 1000} {
			escaped := strings.Repeat(unit, n)
			agree(t, fmt.Sprintf(`{"%s":"%s","%sx":1}`, escaped, escaped, escaped))
			agree(t, fmt.Sprintf(`{"%s":1,"%s":2}`, escaped, escaped))
		}
	}
	var many strings.Builder
	for i := range 200 {
		fmt.Fprintf(&many, `,"n%d":%d`, i, i)
	}
	agree(t, "{"+many.String()[1:]+"}")
	for _, i := range []int{0, 46, 47, 48, 199} {
		agree(t, fmt.Sprintf(`{%s,"n%d":0}`, many.String()[1:], i))
	}
}

func TestEveryTruncationAgrees(t *testing.T) {
	doc := `{"a":[1,-2.5e+3,"\u00e9\ud83d\ude00é"],"b":{"c":null,"d":true},"e":false}`
	for i := range doc {
		agree(t, doc[:i])
		for _, c := range []byte("\x00\"\\{}[]:,0-é \n") {
			agree(t, doc[:i]+string(c)+doc[i:])
			agree(t, doc[:i]+string(c)+doc[i+1:])
		}
	}
}

func TestDepth(t *testing.T) {
	nest := func(n int) string { return `{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + `}` }
	_, err := strictjson.Parse(nil, nest(strictjson.MaxDepth))
	require.NoError(t, err)
	_, err = strictjson.Parse(nil, nest(strictjson.MaxDepth+1))
	require.ErrorContains(t, err, "too deeply")
	objects := strings.Repeat(`{"a":`, strictjson.MaxDepth) + "1" + strings.Repeat("}", strictjson.MaxDepth)
	_, err = strictjson.Parse(nil, objects)
	require.NoError(t, err)
	_, err = strictjson.Parse(nil, `{"a":`+objects+`}`)
	require.ErrorContains(t, err, "too deeply")
}

// checklist 64
func TestSmallObjectsBehindManyMembersCostLittle(t *testing.T) {
	const size = 6 << 10 // of the longest header
	for members := range 700 {
		var doc strings.Builder
		doc.WriteByte('{')
		for i := range members {
			fmt.Fprintf(&doc, `"%x":0,`, i)
		}
		doc.WriteString(`"many":[0`)
		for doc.Len() < size {
			doc.WriteString(`,{"":0}`)
		}
		doc.WriteString(`]}`)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := strictjson.Parse(nil, doc.String())
		runtime.ReadMemStats(&after)
		require.NoError(t, err)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(40*doc.Len()), "%d members", members)
	}
}

func TestErrorsRepeatNoInput(t *testing.T) {
	for _, doc := range []string{`{"secret":secret}`, `{"secret":1,"secret":2}`, "{\"secret\":\"\xff\"}", `{"secret"`} {
		_, err := strictjson.Parse(nil, doc)
		require.Error(t, err)
		require.NotContains(t, err.Error(), "secret")
	}
}

func TestGet(t *testing.T) {
	o, err := strictjson.Parse(nil, `{"a":null,"b":"null","A":1}`)
	require.NoError(t, err)
	_, ok := o.Get("a")
	require.False(t, ok, "null is absent")
	require.True(t, o.Has("a"))
	value, ok := o.Get("b")
	require.True(t, ok)
	require.Equal(t, `"null"`, value)
	_, ok = o.Get("c")
	require.False(t, ok)
	require.False(t, o.Has("c"))
}

func TestParseOfOrdinaryClaimsDoesNotAllocate(t *testing.T) {
	doc := `{"iss":"https://issuer.example","aud":"https://api.example","sub":"alice","nested":{"roles":["a","b"]}}`
	var buf [32]strictjson.Member
	require.Zero(t, testing.AllocsPerRun(100, func() {
		if _, err := strictjson.Parse(buf[:0], doc); err != nil {
			t.Fatal(err)
		}
	}))
}

// FuzzParse holds Parse to the strict library: the same documents accepted, the
// same names and values read.
func FuzzParse(f *testing.F) {
	for _, doc := range documents {
		f.Add(doc)
	}
	f.Fuzz(agree)
}

func agree(t *testing.T, doc string) {
	object, err := strictjson.Parse(nil, doc)
	names, values, oracle := strict(doc)
	if errors.Is(oracle, errTooDeep) {
		require.Error(t, err, "%q", doc)
		return
	}
	require.Equal(t, oracle == nil, err == nil, "%q: ours %v, oracle %v", doc, err, oracle)
	if err != nil {
		return
	}
	require.Len(t, object, len(names))
	for i, m := range object {
		require.Equal(t, names[i], m.Name, "%q", doc)
		require.Equal(t, values[i], m.Value, "%q", doc)
		agreeOnStrings(t, m.Value)
	}
}

func agreeOnStrings(t *testing.T, value string) {
	var want string
	kind := jsontext.Value(value).Kind()
	err := json.Unmarshal([]byte(value), &want)
	got, ok := strictjson.String(value)
	require.Equal(t, err == nil && kind == '"', ok, "%q", value)
	require.Equal(t, want, got, "%q", value)

	var elements []jsontext.Value
	wantOK := kind == '[' && json.Unmarshal([]byte(value), &elements) == nil
	list := []string(nil)
	for _, element := range elements {
		var s string
		wantOK = wantOK && element.Kind() == '"' && json.Unmarshal(element, &s) == nil
		list = append(list, s)
	}
	gotList, ok := strictjson.Strings(nil, value)
	require.Equal(t, wantOK, ok, "%q", value)
	if ok {
		require.Equal(t, list, gotList, "%q", value)
	}
}

var errTooDeep = errors.New("too deep")

// strict reads doc with the strict library.
func strict(doc string) (names, values []string, err error) {
	d := jsontext.NewDecoder(bytes.NewReader([]byte(doc)))
	tok, err := d.ReadToken()
	if err != nil || tok.Kind() != '{' {
		return nil, nil, errors.Join(errors.New("no object"), err)
	}
	deep := false
	for d.PeekKind() != '}' {
		name, err := d.ReadToken()
		if err != nil {
			return nil, nil, err
		}
		names = append(names, name.String())
		value, err := d.ReadValue()
		if err != nil {
			return nil, nil, err
		}
		values = append(values, string(value))
		deep = deep || depth(value) >= strictjson.MaxDepth
	}
	if _, err := d.ReadToken(); err != nil {
		return nil, nil, err
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, nil, errors.New("trailing data")
	}
	if deep {
		return nil, nil, errTooDeep
	}
	return names, values, nil
}

func depth(value jsontext.Value) int {
	d, deepest := jsontext.NewDecoder(bytes.NewReader(value)), 0
	for {
		if _, err := d.ReadToken(); err != nil {
			return deepest
		}
		deepest = max(deepest, d.StackDepth())
	}
}

func BenchmarkParse(b *testing.B) {
	small := `{"iss":"https://issuer.example","aud":"https://api.example","sub":"5ba552d67","client_id":"s6BhdRkqt3",` +
		`"exp":1639528912,"iat":1618354090,"jti":"dbe39bf3a3ba4238a513f51d6e1691c4","scope":"openid profile reademail"}`
	var large strings.Builder
	large.WriteString(small[:len(small)-1])
	for i := range 22 {
		fmt.Fprintf(&large, `,"claim_%02d":{"roles":["role-%02d-reader","role-%02d-writer"],`, i, i, i)
		large.WriteString(`"account":"a plain value of some length"}`)
	}
	large.WriteString("}")
	for name, doc := range map[string]string{"small": small, "large": large.String()} {
		b.Run("claims="+name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(doc)))
			for b.Loop() {
				var buf [40]strictjson.Member
				if _, err := strictjson.Parse(buf[:0], doc); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What the fuzzer found new is kept as its corpus, and each file is a test of its
// own. Without them the fuzzer would begin from the documents above.
func TestTheCorpusIsThere(t *testing.T) {
	entries, err := os.ReadDir("testdata/fuzz/FuzzParse")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(entries), 50)
}
