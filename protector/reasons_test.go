package protector_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
)

// reasons is a log of which the reasons can be read.
type reasons struct {
	mu    sync.Mutex
	lines []string
	found []string
}

func (l *reasons) Enabled(context.Context, slog.Level) bool { return true }
func (l *reasons) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *reasons) WithGroup(string) slog.Handler            { return l }

func (l *reasons) Handle(_ context.Context, record slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	line := record.Message
	record.Attrs(func(attr slog.Attr) bool {
		line += " " + attr.String()
		if attr.Key == "reason" {
			l.found = append(l.found, attr.Value.String())
		}
		return true
	})
	l.lines = append(l.lines, line)
	return nil
}

func (l *reasons) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines, l.found = nil, nil
}

func (l *reasons) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.found) == 0 {
		return ""
	}
	return l.found[len(l.found)-1]
}

func (l *reasons) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}
