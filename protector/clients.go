package protector

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// clientRule is the clients whose tokens pass.
type clientRule struct {
	clients map[string]struct{}
	other   error // the cause, for the log
}

var errNoClient = errors.New("the token names no client, and Policy.Clients asks for one")

// refuses returns the refusal of another client's token, or nil. A nil rule lets all
// pass.
func (c *clientRule) refuses(token Token) *Error {
	if c == nil {
		return nil
	}
	client := clientOf(token)
	if client == "" { // who is not named is none of the list, whatever it holds
		return errForbidden(reasonInsufficientClient, errNoClient)
	}
	if _, ok := c.clients[client]; !ok {
		return errForbidden(reasonInsufficientClient, c.other)
	}
	return nil
}

func newClientRule(clients []string) *clientRule {
	if clients == nil {
		return nil
	}
	c := &clientRule{
		clients: make(map[string]struct{}, len(clients)),
		other:   fmt.Errorf("the token's client is none of Policy.Clients: %s", listed(clients)),
	}
	for _, client := range clients {
		c.clients[client] = struct{}{}
	}
	return c
}

// clientFaults refuses what no issuer calls a client: a name that cannot be told from
// another by those who read it.
func clientFaults(clients []string) (faults []error) {
	if clients != nil && len(clients) == 0 {
		return []error{errors.New("the list of clients is empty: name at least one, or leave it nil")}
	}
	for i, client := range clients {
		switch {
		case strings.TrimSpace(client) == "":
			faults = append(faults, fmt.Errorf("clients: client %d is blank: name one, or remove it", i+1))
		case strings.TrimSpace(client) != client, !utf8.ValidString(client), strings.ContainsFunc(client, unicode.IsControl):
			faults = append(faults, fmt.Errorf("clients: client %d (%.80q) begins or ends with white space, or holds control "+
				"characters or invalid UTF-8: write it as the issuer does", i+1, client))
		case slices.Contains(clients[:i], client):
			faults = append(faults, fmt.Errorf("clients: client %d (%.80q) is there already: remove it", i+1, client))
		}
	}
	return faults
}
