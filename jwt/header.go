package jwt

import (
	"example.com/resourceserver/jwt/internal/jws"
	"example.com/resourceserver/jwt/internal/strictjson"
)

// readHeader makes every check that needs nothing but the header. The same text has
// the same answer, so one that is remembered is not read again.
func (v *validation) readHeader() error {
	encoded := v.compact.Header
	v.remembered = v.validator.headers.Cell(encoded)
	if v.header = v.remembered.Find(encoded); v.header != nil {
		return nil
	}
	var buf [12]strictjson.Member
	parameters, err := jws.ParseHeader(buf[:0], encoded)
	if err != nil {
		return refusal(err)
	}
	header, err := v.validator.rules.Check(parameters)
	if err != nil {
		return refusal(err)
	}
	v.header = &jws.Header{Algorithm: header.Algorithm, KeyID: header.KeyID} // &header would cost a refusal, too
	return nil
}

// refusals say in the words of Config what is wrong with a signed text.
var refusals = map[error]Error{
	jws.ErrTooLarge:          {Reason: ReasonTooLarge, detail: "longer than Config.MaxTokenBytes"},
	jws.ErrHeaderTooLarge:    {Reason: ReasonTooLarge, detail: jws.ErrHeaderTooLarge.Error()},
	jws.ErrSignatureTooLarge: {Reason: ReasonTooLarge, detail: jws.ErrSignatureTooLarge.Error()},
	jws.ErrEncrypted:         {Reason: ReasonEncrypted, detail: "a JWE: if the issuer encrypts, set Config.Decrypt"},
	jws.ErrNotCompact: {Reason: ReasonMalformed,
		detail: "not three segments: if the issuer's access tokens are opaque, they need introspection"},
	jws.ErrHeaderEncoding:    {Reason: ReasonMalformed, detail: jws.ErrHeaderEncoding.Error()},
	jws.ErrPayloadEncoding:   {Reason: ReasonMalformed, detail: jws.ErrPayloadEncoding.Error()},
	jws.ErrSignatureEncoding: {Reason: ReasonMalformed, detail: jws.ErrSignatureEncoding.Error()},
	jws.ErrNoSignature:       {Reason: ReasonSignature, detail: "empty"},
	jws.ErrNoAlgorithm:       {Reason: ReasonAlgorithm, Name: "alg", detail: "missing or not a string"},
	jws.ErrAlgorithm:         {Reason: ReasonAlgorithm, Name: "alg", detail: "not one of Config.Algorithms"},
	jws.ErrCritical:          {Reason: ReasonCritical, Name: "crit", detail: "no extension is understood"},
	jws.ErrUnencoded:         {Reason: ReasonCritical, Name: "b64", detail: "no extension is understood"},
	jws.ErrKeyID:             {Reason: ReasonHeader, Name: "kid", detail: "not a string"},
	jws.ErrTypeNoString:      {Reason: ReasonHeader, Name: "typ", detail: "not a string"},
	jws.ErrNoType: {Reason: ReasonType, Name: "typ",
		detail: "the header has none: if the issuer's access tokens have none, choose a Config.Profile that says so"},
	jws.ErrTypeJWT: {Reason: ReasonType, Name: "typ",
		detail: "JWT in the header, as ID tokens have it: if the issuer's access tokens do too, choose its Config.Profile"},
	jws.ErrType: {Reason: ReasonType, Name: "typ", detail: "the header's is not one of Config.Profile.Types"},
}

// refusal returns what is wrong with a signed text, by an error of the package jws.
// The others are those of its JSON parser, for the header.
func refusal(err error) *Error {
	if known, ok := refusals[err]; ok {
		return invalid(known.Reason, known.Name, known.detail)
	}
	return invalid(ReasonHeader, "", err.Error())
}
