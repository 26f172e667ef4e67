package protector

import "strings"

// remedies say what to do about a refusal, by its reason. Those of validators are
// theirs to explain.
var remedies = map[string]string{
	reasonNoCredentials: "have the client send its token, and look whether a proxy takes the Authorization field out",
	reasonOtherScheme:   "have the client write the scheme, such as Bearer, and a space in front of the token",
	reasonMalformed: "have the client send the token alone, behind the scheme and one space, " +
		"without quotes and line breaks",
	reasonSeveral:  "have the client send one token in one place, and look whether a proxy adds another",
	reasonTooLarge: "have the issuer put less into the token, or raise Config.MaxTokenBytes",
	reasonUnreadableForm: "have the client send a form that fits Config.MaxFormBytes, with one Content-Type, " +
		"or the token in the Authorization field",
	reasonCrossOrigin:  "if the page is yours, have Config.CrossOrigin trust its origin",
	reasonRequestCheck: "look at what Config.RequestCheck demands of the request",
	reasonNoValidator:  "add a validator whose When takes such tokens, or one without When as the last of its scheme",
	reasonInvalidToken: "wrap the validator with Explaining, or have its error name a reason",
	reasonUnknownToken: "have the client get a token from the issuer that the validator asks",
	reasonExpired:      "have the client get a new token",
	reasonNotYetValid:  "compare the clocks of this host and the issuer",
	reasonRevoked:      "have the user log in again: the token was withdrawn",
	reasonConfirmation: "the token is bound to a key: take it by protector.DPoP, or prove it by protector.MutualTLS",
	reasonCertificateMissing: "have the client use its certificate, and the server ask for it (tls.RequestClientCert); " +
		"behind a proxy name it in MutualTLSConfig.Proxies",
	reasonCertificateBinding:   "have the client use the certificate with which it got the token",
	reasonCertificateSeveral:   "have the proxy replace the header field, whatever the client has sent",
	reasonCertificateMalformed: "compare MutualTLSConfig with the encoding that the proxy writes",
	reasonCertificateTooLarge:  "have the client use a certificate of up to 16 KiB",
	reasonInsufficientScope:    "have the client ask the issuer for the missing scope",
	reasonInsufficientGroups:   "put the user into one of the groups, or look where Profile.Groups reads them",
	reasonInsufficientRoles:    "give the user one of the roles, or look where Profile.Roles reads them",
	reasonInsufficientRights:   "give the user one of the entitlements, or look where Profile.Entitlements reads them",
	reasonInsufficientClient:   "have one of these clients call, or add the client to Policy.Clients",
	reasonInsufficientClaims:   "have the issuer put a value that is asked for into the claim, or change Policy.Claims",
	reasonDelegation:           "have the subject call with a token of its own, without act",
	reasonInsufficientACR:      "have the client send the user to the issuer again, with the acr_values of the challenge",
	reasonInsufficientAuthTime: "have the client send the user to the issuer again, with the max_age of the challenge",
	reasonTokenType:            "send a token of the kind that this handler is for",
	reasonPolicyCheck:          "look at what Policy.Check demands of the token",
	reasonUnavailable:          "look at the log of whatever the validator asks: nothing is known about the token",
	reasonCanceled:             "nothing: the client has left",
	reasonBadRequirement:       "mend the program: use a Rule of this Protector",
	reasonBadTokenType:         "mend the program: the token's type has a method of nearly the right shape",
	reasonBadProof:             "mend the program: give New the proofs, and hear of their faults",
}

// proofRemedies are about the reasons of the package jwt/dpop that happen most.
var proofRemedies = map[string]string{
	"proof_missing": "have the client send a proof in the DPoP field, beside the token",
	"proof_target":  "compare dpop.Config.PublicOrigins with the URL that the client uses",
	"proof_time":    "compare the clocks of this host and the client",
	"proof_nonce":   "nothing: the client tries again with the DPoP-Nonce of the answer",
	"proof_token":   "have the client make the proof for this very token (ath)",
	"proof_binding": "have the client use the key with which it got the token",
}

// remedyOf says what to do about a part that failed. The reasons of a validator may
// have the names of this package's, and another remedy.
func remedyOf(check string, err *Error) string {
	remedy := remedies[err.Reason]
	switch {
	case check == "token" && !saysAll[err.Reason]:
		return "see what the validator says of the token, here or, without Explaining, in the log"
	case err.Reason == reasonInsufficientScope && err.Scope != "":
		return "have the client ask the issuer for the scope " + shown(err.Scope)
	case remedy != "":
		return remedy
	case proofRemedies[err.Reason] != "":
		return proofRemedies[err.Reason]
	case strings.HasPrefix(err.Reason, "proof_"):
		return "have the client make a new proof for each request, as RFC 9449 says"
	}
	return "ask whoever has written the " + check + " that refuses for this reason"
}

// saysAll are the reasons of this package by which a token, or a request without one, is
// refused.
var saysAll = map[string]bool{
	reasonNoCredentials: true, reasonOtherScheme: true,
	reasonUnknownToken: true, reasonInvalidToken: true, reasonUnavailable: true, reasonCanceled: true,
	reasonBadTokenType: true, reasonExpired: true, reasonRevoked: true,
}
