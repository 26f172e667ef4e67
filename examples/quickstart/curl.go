package main

import (
	"fmt"
	"io"
	"time"

	"example.com/resourceserver/jwt/jwttest"
)

// printCurl prints lines to paste into a shell.
func printCurl(out io.Writer, url string, settings settings, embedded *jwttest.Issuer) {
	if embedded == nil {
		printCurlForIssuer(out, url, settings)
	} else {
		printCurlWithTokens(out, url, embedded)
	}
	fmt.Fprintf(out, "\nServing on %s. The log below says why a request is refused. Ctrl-C ends.\n", url)
}

func printCurlWithTokens(out io.Writer, url string, issuer *jwttest.Issuer) {
	token := func(opts ...jwttest.TokenOption) string {
		return issuer.Token(append(opts, jwttest.Subject("alice"), jwttest.ExpiresIn(time.Hour))...)
	}
	fmt.Fprintf(out, "\nNow try it yourself. These tokens are alice's, and good for an hour:\n\n")
	fmt.Fprintf(out, "PROFILE='%s'\n", token(jwttest.Scope("profile")))
	fmt.Fprintf(out, "EVERYTHING='%s'\n", token(jwttest.Scope("profile email user files notes:read notes:write")))
	fmt.Fprintf(out, "ELSEWHERE='%s'\n\n", token(jwttest.Audience("https://other.example")))
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

// printCurlForIssuer cannot know a token.
func printCurlForIssuer(out io.Writer, url string, settings settings) {
	fmt.Fprintf(out, "\nNow get an access token from %s for the audience %s, and try it:\n\n", settings.issuer,
		settings.audience)
	fmt.Fprintf(out, "TOKEN='...'\n\n")
	for _, path := range []string{"/me", "/profile", "/contact", "/user"} {
		fmt.Fprintf(out, "curl -i -H \"Authorization: Bearer $TOKEN\" %s%s\n", url, path)
	}
}
