package jwt

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ParseProfile reads a profile that is written as JSON, for services whose issuer is
// set by an operator. The members of the object are the fields of [Profile], in lower
// case with underscores, and mean the same:
//
//	{
//	  "name": "Home-grown issuer",
//	  "types": ["JWT"],
//	  "required": ["iss", "exp", "aud", "sub", "app", "iat"],
//	  "client_id": ["app"],
//	  "roles": [["user", "roles"], {"keys_of": ["realm", "roles"]}],
//	  "equal": {"use": "access"},
//	  "allow_missing_subject": true
//	}
//
// A path is an array of names, or an object with keys_of for what [KeysOf] returns. One
// that is left out, or null, is the default; an empty "absent" is an empty list. An
// unknown member, one that is there twice, a value of a wrong type, and anything behind
// the object are errors. What the profile says is judged by [NewValidator].
func ParseProfile(text []byte) (Profile, error) {
	var p profileJSON
	if err := json.Unmarshal(text, &p, json.RejectUnknownMembers(true)); err != nil {
		return Profile{}, fmt.Errorf("jwt: ParseProfile: %w", err)
	}
	if jsontext.Value(text).Kind() != '{' {
		return Profile{}, errors.New("jwt: ParseProfile: null is no profile: write {} for that of RFC 9068")
	}
	return Profile{
		Name: p.Name, Types: p.Types, AllowMissingType: p.AllowMissingType, Required: p.Required,
		Audience: p.Audience, ClientID: p.ClientID, ID: p.ID, Scope: p.Scope,
		Groups: paths(p.Groups), Roles: paths(p.Roles), Entitlements: paths(p.Entitlements),
		Equal: p.Equal, Absent: p.Absent, AllowAnySubject: p.AllowAnySubject,
		AllowMissingSubject: p.AllowMissingSubject, AllowMissingIssuer: p.AllowMissingIssuer, TrustDomain: p.TrustDomain,
	}, nil
}

// profileJSON is a Profile in its JSON form. That Profile has no tags of its own keeps
// other ways to read JSON, which would pass over what they do not know, away from it.
type profileJSON struct {
	Name                string            `json:"name"`
	Types               []string          `json:"types"`
	AllowMissingType    bool              `json:"allow_missing_type"`
	Required            []string          `json:"required"`
	Audience            []string          `json:"audience"`
	ClientID            []string          `json:"client_id"`
	ID                  []string          `json:"id"`
	Scope               []string          `json:"scope"`
	Groups              []pathJSON        `json:"groups"`
	Roles               []pathJSON        `json:"roles"`
	Entitlements        []pathJSON        `json:"entitlements"`
	Equal               map[string]string `json:"equal"`
	Absent              []string          `json:"absent"`
	AllowAnySubject     bool              `json:"allow_any_subject"`
	AllowMissingSubject bool              `json:"allow_missing_subject"`
	AllowMissingIssuer  bool              `json:"allow_missing_issuer"`
	TrustDomain         string            `json:"trust_domain"`
}

// pathJSON is a ClaimPath in its JSON form.
type pathJSON ClaimPath

// UnmarshalJSON reads either form of a path.
func (p *pathJSON) UnmarshalJSON(text []byte) error {
	if jsontext.Value(text).Kind() != '{' {
		return json.Unmarshal(text, (*[]string)(p))
	}
	var of struct {
		Keys []string `json:"keys_of"`
	}
	if err := json.Unmarshal(text, &of, json.RejectUnknownMembers(true)); err != nil {
		return err
	}
	*p = pathJSON(KeysOf(of.Keys...))
	return nil
}

func paths(list []pathJSON) []ClaimPath {
	if list == nil {
		return nil
	}
	claimPaths := make([]ClaimPath, len(list))
	for i, p := range list {
		claimPaths[i] = ClaimPath(p)
	}
	return claimPaths
}
