package introspection

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// journalPause is how long a record that every call may bring about is not written
// again.
const journalPause = time.Minute

// journal keeps what is to be logged until a request writes it, on its own
// goroutine and after it has its answer. The goroutine of a call is no place for
// the caller's logger: a panic there would end the process, and a slow handler
// would keep everyone waiting who waits for that call.
type journal struct {
	logger *slog.Logger

	mu      sync.Mutex
	pending []record             // of calls that ended since a request last wrote: as many as may be under way
	noted   map[string]time.Time // when a message was last noted
}

func newJournal(logger *slog.Logger) *journal {
	return &journal{logger: logger, noted: make(map[string]time.Time)}
}

type record struct {
	level   slog.Level
	message string
	attrs   []slog.Attr
}

func (j *journal) note(level slog.Level, message string, attrs ...slog.Attr) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.pending = append(j.pending, record{level, message, attrs})
}

// noteRarely is note for what every call may bring about, and so any stranger.
func (j *journal) noteRarely(level slog.Level, message string, attrs ...slog.Attr) {
	now := time.Now()
	j.mu.Lock()
	last, ok := j.noted[message]
	due := !ok || now.Sub(last) >= journalPause
	if due {
		j.noted[message] = now
	}
	j.mu.Unlock()
	if due {
		j.note(level, message, attrs...)
	}
}

// write logs what is pending. Each record has one writer.
func (j *journal) write() {
	j.mu.Lock()
	records := j.pending
	j.pending = nil
	j.mu.Unlock()
	for _, r := range records {
		r.write(j.logger)
	}
}

// write survives a logger that panics: the request has its answer, and gets it.
func (r record) write(logger *slog.Logger) {
	defer func() { _ = recover() }()
	logger.LogAttrs(context.Background(), r.level, r.message, r.attrs...)
}
