package introspection

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"time"

	"github.com/go-json-experiment/json"
)

// assertionLifetime is how long a client assertion is good for. One is made
// for each call, so it has to outlive a call and a clock that is a little off,
// and nothing more.
const assertionLifetime = time.Minute

// PrivateKeyJWT authenticates with a JWT signed by a private key, the
// private_key_jwt of OpenID Connect (RFC 7523 §2.2). The algorithm follows from
// the key: ES256 for P-256, RS256 for RSA of 2048 bits and more, EdDSA for
// Ed25519. The signer may live in hardware; it is used by several goroutines
// at a time. The key id may be empty. The audience is the identifier of the
// authorization server as it wants to find it in aud: its issuer URL as a rule,
// with some servers the URL of their token endpoint.
func PrivateKeyJWT(clientID, audience, keyID string, signer crypto.Signer) Credentials {
	a := assertion{clientID: clientID, audience: audience, keyID: keyID, signer: signer}
	if err := a.prepare(); err != nil {
		return Credentials{err: err}
	}
	return Credentials{form: func(form url.Values) error {
		// The wall clock, not Config.Now: this time is for another machine.
		jwt, err := a.jwt(time.Now())
		if err != nil {
			return err
		}
		form.Set("client_id", clientID)
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", jwt)
		return nil
	}}
}

type assertion struct {
	clientID, audience, keyID string
	signer                    crypto.Signer
	alg                       string
}

func (a *assertion) prepare() (err error) {
	defer func() {
		if recover() != nil { // a nil pointer to a key, as a failed load leaves it
			err = errors.New("has a signer that cannot tell its public key: give PrivateKeyJWT a whole private key")
		}
	}()
	if a.clientID == "" || a.audience == "" {
		return errors.New("has an empty client id or audience: set both")
	}
	if a.signer == nil {
		return errors.New("has a nil signer: give PrivateKeyJWT a private key")
	}
	switch key := a.signer.Public().(type) {
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P256() {
			return errors.New("has an EC key of a curve other than P-256: use a P-256 key")
		}
		a.alg = "ES256"
	case *rsa.PublicKey:
		if key.N.BitLen() < 2048 {
			return errors.New("has an RSA key of fewer than 2048 bits: use a longer one")
		}
		a.alg = "RS256"
	case ed25519.PublicKey:
		a.alg = "EdDSA"
	default:
		return fmt.Errorf("has a key of type %T: use P-256, RSA or Ed25519", key)
	}
	return nil
}

// jwt makes the assertion (RFC 7523 §3): a new one each time that a question is
// sent, because servers may refuse a jti they have seen.
func (a *assertion) jwt(now time.Time) (string, error) {
	header := struct {
		Alg string `json:"alg"`
		Typ string `json:"typ"`
		Kid string `json:"kid,omitempty"`
	}{a.alg, "JWT", a.keyID}
	claims := struct {
		Issuer   string `json:"iss"`
		Subject  string `json:"sub"`
		Audience string `json:"aud"`
		ID       string `json:"jti"`
		IssuedAt int64  `json:"iat"`
		Expires  int64  `json:"exp"`
	}{a.clientID, a.clientID, a.audience, rand.Text(), now.Unix(), now.Add(assertionLifetime).Unix()}

	h, err := json.Marshal(header)
	if err != nil {
		return "", err
	}
	c, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	input := base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(c)
	signature, err := a.sign([]byte(input))
	if err != nil {
		return "", err
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

func (a *assertion) sign(input []byte) ([]byte, error) {
	if a.alg == "EdDSA" {
		return a.signer.Sign(rand.Reader, input, crypto.Hash(0))
	}
	digest := sha256.Sum256(input)
	signature, err := a.signer.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil || a.alg == "RS256" {
		return signature, err
	}
	return fixedSize(signature)
}

// fixedSize turns the ASN.1 that a crypto.Signer makes into the R and S, 32
// bytes each, that a JWS wants (RFC 7518 §3.4).
func fixedSize(der []byte) ([]byte, error) {
	var signature struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &signature); err != nil {
		return nil, errors.New("the signer made no ASN.1 signature")
	}
	const size = 32
	if !fits(signature.R, size) || !fits(signature.S, size) {
		return nil, errors.New("the signer made a signature out of range")
	}
	out := make([]byte, 2*size)
	signature.R.FillBytes(out[:size])
	signature.S.FillBytes(out[size:])
	return out, nil
}

func fits(n *big.Int, size int) bool { return n.Sign() > 0 && n.BitLen() <= 8*size }
