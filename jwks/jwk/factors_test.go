package jwk_test

import (
	"crypto/fips140"
	"crypto/rand"
	"crypto/rsa"
	"math/big"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/resourceserver/jwks/jwk"
)

var one = big.NewInt(1)

// primorial is the product of the primes up to a number.
func primorial(upTo int64) *big.Int {
	product := big.NewInt(1)
	for n := int64(2); n <= upTo; n++ {
		if p := big.NewInt(n); p.ProbablyPrime(0) {
			product.Mul(product, p)
		}
	}
	return product
}

var smallPrimes = sync.OnceValue(func() *big.Int { return primorial(751) })

// withoutSmallFactors returns n, or the next number that has no factor below 752.
func withoutSmallFactors(n *big.Int) *big.Int {
	n = new(big.Int).Set(n)
	for small := smallPrimes(); new(big.Int).GCD(nil, nil, n, small).Cmp(one) != 0; {
		n.Add(n, one)
	}
	return n
}

func randomNumber(bits int) *big.Int {
	n := must(rand.Int(rand.Reader, new(big.Int).Lsh(one, uint(bits))))
	return n.SetBit(n.SetBit(n, bits-1, 1), bits-2, 1) // so that two of them make a modulus of twice the bits
}

// rough is a number of chance without a small factor.
func rough(bits int) *big.Int { return withoutSmallFactors(randomNumber(bits)) }

// randomPrime is no key of anybody's, and so no matter of FIPS 140-3.
func randomPrime(bits int) (p *big.Int) {
	fips140.WithoutEnforcement(func() { p = must(rand.Prime(rand.Reader, bits)) })
	return p
}

func product(factors ...*big.Int) *big.Int {
	n := big.NewInt(1)
	for _, f := range factors {
		n.Mul(n, f)
	}
	return n
}

// rocaNumber is made as the chips made their primes: k·M + (65537^a mod M).
func rocaNumber(bits int, m *big.Int) *big.Int {
	for {
		k := new(big.Int).Div(randomNumber(bits), m)
		a := must(rand.Int(rand.Reader, m))
		n := k.Mul(k, m)
		n.Add(n, a.Exp(big.NewInt(65537), a, m))
		if n.BitLen() == bits && withoutSmallFactors(n).Cmp(n) == 0 {
			return n
		}
	}
}

func parseModulus(n *big.Int) error {
	_, err := jwk.Parse(membersOf(&rsa.PublicKey{N: n, E: 65537}).raw())
	return err
}

// publishedROCA is a key of an affected chip, from the tests of the paper's authors.
const publishedROCA = "" +
	"9dcd7420e420c270a68060eb8b5aa7457a9f6648f86fafed2775cc1f79ae962f1e63f1b9e51c55f9ea6fdc7332e9b005" +
	"8c9ff2eb1fc89855029cf6aafe21e689feb38ac9ffb12f1ce371bb5d0e9aae64161abce74b4244bf68f1edb4411f756a" +
	"097c8929c14740245ea355f8332d1aa36bb50c7dcb4505da8de02e4e53d38f8df06097da7524df0df93db48eac8cc4af" +
	"2d3a16257eb2b2adca6ba464e5974fa92550d31b1babf161e7692d00b86e3dd886ecab4abfbe1a8f8cc263ff4af55cdb" +
	"45f4249a5193925f5e983d762f0b6800943eb0267b08f42ed311ce1f5c86eacbc8ce4d3cb7a2fee1ef5641423a1cf411" +
	"4e5ecf50034a60a412523af9e6f4aa11"

func TestKeysThatCanBeFactored(t *testing.T) {
	// checklist 185
	published, ok := new(big.Int).SetString(publishedROCA, 16)
	require.True(t, ok)
	p := randomPrime(1024)
	next := withoutSmallFactors(new(big.Int).Add(p, big.NewInt(2)))
	// far is a number beside p that Fermat's method reaches in so many steps: (p-q)² = 8·steps·√pq.
	far := func(steps int64) *big.Int {
		distance := new(big.Int).Mul(p, big.NewInt(8*steps))
		return withoutSmallFactors(distance.Add(distance.Sqrt(distance), p))
	}
	for name, tc := range map[string]struct {
		n      *big.Int
		reason string
	}{
		"three":          {product(big.NewInt(3), rough(2046)), "small prime factor"},
		"751":            {product(big.NewInt(751), rough(2045)), "small prime factor"},
		"all odd ones":   {product(new(big.Int).Rsh(primorial(751), 1), rough(1500)), "small prime factor"},
		"757":            {product(big.NewInt(757), rough(2045)), ""},
		"published ROCA": {published, "CVE-2017-15361"},
		"ROCA":           {product(rocaNumber(1024, primorial(701)), rocaNumber(1024, primorial(701))), "CVE-2017-15361"},
		"ROCA of 4096 bits": {product(rocaNumber(2048, primorial(1427)), rocaNumber(2048, primorial(1427))),
			"CVE-2017-15361"},
		"ROCA, but shorter keys": {product(rocaNumber(1024, primorial(353)), rocaNumber(1024, primorial(353))), ""},
		"the same prime twice":   {product(p, p), "close together"},
		"the next prime":         {product(p, next), "close together"},
		"ninety steps away":      {product(p, far(90)), "close together"},
		"a hundred and ten":      {product(p, far(110)), ""},
	} {
		err := parseModulus(tc.n)
		if tc.reason == "" {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorContains(t, err, tc.reason, name)
	}
}

// No square is passed over, whatever it leaves modulo small numbers.
func TestEveryPairOfCloseFactors(t *testing.T) {
	// checklist 185
	p := rough(1024)
	for range 100 {
		q := withoutSmallFactors(new(big.Int).Add(p, randomNumber(500)))
		require.ErrorContains(t, parseModulus(product(p, q)), "close together")
	}
}

// Whatever a good generator makes is taken: all products of some primes, and numbers of chance.
func TestGoodModuliAreTaken(t *testing.T) {
	// checklist 185
	var primes []*big.Int
	for range 6 {
		p := randomPrime(1024)
		for _, q := range primes {
			require.NoError(t, parseModulus(product(p, q)))
		}
		primes = append(primes, p)
	}
	for range 200 {
		require.NoError(t, parseModulus(rough(2048)))
	}
	require.NoError(t, parseModulus(rough(16384)))
}

// What was looked up at reading is not looked up again with each token.
func TestFactorsAreNotLookedForAtVerification(t *testing.T) {
	p := randomPrime(1024)
	weak := &rsa.PublicKey{N: product(p, p), E: 65537}
	require.Error(t, parseModulus(weak.N))
	require.True(t, jwk.Fits("RS256", weak))
}
