package jwt

import "strings"

// spiffe is what a SPIFFE ID begins with (SPIFFE-ID §2).
const spiffe = "spiffe://"

// Bounds of SPIFFE-ID §2.1 and §2.3.
const (
	maxTrustDomain = 255
	maxSPIFFEID    = 2048
)

// isTrustDomain reports whether name is one of a trust domain (SPIFFE-ID §2.1). There
// is one spelling of it: no other letter case, port, user or percent-encoding.
func isTrustDomain(name string) bool {
	return name != "" && len(name) <= maxTrustDomain && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789.-_") == ""
}

// workloadIn reports whether id is the SPIFFE ID of a workload in the trust domain: not
// of the trust domain itself, which has no path. Segments that a path would lose when
// it is cleaned are refused, so that nobody compares another one (SPIFFE-ID §2.2).
func workloadIn(trustDomain, id string) bool {
	path, ok := strings.CutPrefix(id, spiffe+trustDomain+"/")
	if !ok || len(id) > maxSPIFFEID {
		return false
	}
	for segment := range strings.SplitSeq(path, "/") {
		if segment == "" || segment == "." || segment == ".." || !isSegment(segment) {
			return false
		}
	}
	return true
}

func isSegment(s string) bool {
	for i := range len(s) {
		c := s[i]
		if lower := c | 0x20; (lower < 'a' || lower > 'z') && (c < '0' || c > '9') && !strings.ContainsRune("-._", rune(c)) {
			return false
		}
	}
	return true
}
