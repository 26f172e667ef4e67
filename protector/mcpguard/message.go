package mcpguard

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"example.com/resourceserver/protector"
)

// message is what decides about a message of JSON-RPC. A response has no method.
type message struct{ method, tool string }

// read reads the body of a request, and leaves it to be read again.
func (g *gate) read(w http.ResponseWriter, r *http.Request) ([]message, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, g.largest))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, malformed(http.StatusRequestEntityTooLarge, err)
	} else if err != nil {
		return nil, malformed(http.StatusBadRequest, err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	messages, err := parse(body)
	if err != nil {
		return nil, malformed(http.StatusBadRequest, err)
	}
	return messages, nil
}

func malformed(status int, err error) error {
	return &protector.Error{
		Status: status, Code: "invalid_request", Description: "The message is malformed, or too large.",
		Reason: "malformed", Err: fmt.Errorf("mcpguard: %w", err),
	}
}

// parse reads a message or a batch of them, which was a part of MCP until 2025-06-18.
// What one parser reads otherwise than another is an error: JSON that is not UTF-8,
// members of one name, or of names that some take for one, and what follows the end.
func parse(body []byte) ([]message, error) {
	if !utf8.Valid(body) { // RFC 8259 §8.1
		return nil, errors.New("the body is not UTF-8")
	}
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")) {
		m, err := parseMessage(body)
		return []message{m}, err
	}
	var batch []json.RawMessage
	if err := json.Unmarshal(body, &batch); err != nil {
		return nil, errors.New("the body is not JSON")
	}
	if len(batch) == 0 { // JSON-RPC 2.0 §6
		return nil, errors.New("the batch is empty")
	}
	messages := make([]message, len(batch))
	for i, raw := range batch {
		var err error
		if messages[i], err = parseMessage(raw); err != nil {
			return nil, err
		}
	}
	return messages, nil
}

func parseMessage(raw []byte) (m message, err error) {
	envelope, err := parseObject(raw, "jsonrpc", "id", "method", "params", "result", "error")
	if err != nil {
		return m, err
	}
	if m.method, err = text(envelope["method"]); err != nil || m.method != methodCallTool {
		return m, err
	}
	params, err := parseObject(envelope["params"], "name")
	if err != nil {
		return m, err
	}
	m.tool, err = text(params["name"])
	return m, err
}

// text returns a string. What is absent is empty.
func text(raw json.RawMessage) (s string, err error) {
	if raw != nil && (json.Unmarshal(raw, &s) != nil || raw[0] != '"') {
		return "", errors.New("a member that is to be a string is none")
	}
	return s, nil
}

// parseObject returns the members of an object, which has to be alone. The known ones
// have to be spelled as they are here: there are parsers that ignore case.
func parseObject(raw []byte, known ...string) (map[string]json.RawMessage, error) {
	errNone := errors.New("the message is no object of JSON")
	if !json.Valid(raw) { // more than one value is not valid either
		return nil, errNone
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if open, _ := decoder.Token(); open != json.Delim('{') {
		return nil, errNone
	}
	members := make(map[string]json.RawMessage)
	for decoder.More() {
		key, _ := decoder.Token()
		name := key.(string) // as valid JSON has it
		for _, k := range known {
			if name != k && strings.EqualFold(name, k) {
				return nil, fmt.Errorf("the member %q is spelled otherwise", k)
			}
		}
		if _, ok := members[name]; ok {
			return nil, errors.New("two members have one name")
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, errNone
		}
		members[name] = value
	}
	return members, nil
}
