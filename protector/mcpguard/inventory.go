package mcpguard

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"example.com/resourceserver/protector"
)

// forgottenTools is every tool of the server that has no policy.
func forgottenTools(server *mcp.Server, policies map[string]protector.Policy) error {
	var faults []error
	for cursor := ""; ; {
		page, err := toolsAfter(server, cursor)
		if err != nil {
			return errors.Join(append(faults, err)...)
		}
		for _, tool := range page.Tools {
			if _, ok := policies[tool.Name]; !ok {
				faults = append(faults, fmt.Errorf("mcpguard: Config.Tools has no policy for the tool %q: "+
					"add one, or the Base for a tool that needs no more", tool.Name))
			}
		}
		if page.NextCursor == "" || page.NextCursor == cursor {
			return errors.Join(faults...)
		}
		cursor = page.NextCursor
	}
}

func toolsAfter(server *mcp.Server, cursor string) (*mcp.ListToolsResult, error) {
	status, body := ask(server, "tools/list", map[string]any{"cursor": cursor})
	var answer struct {
		Result *mcp.ListToolsResult
		Error  struct{ Message string }
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Result == nil {
		return nil, fmt.Errorf("mcpguard: the server does not list its tools (%d, %q): "+
			"a server has one guard, and is of no use after a NewHandler that failed; "+
			"its other middleware must accept a request without a token",
			status, answer.Error.Message)
	}
	return answer.Result, nil
}

// unknownMethods is every policy for a method that the server does not have: whatever
// it was meant for falls under Base. The server is asked with the gate inside, so
// that nothing runs.
func unknownMethods(server *mcp.Server, policies map[string]protector.Policy) error {
	var faults []error
	for _, method := range slices.Sorted(maps.Keys(policies)) {
		if status, _ := ask(server, method, map[string]any{}); status != http.StatusOK {
			faults = append(faults, fmt.Errorf("mcpguard: Config.Methods has a policy for %q, which is no method "+
				"of the server that is called: correct the name", method))
		}
	}
	return errors.Join(faults...)
}

// ask calls a method of the server without a session. It does so by the transport
// that all others come by, so that middleware finds what it is used to.
func ask(server *mcp.Server, method string, params map[string]any) (status int, body []byte) {
	message, _ := json.Marshal(map[string]any{"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
	r, err := http.NewRequest(http.MethodPost, "http://localhost/", bytes.NewReader(message))
	if err != nil {
		return 0, nil
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json, text/event-stream")
	w := &recorder{header: http.Header{}, status: http.StatusOK}
	mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server },
		&mcp.StreamableHTTPOptions{Stateless: true, JSONResponse: true}).ServeHTTP(w, r)
	return w.status, w.body.Bytes()
}

// recorder keeps an answer. That of net/http/httptest would give every program a flag.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header         { return w.header }
func (w *recorder) WriteHeader(status int)      { w.status = status }
func (w *recorder) Write(b []byte) (int, error) { return w.body.Write(b) }
