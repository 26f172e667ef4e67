package introspection

import (
	"fmt"
	"log/slog"
)

// What holds a secret, or what a server says about a person, prints as its type and
// nothing of it, under every verb and in slog: a Config, a Client or a Token gets
// into logs as a field of something else. The receivers are values where they can
// be, so that a copy does not print what a pointer does not.

// Format writes the endpoint and no secret.
func (c Config) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "introspection.Config(%s)", place(c.Endpoint))
}

// LogValue is what slog writes.
func (c Config) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// Format writes no secret.
func (c Credentials) Format(f fmt.State, _ rune) { fmt.Fprint(f, "introspection.Credentials") }

// LogValue is what slog writes.
func (c Credentials) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// Format writes the endpoint and no secret.
func (c *Client) Format(f fmt.State, _ rune) {
	if c == nil || c.config == nil {
		fmt.Fprint(f, "introspection.Client")
		return
	}
	fmt.Fprintf(f, "introspection.Client(%s)", place(c.config.Endpoint))
}

// LogValue is what slog writes.
func (c *Client) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// Format writes nothing of what the server said.
func (t Token) Format(f fmt.State, _ rune) { fmt.Fprint(f, "introspection.Token") }

// LogValue is what slog writes.
func (t Token) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(t)) }
