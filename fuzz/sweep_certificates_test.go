package fuzz_test

import "testing"

// TestEveryChangeOfAForwardedCertificate makes every small change of what each kind of proxy forwards. What is made of
// it is what others read there, which check sees to, and never somebody else's certificate; and a change that leaves
// the certificate as it was is one of spelling alone.
//
// checklist 149, 151
func TestEveryChangeOfAForwardedCertificate(t *testing.T) {
	mine, other := thumbprintOf(aCertificate), thumbprintOf(otherCertificate)
	for writer, w := range certificateWriters {
		t.Run(string(w.encoding), func(t *testing.T) {
			proxies := newForwarded()
			same := 0
			try := func(text string) {
				switch proxies.check(t, writer, text) {
				case other:
					t.Fatalf("%q is somebody else's", text)
				case mine:
					same++
				}
			}
			text := w.write(aCertificate)
			try(text)
			if same != 1 {
				t.Fatalf("%q is not taken", text)
			}
			for i := range text {
				try(text[:i])
				try(text[i:])
				try(text[:i] + text[i+1:])
				for bit := range 8 {
					try(text[:i] + string([]byte{text[i] ^ 1<<bit}) + text[i+1:])
				}
				for _, b := range "Aa0+/=%:;,\"\\ \t\n-\x00\x7f\xff" {
					try(text[:i] + string(b) + text[i:])
				}
			}
			for _, foreign := range certificateWriters { // joined in every way, with what a client may have sent before
				for _, between := range []string{"", ",", ", ", ";", "\n"} {
					before := foreign.write(otherCertificate) + between + text
					if got := proxies.check(t, writer, before); got == mine || got == other && between != "," {
						t.Fatalf("%q is %s", before, got)
					}
				}
			}
			t.Logf("%d spellings are the same certificate", same)
		})
	}
}
