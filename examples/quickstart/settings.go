package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
)

type settings struct {
	addr     string
	issuer   string
	audience string
	profile  string
	page     string
	// explainRealTokens lets the page take tokens that are worth something.
	explainRealTokens bool
	once              bool
}

func parseSettings(args []string, getenv func(string) string, output io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("quickstart", flag.ContinueOnError)
	flags.SetOutput(output)
	flags.StringVar(&s.addr, "addr", "127.0.0.1:0", "`host:port` to listen on; port 0 picks a free one")
	flags.StringVar(&s.issuer, "issuer", getenv("QUICKSTART_ISSUER"),
		"identifier `URL` of your issuer (or QUICKSTART_ISSUER); an embedded one is started if empty")
	flags.StringVar(&s.audience, "audience", getenv("QUICKSTART_AUDIENCE"),
		"`name` of this API in the aud claim of your issuer's tokens (or QUICKSTART_AUDIENCE)")
	flags.StringVar(&s.profile, "profile", cmp.Or(getenv("QUICKSTART_PROFILE"), "rfc9068"),
		"how your issuer's tokens look, by `name` (or QUICKSTART_PROFILE): one of "+profileNames()+
			", or JSON as jwt.ParseProfile documents it")
	flags.StringVar(&s.page, "page", "127.0.0.1:0", "loopback `host:port` of the page to look at; port 0 picks a free one")
	flags.BoolVar(&s.explainRealTokens, "explain-real-tokens", false,
		"with -issuer: let the page explain tokens, although yours are worth something to a thief")
	flags.BoolVar(&s.once, "once", false, "end after the tour, with status 1 if anything was not as expected")
	if err := flags.Parse(args); err != nil {
		return settings{}, err
	}
	if flags.NArg() > 0 {
		return settings{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if (s.issuer == "") != (s.audience == "") {
		return settings{}, errors.New("-issuer and -audience go together: tokens are only accepted if they are meant " +
			"for this API")
	}
	if s.issuer == "" && s.profile != "rfc9068" {
		return settings{}, errors.New("-profile describes your issuer's tokens: it needs -issuer")
	}
	if s.explainRealTokens && s.issuer == "" {
		return settings{}, errors.New("-explain-real-tokens is for tokens of an issuer of your own: it needs -issuer")
	}
	if !isLoopback(s.page) {
		return settings{}, fmt.Errorf("-page %q is not on loopback: the page is for this machine only; use 127.0.0.1 and "+
			"a port", s.page)
	}
	_, err := profileOf(s.profile)
	return s, err
}

// isLoopback looks up no name: what one leads to is for others to say.
func isLoopback(hostPort string) bool {
	addr, err := netip.ParseAddrPort(hostPort)
	return err == nil && addr.Addr().IsLoopback()
}
