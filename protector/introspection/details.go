package introspection

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Details returns the authorization details of the type (RFC 9396 §9.2), in their order:
// what was consented to, in more words than a scope has. T is a struct with a field for
// each member that details of the type may have, type included, or a map[string]any.
//
//	type payment struct {
//		Type     string   `json:"type"`
//		Actions  []string `json:"actions"`
//		Creditor string   `json:"creditor"`
//	}
//	payments, err := introspection.Details[payment](token, "payment")
//
// The type is compared byte by byte: details of another are left out, and never taken for
// these. A token without authorization_details has none, and neither has one without
// details of the type: that permits nothing. Members are decoded as by [Token.Decode].
//
// An error says that nothing may be concluded: authorization_details is not an array of
// objects that each have a type, whichever; or details of this type do not fit T, or have
// a member that T does not know, as it may well be a limit (RFC 9396 §5 has the
// authorization server refuse the same). It names members, and leaves their values out.
func Details[T any](token *Token, detailType string) ([]T, error) {
	if token == nil {
		return nil, errors.New("introspection: Details was given no token: there is none where a route is open to everybody")
	}
	if detailType == "" {
		return nil, errors.New("introspection: Details was given an empty type: name one")
	}
	entries, err := token.details()
	if err != nil {
		return nil, fmt.Errorf("introspection: authorization_details %w", err)
	}
	var details []T
	for i, entry := range entries {
		if entry.kind != detailType {
			continue
		}
		var detail T
		if err := json.Unmarshal(entry.text, &detail, json.RejectUnknownMembers(true), decodeOptions); err != nil {
			return nil, fmt.Errorf("introspection: authorization_details: detail %d, of the type asked for, %w", i+1, unfit(err))
		}
		details = append(details, detail)
	}
	return details, nil
}

// detail is one of the authorization details, of whatever type.
type detail struct {
	kind string
	text jsontext.Value
}

// details reads all of them, or none: a list of which a part cannot be read is not the
// list that was consented to.
func (t *Token) details() ([]detail, error) {
	text := memberOf(t.answer, "authorization_details")
	if text == nil || text.Kind() == 'n' {
		return nil, nil
	}
	var entries []jsontext.Value
	if text.Kind() != '[' || json.Unmarshal(text, &entries) != nil {
		return nil, errors.New("is not an array")
	}
	details := make([]detail, len(entries))
	for i, entry := range entries {
		var members struct {
			Type string `json:"type"`
		}
		switch err := json.Unmarshal(entry, &members); {
		case entry.Kind() != '{':
			return nil, fmt.Errorf("has an entry %d that is not an object", i+1)
		case err != nil || members.Type == "":
			return nil, fmt.Errorf("has an entry %d without a type", i+1)
		}
		details[i] = detail{members.Type, entry}
	}
	return details, nil
}

// unfit says where a detail does not fit, without the value that is there.
func unfit(err error) error {
	semantic, ok := errors.AsType[*json.SemanticError](err)
	switch {
	case !ok:
		return errors.New("does not fit the Go type")
	case errors.Is(err, json.ErrUnknownName):
		return fmt.Errorf("has a member that the Go type does not know: %.80q", semantic.JSONPointer)
	}
	return fmt.Errorf("does not fit the Go type at %.80q", semantic.JSONPointer)
}
