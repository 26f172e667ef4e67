package browser

import (
	"bufio"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

var pictures = flag.String("pictures", "", "folder for pictures of the page")

// chromium skips the test where there is no browser.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	t.Skip("no chromium or google-chrome here: install one to look at the page with it")
	return ""
}

// quickstart builds and starts the program, and returns the address of its page.
func quickstart(t *testing.T, args ...string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "quickstart")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	build.Dir = ".."
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)

	command := exec.CommandContext(t.Context(), program, args...)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = 5 * time.Second
	stdout, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	t.Cleanup(func() { command.Wait() })
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		if found := regexp.MustCompile(`^A page to look at: (\S+)$`).FindStringSubmatch(lines.Text()); found != nil {
			go func() { // what is printed must go somewhere
				for lines.Scan() {
				}
			}()
			return found[1]
		}
	}
	require.Fail(t, "the program printed no address", lines.Err())
	return ""
}

// tab is a tab of a browser, and what the page complained of in it.
type tab struct {
	ctx context.Context

	mu         sync.Mutex
	complaints []string
}

// newTab ends with its test.
func newTab(t *testing.T, browser string) *tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser),
		chromedp.NoSandbox, // it sees this repository's page only, and root has no sandbox
		chromedp.Flag("disable-dev-shm-usage", true))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // of a machine with much else to do
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	tab := &tab{}
	tab.ctx, cancel = chromedp.NewContext(ctx, chromedp.WithListener(tab.listen))
	t.Cleanup(cancel)
	return tab
}

func (b *tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded: // violations of the policy of contents among them
		b.complaints = append(b.complaints, e.Entry.Text)
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, e.ExceptionDetails.Text)
	}
}

func (b *tab) run(t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	require.NoError(t, chromedp.Do(b.ctx, actions...))
}

// eventually waits until an expression is true in the page.
func (b *tab) eventually(t *testing.T, expression string) {
	t.Helper()
	look := "const look = () => (" + expression + ") ? done(true) : setTimeout(look, 20)"
	wait := "new Promise((done) => { " + look + "; look(); })" // chromedp.Poll is what the page's policy forbids: eval
	_, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](wait, chromedp.EvalAwaitPromise))
	require.NoError(t, err, expression)
}

func (b *tab) text(t *testing.T, expression string) string {
	t.Helper()
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](expression))
	require.NoError(t, err, expression)
	return text
}

func (b *tab) isTrue(t *testing.T, expression string) {
	t.Helper()
	is, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](expression))
	require.NoError(t, err, expression)
	require.True(t, is, expression)
}

// says waits until the element says something that has the text in it.
func (b *tab) says(t *testing.T, selector, text string) {
	t.Helper()
	b.eventually(t, `document.querySelector("`+selector+`").innerText.includes("`+text+`")`)
}

// content demands that the page has not complained of anything.
func (b *tab) content(t *testing.T) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(t, b.complaints)
}

func (b *tab) picture(t *testing.T, name string) {
	t.Helper()
	if *pictures == "" {
		return
	}
	image, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(*pictures, name+".png"), image, 0o600))
}
