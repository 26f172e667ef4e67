package main

import (
	"fmt"
	"io"
	"time"

	"example.com/resourceserver/jwt/jwttest"
)

// printCurl prints lines to paste into a shell.
func printCurl(out io.Writer, service *service, settings settings, embedded *jwttest.Issuer, alice *jwttest.Client) {
	if embedded == nil {
		printCurlForIssuer(out, service.url, settings)
	} else {
		printCurlWithTokens(out, service.url, embedded)
		printCurlWithProof(out, service.secureURL, embedded, alice)
	}
	fmt.Fprintf(out, "\nServing on %s. The log below says why a request is refused. Ctrl-C ends.\n", service.url)
}

func alices(issuer *jwttest.Issuer, opts ...jwttest.TokenOption) string {
	return issuer.Token(append(opts, jwttest.Subject("alice"), jwttest.ExpiresIn(time.Hour))...)
}

func printCurlWithTokens(out io.Writer, url string, issuer *jwttest.Issuer) {
	fmt.Fprintf(out, "\nNow try it yourself. These tokens are alice's, and good for an hour:\n\n")
	fmt.Fprintf(out, "PROFILE='%s'\n", alices(issuer, jwttest.Scope("profile")))
	everything := jwttest.Scope("profile email user files notes:read notes:write")
	fmt.Fprintf(out, "EVERYTHING='%s'\n", alices(issuer, everything))
	fmt.Fprintf(out, "ELSEWHERE='%s'\n\n", alices(issuer, jwttest.Audience("https://other.example")))
	for _, line := range []string{
		url + "/",
		url + "/profile",
		`-H "Authorization: Bearer $PROFILE" ` + url + "/profile",
		`-H "Authorization: Bearer $PROFILE" ` + url + "/contact",
		`-H "Authorization: Bearer $EVERYTHING" ` + url + "/contact",
		`-H "Authorization: Bearer $EVERYTHING" -X POST ` + url + "/notes",
		`-H "Authorization: Bearer $EVERYTHING" ` + url + "/files/bob",
		`-H "Authorization: Bearer $ELSEWHERE" ` + url + "/profile",
	} {
		fmt.Fprintln(out, "curl -i "+line)
	}
}

// printCurlWithProof prints a token that curl alone can do nothing with, and the one
// proof that it can.
func printCurlWithProof(out io.Writer, url string, issuer *jwttest.Issuer, alice *jwttest.Client) {
	bound := alices(issuer, jwttest.Scope("profile"), jwttest.BoundTo(alice))
	fmt.Fprintf(out, "\nThis one is bound to alice's key. Its proof is good for a minute, and once:\n\n")
	fmt.Fprintf(out, "BOUND='%s'\n", bound)
	fmt.Fprintf(out, "PROOF='%s'\n\n", alice.Proof("GET", url+"/profile", bound))
	fmt.Fprintln(out, `curl -ik -H "Authorization: DPoP $BOUND" -H "DPoP: $PROOF" `+url+"/profile")
	fmt.Fprintln(out, `curl -ik -H "Authorization: Bearer $BOUND" `+url+"/profile")
}

// printCurlForIssuer cannot know a token.
func printCurlForIssuer(out io.Writer, url string, settings settings) {
	fmt.Fprintf(out, "\nNow get an access token from %s for the audience %s, and try it:\n\n", settings.issuer,
		settings.audience)
	fmt.Fprintf(out, "TOKEN='...'\n\n")
	for _, path := range []string{"/me", "/profile", "/contact", "/user"} {
		fmt.Fprintf(out, "curl -i -H \"Authorization: Bearer $TOKEN\" %s%s\n", url, path)
	}
}
