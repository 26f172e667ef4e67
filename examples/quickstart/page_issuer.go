package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"example.com/resourceserver/jwks"
	"example.com/resourceserver/jwt/jwttest"
)

// issuerControls are the buttons that make an issuer of ours behave as issuers do.
type issuerControls struct {
	issuer *jwttest.Issuer
	keys   *jwks.Remote
	mu     sync.Mutex
	fault  string // "" while it works
}

// maxPublished bounds the key set, however often somebody rotates.
const maxPublished = 8

// actions each say what came of them.
var actions = map[string]func(*issuerControls, context.Context) string{
	"rotate":   (*issuerControls).rotate,
	"withdraw": (*issuerControls).withdraw,
	"break":    (*issuerControls).breakDown,
	"stop":     (*issuerControls).stop,
	"start":    (*issuerControls).start,
}

func (p *page) control(w http.ResponseWriter, r *http.Request) {
	action := actions[r.PathValue("action")]
	if action == nil {
		http.NotFound(w, r)
		return
	}
	p.issuer.mu.Lock()
	defer p.issuer.mu.Unlock()
	tell(w, map[string]string{"did": action(p.issuer, r.Context())})
}

func (c *issuerControls) state() (fault string, published int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return cmp.Or(c.fault, "works"), len(c.published())
}

// published returns the IDs of the keys in the set, the oldest first.
func (c *issuerControls) published() []string {
	var set struct {
		Keys []struct {
			ID string `json:"kid"`
		} `json:"keys"`
	}
	var ids []string
	if json.Unmarshal(c.issuer.JWKS(), &set) == nil {
		for _, key := range set.Keys {
			ids = append(ids, key.ID)
		}
	}
	return ids
}

func (c *issuerControls) rotate(context.Context) string {
	id := c.issuer.Rotate()
	if ids := c.published(); len(ids) > maxPublished {
		c.issuer.Retire(ids[0])
	}
	return fmt.Sprintf("New tokens are signed with the key %s. The API looks for it at once, or within eight seconds if "+
		"it has looked for unknown keys three times lately. Older tokens stay good: their key is still published.", id)
}

// withdraw has the API read the set at once. It would by itself within RefreshInterval.
func (c *issuerControls) withdraw(ctx context.Context) string {
	withdrawn, current := 0, c.issuer.KeyID()
	for _, id := range c.published() {
		if id != current {
			c.issuer.Retire(id)
			withdrawn++
		}
	}
	switch err := c.keys.Refresh(ctx); {
	case err != nil:
		return "The API cannot read the key set now. It goes on with the keys that it has."
	case withdrawn == 0:
		return "The only key in the set is the one that signs. Rotate first."
	}
	return fmt.Sprintf("Withdrawn: %d. Clients that still hold a token by an older key are refused until they get "+
		"another.", withdrawn)
}

const meanwhile = " Tokens by keys that the API knows are still accepted. Rotate, and see what becomes of others."

func (c *issuerControls) breakDown(context.Context) string {
	c.issuer.Fail(http.StatusInternalServerError)
	c.fault = "answers 500"
	return "The issuer answers 500 to everything." + meanwhile
}

func (c *issuerControls) stop(context.Context) string {
	c.issuer.Refuse()
	c.fault = "is down"
	return "The issuer cannot be reached." + meanwhile
}

func (c *issuerControls) start(context.Context) string {
	c.issuer.Recover()
	c.fault = ""
	return "The issuer works. The API finds out by itself within seconds, where a token needs it to."
}
