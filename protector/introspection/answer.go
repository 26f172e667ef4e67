package introspection

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// maxDepth bounds how deep an answer may nest. The members of RFC 7662 need
// three levels.
const maxDepth = 16

// verdict is what an answer comes to: a token, or why it is no good.
type verdict struct {
	token   *Token
	refusal *Error
}

func rejected(reason Reason, member, detail string) *Error {
	return &Error{Reason: reason, Name: member, detail: detail}
}

// at is the verdict at a point in time. A remembered one is checked again:
// nbf may have come, and exp may have passed by a clock that was set.
func (v verdict) at(now time.Time) (*Token, error) {
	switch {
	case v.refusal != nil:
		refusal := *v.refusal // shared: the caller gets one of its own
		return nil, &refusal
	case v.token.ended(now):
		return nil, rejected(ReasonExpired, "exp", "")
	case !v.token.begun(now):
		return nil, rejected(ReasonNotYetValid, "nbf", "")
	}
	return v.token, nil
}

// judge reads an answer (RFC 7662 §2.2) in a fixed order. An answer that cannot
// be read says nothing about the token, and is an error. One that says active
// is believed only as far as its own members bear it out.
func (c *Client) judge(body []byte, now time.Time) (verdict, error) {
	active, err := readActive(body)
	if err != nil {
		return verdict{}, err
	}
	if !active {
		return verdict{refusal: rejected(ReasonInactive, "", "the server says so, or this client may not introspect it")}, nil
	}
	var m members
	if err := json.Unmarshal(body, &m); err != nil {
		return verdict{refusal: unreadableMember(err)}, nil
	}
	token := &Token{answer: bytes.Clone(body), leeway: c.config.Leeway}
	if refusal := c.check(token, &m); refusal != nil {
		return verdict{refusal: refusal}, nil
	}
	if token.ended(now) {
		// Held as a refusal: remembered as a token it would be forgotten at
		// once, and asked about again each time.
		return verdict{refusal: rejected(ReasonExpired, "exp", "")}, nil
	}
	return verdict{token: token}, nil
}

// readActive insists on one JSON object, well formed to its last byte, with
// nothing said twice, in which active is a JSON boolean. "true" and 1 are not
// yes, and they are not no either.
func readActive(body []byte) (bool, error) {
	if err := checkDepth(body); err != nil {
		return false, unreadable("not well-formed JSON of a reasonable depth")
	}
	var answer struct {
		Active jsontext.Value `json:"active"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return false, unreadable("not one well-formed JSON object")
	}
	switch string(answer.Active) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, unreadable("without a boolean member active")
}

// unreadable does not wrap the parser's error, which may quote the answer.
func unreadable(what string) error {
	return &UnavailableError{Failure: FailureAnswer, Status: 200, err: errors.New("the answer is " + what)}
}

func checkDepth(body []byte) error {
	decoder := jsontext.NewDecoder(bytes.NewReader(body))
	for {
		_, err := decoder.ReadToken()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case decoder.StackDepth() > maxDepth:
			return errors.New("nested too deep")
		}
	}
}

// unreadableMember names the top-level member that could not be read.
func unreadableMember(err error) *Error {
	member := ""
	if semantic, ok := errors.AsType[*json.SemanticError](err); ok {
		for member = range semantic.JSONPointer.Tokens() {
			break
		}
	}
	return rejected(ReasonClaimType, strings.Clone(member), "")
}

// check holds an active answer's members against the configuration, and makes the
// token of them.
func (c *Client) check(t *Token, m *members) (refusal *Error) {
	if t.confirmation, refusal = c.checkConfirmation(m.Confirmation); refusal != nil {
		return refusal
	}
	if refusal = c.checkKind(t, m); refusal != nil {
		return refusal
	}
	switch {
	case c.config.Issuer != "" && m.Issuer != nil && *m.Issuer != c.config.Issuer:
		return rejected(ReasonIssuer, "iss", "not Config.Issuer").
			mismatched([]string{c.config.Issuer}, []string{*m.Issuer})
	case !c.config.AnyAudience && m.Audience != nil && !intersect(m.Audience, c.config.Audiences):
		return rejected(ReasonAudience, "aud", "names none of Config.Audiences").mismatched(c.config.Audiences, m.Audience)
	}
	m.Confirmation, m.Typ, m.TokenUse = nil, nil, nil // read, and not to be kept
	t.members = *m
	return c.checkRequired(t.answer)
}

func (c *Client) checkRequired(answer jsontext.Value) *Error {
	if len(c.config.RequiredMembers) == 0 {
		return nil
	}
	var all map[string]jsontext.Value
	if err := json.Unmarshal(answer, &all); err != nil {
		return unreadableMember(err)
	}
	for _, name := range c.config.RequiredMembers {
		if isEmpty(all[name]) {
			return rejected(ReasonMissingClaim, name, "required by Config.RequiredMembers")
		}
	}
	return nil
}

// isEmpty says whether a member is there in name only.
func isEmpty(v jsontext.Value) bool {
	if v.Compact() != nil {
		return true // not there at all
	}
	return slices.Contains([]string{"null", `""`, "[]", "{}"}, string(v))
}

// checkKind tells an access token from whatever else the server keeps and
// calls active. The hint we send restricts nothing (RFC 7662 §2.1). Besides the
// standard member it knows two that are common: Ory Hydra's token_use, and
// Keycloak's typ, where a refresh token or an ID token says that it is one.
func (c *Client) checkKind(t *Token, m *members) *Error {
	if use := text(m.TokenUse); use != "" && use != "access_token" && use != "access" {
		return rejected(ReasonTokenType, "token_use", "not an access token")
	}
	if slices.Contains([]string{"refresh", "offline", "id"}, strings.ToLower(text(m.Typ))) {
		return rejected(ReasonTokenType, "typ", "not an access token")
	}
	switch strings.ToLower(m.tokenType()) {
	case "":
		if c.config.AllowMissingTokenType {
			return nil
		}
		return rejected(ReasonMissingClaim, "token_type",
			"the answer does not say what kind of token it is; if this server never does, set Config.AllowMissingTokenType")
	case "bearer", "access_token":
		return nil
	case "dpop":
		// RFC 9449 §6.2: it comes with the key it is bound to. Without one
		// there would be nothing to hold its bearer to.
		if t.confirmation["jkt"] != "" {
			return nil
		}
	}
	return rejected(ReasonTokenType, "token_type", "not an access token")
}

func text(v jsontext.Value) string {
	var s string
	if v.Kind() != '"' || json.Unmarshal(v, &s) != nil {
		return ""
	}
	return s
}

func intersect(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}
