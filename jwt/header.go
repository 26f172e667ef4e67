package jwt

import "example.com/resourceserver/jwt/internal/jws"

// recallHeader reports whether the header is one that has passed all its checks
// before. The same text has the same answer, so it is not read again.
func (v *validation) recallHeader() bool {
	encoded := v.compact.Header
	v.remembered = v.validator.headers.Cell(encoded)
	if v.kept = v.remembered.Find(encoded); v.kept == nil {
		return false
	}
	v.header = *v.kept
	return true
}

// rememberHeader keeps a header under which there was a good signature.
func (v *validation) rememberHeader() {
	if v.kept == nil {
		header := v.header.Clone()
		v.kept = &header
	}
	v.validator.headers.Add(v.remembered, v.compact.Header, v.kept)
}

// passHeader makes one check that needs nothing but the header.
func (v *validation) passHeader(c check) (err error) {
	switch c {
	case checkHeader:
		v.parameters, err = jws.ParseHeader(v.space[:0], v.compact.Header)
	case checkAlgorithm:
		v.header.Algorithm, err = v.validator.rules.Algorithm(v.parameters)
	case checkExtensions:
		err = jws.CheckExtensions(v.parameters)
	case checkKeyID:
		v.header.KeyID, err = jws.KeyID(v.parameters)
	case checkType:
		err = v.validator.rules.CheckType(v.parameters)
	}
	if err != nil {
		return refusal(err)
	}
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
	jws.ErrAlgorithm: {Reason: ReasonAlgorithm, Name: "alg", detail: "not one of Config.Algorithms: " +
		"have the issuer sign with one of those, by a private key and not by a secret"},
	jws.ErrCritical:     {Reason: ReasonCritical, Name: "crit", detail: "no extension is understood"},
	jws.ErrUnencoded:    {Reason: ReasonCritical, Name: "b64", detail: "no extension is understood"},
	jws.ErrKeyID:        {Reason: ReasonHeader, Name: "kid", detail: "not a string"},
	jws.ErrTypeNoString: {Reason: ReasonHeader, Name: "typ", detail: "not a string"},
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
