package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"example.com/resourceserver/jwt/jwttest"
)

// tour shows what the service accepts and what it refuses, and checks that it
// was right.
type tour struct {
	service *service
	issuer  *jwttest.Issuer // nil if it is somebody else's
	clients clients
	tell    func(entry) // is told what is printed, as it happens; nobody if nil
}

// walk prints one line for each request of the tour. Its error says how many
// were not answered as expected.
func (t tour) walk(ctx context.Context, out io.Writer) error {
	if err := t.service.keys.Refresh(ctx); err != nil {
		return fmt.Errorf("the issuer's keys cannot be had yet, and requests with a token are answered 503: %w", err)
	}
	lines := table{out: out}
	lines.head()
	for _, chapter := range t.chapters() {
		lines.title(chapter.title)
		t.note(entry{Title: chapter.title})
		for _, step := range chapter.steps {
			line := step.run(ctx, t.service)
			lines.print(line)
			t.note(entryOf(line))
		}
	}
	return lines.foot()
}

func (t tour) note(e entry) {
	if t.tell != nil {
		t.tell(e)
	}
}

func (t tour) chapters() []chapter {
	if t.issuer == nil {
		return strangersOnly()
	}
	return slices.Concat(
		scopeRules(t.issuer), stepUp(t.issuer), badTokens(t.issuer), boundTokens(t), metadata(t), keyLife(t),
	)
}

type chapter struct {
	title string
	steps []step
}
