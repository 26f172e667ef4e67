package main

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// metadata shows how a client that knows nothing but the URL of the API finds out
// where to get a token for it.
func metadata(t tour) []chapter {
	var document *url.URL
	find := func(ctx context.Context) (err error) {
		document, err = t.metadataNamed(ctx)
		return err
	}
	return []chapter{{"Metadata: every challenge says where it is (RFC 9728)", []step{
		{request: "GET /me", about: "none", client: t.clients.nobody, secure: true, want: noCredentials},
		{request: "GET /<metadata>", about: "none; where the 401 points", client: t.clients.nobody, secure: true,
			want: open, before: find, prove: func(r *http.Request) { r.URL = document }},
	}}}
}

// metadataNamed asks for something without a token, and returns what the challenge
// names.
func (t tour) metadataNamed(ctx context.Context) (*url.URL, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, t.service.secureURL+"/me", nil)
	if err != nil {
		return nil, err
	}
	response, err := t.clients.nobody.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	t.service.decisions.take()
	for _, match := range parameter.FindAllStringSubmatch(response.Header.Get("WWW-Authenticate"), -1) {
		if match[1] == "resource_metadata" {
			return url.Parse(match[2])
		}
	}
	return nil, errors.New("the challenge names no metadata")
}
