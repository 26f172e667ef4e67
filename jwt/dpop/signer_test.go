package dpop

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks/jwk"
	"example.com/resourceserver/jwt/internal/memo"
)

// prover makes proofs under headers of its choice.
type prover struct {
	key     ed25519.PrivateKey
	jwk     string
	request Request
}

func newProver(t *testing.T) *prover {
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	text := fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","x":%q}`, base64.RawURLEncoding.EncodeToString(public))
	key, err := jwk.Parse([]byte(text))
	require.NoError(t, err)
	return &prover{private, text, Request{Method: "GET", Target: "/", Token: "token", Thumbprint: key.Thumbprint}}
}

func (p *prover) header(more string) string {
	return `{"typ":"dpop+jwt","alg":"EdDSA","jwk":` + p.jwk + more + `}`
}

func (p *prover) proof(header string) string {
	encode, sum := base64.RawURLEncoding.EncodeToString, sha256.Sum256([]byte("token"))
	signed := encode([]byte(header)) + "." + encode(fmt.Appendf(nil,
		`{"jti":%q,"htm":"GET","htu":"https://api.example/","iat":%d,"ath":%q}`, rand.Text(), time.Now().Unix(),
		encode(sum[:])))
	return signed + "." + encode(ed25519.Sign(p.key, []byte(signed)))
}

func (v *Verifier) remembers(proof, thumbprint string) bool {
	header, _, _ := strings.Cut(proof, ".")
	return v.signers.Cell(thumbprint).Find(header) != nil
}

func newTestVerifier(t *testing.T) *Verifier {
	v, err := NewVerifier(Config{PublicOrigins: []string{"https://api.example"}})
	require.NoError(t, err)
	return v
}

// Only who holds the key of a genuine token can make anything be remembered.
func TestSignersThatAreRemembered(t *testing.T) {
	p, thief := newProver(t), newProver(t)
	good := p.proof(p.header(""))
	for name, tt := range map[string]struct {
		proof string
		edit  func(*Request)
		known bool
	}{
		"good":          {good, nil, true},
		"bad signature": {good[:strings.LastIndexByte(good, '.')+1] + strings.Repeat("A", 86), nil, false},
		"another's key": {thief.proof(thief.header("")), nil, false},
		"another's key, of no usual form": {
			thief.proof(strings.Replace(thief.header(""), `"OKP"`, `"\u004fKP"`, 1)), nil, false},
		"another's key claimed": {thief.proof(p.header("")), nil, false},
		"not bound":             {good, func(r *Request) { r.Thumbprint = "" }, false},
		"another path":          {good, func(r *Request) { r.Target = "/other" }, false},
		"another token":         {good, func(r *Request) { r.Token = "x" }, false},
		"long":                  {p.proof(p.header(`,"x":"` + strings.Repeat("A", memo.MaxText) + `"`)), nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			v, r := newTestVerifier(t), p.request
			if tt.edit != nil {
				tt.edit(&r)
			}
			for range 2 { // the second time, what was remembered is what is found
				_, _, err := v.Verify(tt.proof, r)
				require.Equal(t, tt.known || name == "long", err == nil, err)
				require.Equal(t, tt.known, v.remembers(tt.proof, r.Thumbprint))
				require.Equal(t, false, v.remembers(tt.proof, thief.request.Thumbprint))
			}
		})
	}
}

