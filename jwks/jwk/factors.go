package jwk

import (
	"crypto"
	"crypto/rsa"
	"errors"
	"math/big"
)

// Ways of making RSA keys that were published as broken. Whoever has such a public key can compute
// the private one, and sign for its owner.
var (
	errSmallFactor = errors.New("RSA modulus has a small prime factor: anybody can compute the private key")
	errROCA        = errors.New("RSA key is one of ROCA, CVE-2017-15361: its private key can be computed")
	errClosePrimes = errors.New("RSA primes are close together, CVE-2022-26320: anybody can compute the private key")
)

// checkFactors looks for an RSA modulus that is known to be easy to factor. It is part of reading a
// key, and not of [Fits], which stands in front of every signature check: it takes as long as one.
// All its loops are of fixed length, whoever chose the number.
//
// Two weak keys that share a prime are not looked for, since one of them is usually elsewhere; nor
// are the keys of a broken random source, for which there are only lists.
func checkFactors(key crypto.PublicKey) error {
	k, ok := key.(*rsa.PublicKey)
	if !ok {
		return nil
	}
	if err := checkResidues(k.N); err != nil {
		return err
	}
	if hasClosePrimes(k.N) {
		return errClosePrimes
	}
	return nil
}

// A smallPrime may not divide a modulus: NIST SP 800-89 §5.3.3 asks for no factor below 752.
type smallPrime struct {
	value *big.Int
	// powers are the residues that powers of 65537 have, for the primes of the ROCA fingerprint.
	powers []bool
}

// The library of ROCA made primes from those up to 701 for keys of 1984 bits and more, and from more
// of them for the longest.
const (
	smallPrimeBound  = 752
	fingerprintBound = 702
	rocaGenerator    = 65537
)

var smallPrimes, primorial = findSmallPrimes()

// findSmallPrimes returns the odd primes below the bound, and their product.
func findSmallPrimes() (primes []smallPrime, product *big.Int) {
	product = big.NewInt(1)
	for p := int64(3); p < smallPrimeBound; p += 2 {
		value := big.NewInt(p)
		if !value.ProbablyPrime(0) { // which is certain below 2^64
			continue
		}
		prime := smallPrime{value: value}
		if p < fingerprintBound {
			prime.powers = powersModulo(p)
		}
		primes = append(primes, prime)
		product.Mul(product, value)
	}
	return primes, product
}

func powersModulo(p int64) []bool {
	powers := make([]bool, p)
	for x := int64(1); !powers[x]; x = x * rocaGenerator % p {
		powers[x] = true
	}
	return powers
}

// checkResidues divides by the small primes. Beside a factor it finds the fingerprint of ROCA
// (Nemec, Sys, Svenda, Klinec, Matyas: The Return of Coppersmith's Attack, CCS 2017): the primes
// made by Infineon's library are powers of 65537 modulo each of the small ones, and so is their
// product. A sound modulus looks like that once in 2^167 times. The usual test stops at the prime
// 167, because it is for keys of 512 bits too, and is wrong once in 2^27.
func checkResidues(n *big.Int) error {
	var quotient, residue big.Int          // used again for each prime
	rest := new(big.Int).Mod(n, primorial) // dividing it is the same, and it is shorter
	fingerprint := true
	for _, p := range smallPrimes {
		quotient.QuoRem(rest, p.value, &residue)
		r := residue.Uint64()
		if r == 0 {
			return errSmallFactor
		}
		fingerprint = fingerprint && (p.powers == nil || p.powers[r])
	}
	if fingerprint {
		return errROCA
	}
	return nil
}

// fermatSteps is many more than the printers of CVE-2022-26320 need, and nothing beside the primes
// that chance brings close: those of a sound generator differ in one of their first hundred bits.
const fermatSteps = 100

// squareFilter are moduli without a common factor. Of numbers that are no square, one in 300 is one
// modulo all of them. For the one that an attacker likes best it is one in 119.
var squareFilter = [...]squares{squaresModulo(64), squaresModulo(63), squaresModulo(65), squaresModulo(11)}

const squareFilterProduct = 64 * 63 * 65 * 11

// squares are the numbers below a modulus that a square can leave.
type squares []bool

func squaresModulo(m int) squares {
	s := make(squares, m)
	for x := range m {
		s[x*x%m] = true
	}
	return s
}

// hasClosePrimes tries Fermat's factorization: pq = a² - b², where a lies between the primes, and is
// their mean. It is the root of the modulus, or little more, if they are close.
func hasClosePrimes(n *big.Int) bool {
	modulus := big.NewInt(squareFilterProduct)
	root := new(big.Int).Sqrt(n) // equal primes are found with the first a
	start := new(big.Int).Mod(root, modulus).Uint64()
	minus := squareFilterProduct - new(big.Int).Mod(n, modulus).Uint64()
	for step := range uint64(fermatSteps) {
		a := start + step
		if mayBeSquare((a*a+minus)%squareFilterProduct) && isDifferenceOfSquares(n, root, step) {
			return true
		}
	}
	return false
}

func mayBeSquare(residue uint64) bool {
	for _, s := range squareFilter {
		if !s[residue%uint64(len(s))] {
			return false
		}
	}
	return true
}

// isDifferenceOfSquares reports n = (root+step)² - b² for a whole b.
func isDifferenceOfSquares(n, root *big.Int, step uint64) bool {
	a := new(big.Int).Add(root, new(big.Int).SetUint64(step))
	bb := a.Mul(a, a)
	if bb.Sub(bb, n).Sign() < 0 {
		return false
	}
	b := new(big.Int).Sqrt(bb)
	return b.Mul(b, b).Cmp(bb) == 0
}
