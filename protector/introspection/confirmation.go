package introspection

import (
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// confirmationMethods are the registered ways to bind a token to a key (RFC 7800
// §3, RFC 8705 §3.1, RFC 9449 §6.1). What else cnf holds is no method, unless
// Config.Confirmations says so.
var confirmationMethods = []string{"jkt", "x5t#S256", "x5t", "jwk", "jwe", "jku", "kid"}

// checkConfirmation refuses a token that is bound to a key in a way that nobody
// enforces: as a plain bearer token it would be worth more to a thief than its
// issuer meant. Members that are no method are ignored, whatever their type (RFC
// 7800 §3.1). A cnf in which no method is left binds the token in a way that is
// not known, and is refused as well.
func (c *Client) checkConfirmation(cnf jsontext.Value) (map[string]string, *Error) {
	if cnf == nil || cnf.Kind() == 'n' {
		return nil, nil
	}
	var all map[string]jsontext.Value
	if cnf.Kind() != '{' || json.Unmarshal(cnf, &all) != nil {
		return nil, rejected(ReasonConfirmation, "cnf", "not an object")
	}
	methods := make(map[string]string, len(all))
	for name, value := range all {
		if !slices.Contains(c.config.Confirmations, name) {
			continue
		}
		if methods[name] = text(value); methods[name] == "" {
			return nil, rejected(ReasonConfirmation, "cnf", "a method that is not a string, or empty")
		}
	}
	for _, method := range confirmationMethods {
		if _, bound := all[method]; bound && methods[method] == "" {
			return nil, rejected(ReasonConfirmation, "cnf", remedyForBinding(method))
		}
	}
	if len(methods) == 0 {
		return nil, rejected(ReasonConfirmation, "cnf", "holds no method that Config.Confirmations names")
	}
	return methods, nil
}

// remedyForBinding says what takes tokens that are bound by method. The package jwt has
// the same texts.
func remedyForBinding(method string) string {
	switch method {
	case "jkt": // RFC 9449 §6.1
		return "bound to a key: name jkt in Config.Confirmations, and have protector.DPoP check the proofs"
	case "x5t#S256": // RFC 8705 §3.1
		return "bound to a certificate: name x5t#S256 in Config.Confirmations, and have protector.MutualTLS check it"
	}
	return "bound in a way that Config.Confirmations does not name: name it only if something checks it"
}
