package protector_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwt"
	"example.com/resourceserver/protector"
	"example.com/resourceserver/protector/introspection"
)

type payment struct {
	Type    string      `json:"type"`
	Actions []string    `json:"actions"`
	Amount  json.Number `json:"amount"`
}

// detailsOf asks the room that the token comes from.
func detailsOf[T any](token protector.Token, detailType string) ([]T, error) {
	if token, ok := token.(*jwt.Token); ok {
		return jwt.Details[T](token, detailType)
	}
	return introspection.Details[T](token.(*introspection.Token), detailType)
}

// detailed are the kinds of tokens of which details can be read.
func detailed(t *testing.T) map[string]func(claims string) (protector.Validator, string) {
	kinds := claimants(t)
	delete(kinds, "own, exact numbers")
	require.Len(t, kinds, 2)
	return kinds
}

// checklist 211
func TestDetails(t *testing.T) {
	const claims = `{"authorization_details":[
		{"type":"account","actions":["read"],"unknown":1},
		{"type":"payment","actions":["initiate"],"amount":9007199254740993},
		{"type":"Payment","actions":["all"]}, {"type":"payments"}, {"type":"payment "},
		{"type":"paym\u0065nt","actions":["cancel"],"amount":1.50}]}`
	for kind, with := range detailed(t) {
		t.Run(kind, func(t *testing.T) {
			token := tokenWith(t, with, claims)
			payments, err := detailsOf[payment](token, "payment")
			require.NoError(t, err)
			require.Equal(t, []payment{
				{"payment", []string{"initiate"}, "9007199254740993"}, {"payment", []string{"cancel"}, "1.50"},
			}, payments)
			anything, err := detailsOf[map[string]any](token, "payment")
			require.NoError(t, err)
			require.Equal(t, json.Number("9007199254740993"), anything[0]["amount"])
			for _, other := range []string{"pay", "transfer", "paymentx", "*"} {
				none, err := detailsOf[payment](token, other)
				require.NoError(t, err)
				require.Empty(t, none)
			}
			for _, claims := range []string{
				`{}`, `{"authorization_details":null}`, `{"authorization_details":[]}`, `{"Authorization_details":7}`,
			} {
				none, err := detailsOf[payment](tokenWith(t, with, claims), "payment")
				require.NoError(t, err, claims)
				require.Empty(t, none)
			}
			_, err = detailsOf[payment](token, "account")
			require.ErrorContains(t, err, `detail 1`)
			require.ErrorContains(t, err, `"/unknown"`)
			_, err = detailsOf[payment](token, "")
			require.ErrorContains(t, err, "empty type")
		})
	}
}

// Where a route is open to everybody there may be no token: that is no crash, and no detail.
//
// checklist 211
func TestDetailsOfNoToken(t *testing.T) {
	for _, none := range []protector.Token{(*jwt.Token)(nil), (*introspection.Token)(nil)} {
		_, err := detailsOf[payment](none, "payment")
		require.ErrorContains(t, err, "no token")
	}
}

// Of a list that cannot be read nothing is concluded, and no value is told.
//
// checklist 211
func TestDetailsThatCannotBeRead(t *testing.T) {
	const good = `{"type":"payment","actions":["initiate"]}`
	for kind, with := range detailed(t) {
		t.Run(kind, func(t *testing.T) {
			for details, says := range map[string]string{
				good: "is not an array", `"secret"`: "is not an array", `7`: "is not an array", `false`: "is not an array",
				`[` + good + `,"secret"]`:                                       "entry 2 that is not an object",
				`[` + good + `,null]`:                                           "entry 2 that is not an object",
				`[` + good + `,[]]`:                                             "entry 2 that is not an object",
				`[{"actions":["secret"]},` + good + `]`:                         "entry 1 without a type",
				`[` + good + `,{"type":null}]`:                                  "entry 2 without a type",
				`[` + good + `,{"type":""}]`:                                    "entry 2 without a type",
				`[` + good + `,{"type":["payment"]}]`:                           "entry 2 without a type",
				`[` + good + `,{"Type":"payment"}]`:                             "entry 2 without a type",
				`[` + good + `,{"type":"payment","actions":"secret"}]`:          `detail 2, of the type asked for, does not fit`,
				`[` + good + `,{"type":"payment","actions":[{"secret":1}]}]`:    `at "/actions/0"`,
				`[` + good + `,{"type":"payment","Actions":["secret"]}]`:        `does not know: "/Actions"`,
				`[` + good + `,{"type":"payment","limit":{"secret":"secret"}}]`: `does not know: "/limit"`,
			} {
				got, err := detailsOf[payment](tokenWith(t, with, `{"authorization_details":`+details+`}`), "payment")
				require.ErrorContains(t, err, says, details)
				require.NotContains(t, err.Error(), "secret", details)
				require.Empty(t, got)
			}
		})
	}
}