// What is remembered stands in for reading a header, and for none of the checks.
func TestRememberedSignersAreCheckedAgain(t *testing.T) {
	v, p, other := newTestVerifier(t), newProver(t), newProver(t)
	good := p.proof(p.header(""))
	verify := func(proof string, r Request) Reason {
		_, _, err := v.Verify(proof, r)
		if err == nil {
			return ""
		}
		return err.(*Error).Reason
	}
	require.Equal(t, Reason(""), verify(good, p.request))
	// Two clients in one cell: the other's token goes with the other's key alone.
	*v.signers.Cell(other.request.Thumbprint) = *v.signers.Cell(p.request.Thumbprint)
	require.Equal(t, ReasonBinding, verify(p.proof(p.header("")), other.request))
	require.Equal(t, ReasonSignature, verify(good[:strings.LastIndexByte(good, '.')+1]+strings.Repeat("A", 86), p.request))
	require.Equal(t, ReasonSignature, verify(other.proof(p.header("")), p.request))
	r := p.request
	r.Method = "POST"
	require.Equal(t, ReasonMethod, verify(good, r))
	spend, _, err := v.Verify(good, p.request)
	require.NoError(t, err)
	require.NoError(t, spend(context.Background()))
	require.Error(t, spend(context.Background()))
}

// A client that makes up ever new headers pushes nobody else's out.
func TestOneClientHasOneCell(t *testing.T) {
	v, hostile := newTestVerifier(t), newProver(t)
	kept := make(map[*prover]string)
	for range 50 {
		p := newProver(t)
		proof := p.proof(p.header(""))
		_, _, err := v.Verify(proof, p.request)
		require.NoError(t, err)
		kept[p] = proof
	}
	mine := v.signers.Cell(hostile.request.Thumbprint)
	for p, proof := range kept { // as seldom as the table is large, two share a cell
		if v.signers.Cell(p.request.Thumbprint) == mine || !v.remembers(proof, p.request.Thumbprint) {
			delete(kept, p)
		}
	}
	require.Greater(t, len(kept), 45)
	for i := range 500 {
		_, _, err := v.Verify(hostile.proof(hostile.header(fmt.Sprintf(`,"n":%d`, i))), hostile.request)
		require.NoError(t, err)
	}
	for p, proof := range kept {
		require.Equal(t, true, v.remembers(proof, p.request.Thumbprint))
	}
}

// The price of a hash tells whose key it is not, and never refuses whose it is.
//
// checklist 134
func TestClaimedThumbprintIsThatOfTheKey(t *testing.T) {
	encode := base64.RawURLEncoding.EncodeToString
	var texts []string
	for crv, curve := range map[string]elliptic.Curve{
		"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521(),
	} {
		for range 20 {
			key, err := ecdsa.GenerateKey(curve, rand.Reader)
			require.NoError(t, err)
			point, err := key.PublicKey.Bytes()
			require.NoError(t, err)
			x, y := encode(point[1:1+len(point)/2]), encode(point[1+len(point)/2:])
			texts = append(texts, fmt.Sprintf(`{"kty":"EC","crv":%q,"x":%q,"y":%q}`, crv, x, y),
				fmt.Sprintf(`{ "y" : %q, "kid":"a", "x":%q,"\u0063rv":%q, "kty":"EC" }`, y, x, crv))
		}
	}
	for range 20 {
		texts = append(texts, newProver(t).jwk)
	}
	for _, text := range texts {
		key, err := jwk.Parse([]byte(text))
		require.NoError(t, err, text)
		sum, ok := claimedThumbprint(text)
		require.Equal(t, true, ok, text)
		require.Equal(t, key.Thumbprint, encode(sum[:]), text)
	}
	good := texts[0]
	for _, unusual := range []string{
		"", "[]", strings.Replace(good, `"EC"`, `"RSA"`, 1), strings.Replace(good, `"EC"`, `"\u0045C"`, 1),
		strings.Replace(good, `"kty"`, `"d":"x","kty"`, 1), strings.Replace(good, `"x":"`, `"x":"A`, 1),
		strings.Replace(good, `"y"`, `"z"`, 1), strings.Replace(good, `"crv":"P-`, `"crv":"Q-`, 1),
		`{"kty":"EC","crv":"P-256","x":"\u0041` + strings.Repeat("A", 37) + `","y":"` + strings.Repeat("A", 43) + `"}`,
		`{"kty":"OKP","crv":"Ed25519","x":[` + strings.Repeat("1", 43) + `]}`,
	} {
		_, ok := claimedThumbprint(unusual)
		require.Equal(t, false, ok, unusual)
	}
}
