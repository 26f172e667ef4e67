package jwt

import (
	"slices"

	"example.com/resourceserver/jwt/internal/strictjson"
)

// confirmationMethods are the registered ways to bind a token to a key (RFC 7800
// §3, RFC 8705 §3.1, RFC 9449 §6.1), and x5t, which came before x5t#S256. What else
// cnf holds is no method, unless Config.Confirmations says so.
var confirmationMethods = []string{"jkt", "x5t#S256", "x5t", "jwk", "jwe", "jku", "kid"}

// binding is a method by which a token is bound, and what it is bound to.
type binding struct{ method, value string }

// checkConfirmation refuses a token that is bound to a key in
// a way that nobody enforces: as a plain bearer token it would be worth more to a
// thief than its issuer meant. Members that are no method are ignored, whatever they
// are (RFC 7800 §3.1): issuers send such. A cnf in which nothing is left binds the
// token in a way that is not known here.
func (v *validation) checkConfirmation() (err error) {
	value := v.claims[claimConfirmation].Value
	if value == "" {
		return nil
	}
	var buf [4]strictjson.Member
	members, err := strictjson.Parse(buf[:0], value)
	if err != nil {
		return invalid(ReasonConfirmation, "cnf", "not an object")
	}
	v.result.confirmation, err = v.validator.terms.confirmationIn(members)
	return err
}

// confirmationIn returns the methods that Config.Confirmations names.
func (m *terms) confirmationIn(members strictjson.Object) (named []binding, err error) {
	for _, member := range members {
		if !slices.Contains(m.confirmations, member.Name) {
			if slices.Contains(confirmationMethods, member.Name) {
				return nil, invalid(ReasonConfirmation, "cnf", remedyForBinding(member.Name))
			}
			continue
		}
		text, ok := strictjson.String(member.Value)
		if !ok || text == "" {
			return nil, invalid(ReasonConfirmation, "cnf", "a method that is not a string, or empty")
		}
		named = append(named, binding{member.Name, text})
	}
	if len(named) == 0 {
		return nil, invalid(ReasonConfirmation, "cnf", "holds no method that Config.Confirmations names")
	}
	return named, nil
}

// remedyForBinding says what takes tokens that are bound by method.
func remedyForBinding(method string) string {
	switch method {
	case "jkt": // RFC 9449 §6.1
		return "bound to a key: name jkt in Config.Confirmations, and have protector.DPoP check the proofs"
	case "x5t#S256": // RFC 8705 §3.1
		return "bound to a certificate: name x5t#S256 in Config.Confirmations, and have protector.MutualTLS check it"
	}
	return "bound in a way that Config.Confirmations does not name: name it only if something checks it"
}
