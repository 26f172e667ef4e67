package protector

import (
	"errors"
	"fmt"
)

// Actor is somebody who acts in the place of a token's subject, or may (RFC 8693 §4.1,
// §4.4). What is not stated is empty. The zero Actor is nobody.
type Actor struct {
	// Issuer is the iss of the actor: whose Subject it is, if not the token's issuer's.
	Issuer string
	// Subject is the sub, and ClientID the client_id. At least one of them is stated.
	Subject, ClientID string
}

// Actors returns who acts in the place of the token's subject, by its act claim: the
// current actor first, then those that acted before, the latest first. It returns none
// for a token without act, by which its subject acts.
//
// Only the current actor may count for what is permitted; the others are for the record
// (RFC 8693 §4.1). The error says that act cannot be read: it is no object with string
// values, names nobody, or the token has no method Claim (see [ClaimToken]). A caller
// who decides by the actor refuses then, as the token's subject does not act alone.
func Actors(token Token) ([]Actor, error) {
	var actors []Actor
	value, ok, err := claimOf(token, "act")
	for ; ok && err == nil; value, ok = inner(value) {
		if len(actors) == deepestClaim {
			return nil, errors.New("protector: the claim act nests too deeply")
		}
		var actor Actor
		actor, err = actorIn(value)
		actors = append(actors, actor)
	}
	if err != nil {
		return nil, fmt.Errorf("protector: the claim act %w", err)
	}
	return actors, nil
}

// MayAct returns who may act in the place of the token's subject, by its may_act claim
// (RFC 8693 §4.4). That is for the one who exchanges tokens; this token is its subject's
// own. It returns the zero Actor for a token without may_act. The errors are those of
// [Actors].
func MayAct(token Token) (Actor, error) {
	value, ok, err := claimOf(token, "may_act")
	if err == nil && !ok {
		return Actor{}, nil
	}
	var actor Actor
	if err == nil {
		actor, err = actorIn(value)
	}
	if err != nil {
		return Actor{}, fmt.Errorf("protector: the claim may_act %w", err)
	}
	return actor, nil
}

// claimOf asks the token for a claim. A token that cannot be asked is not one without
// the claim.
func claimOf(token Token, path ...string) (value any, ok bool, err error) {
	asked, ok := token.(ClaimToken)
	if !ok {
		return nil, false, fmt.Errorf("cannot be read: a %T has no method Claim", token)
	}
	value, ok = asked.Claim(path...)
	return value, ok, nil
}

// inner returns the actor before this one.
func inner(value any) (any, bool) {
	members, _ := value.(map[string]any)
	act := members["act"]
	return act, act != nil
}

func actorIn(value any) (actor Actor, err error) {
	members, ok := value.(map[string]any)
	if !ok {
		return Actor{}, errors.New("is not an object")
	}
	for _, member := range []struct {
		name string
		text *string
	}{
		{"iss", &actor.Issuer}, {"sub", &actor.Subject}, {"client_id", &actor.ClientID},
	} {
		if stated := members[member.name]; stated != nil {
			if *member.text, ok = stated.(string); !ok {
				return Actor{}, fmt.Errorf("has a %s that is not a string", member.name)
			}
		}
	}
	if actor.Subject == "" && actor.ClientID == "" {
		return Actor{}, errors.New("names nobody: neither sub nor client_id is there")
	}
	return actor, nil
}

var (
	errDelegated = errors.New("somebody acts in the place of the token's subject (act), and Policy.NoDelegation is set")
	errNoActor   = errors.New("the token has no method Claim, and so cannot tell whether somebody acts for its subject")
)

// delegationRefuses returns the refusal of a token with an act claim, whatever is in it.
// One that cannot be asked may be such a token.
func delegationRefuses(token Token) *Error {
	asked, ok := token.(ClaimToken)
	if !ok {
		return errForbidden(reasonDelegation, errNoActor)
	}
	if _, delegated := asked.Claim("act"); delegated {
		return errForbidden(reasonDelegation, errDelegated)
	}
	return nil
}
