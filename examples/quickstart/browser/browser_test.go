package browser

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

func TestPage(t *testing.T) {
	browser := chromium(t)
	url := quickstart(t)
	b := newTab(t, browser)
	b.run(t, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(url))
	for _, part := range []struct {
		name string
		test func(t *testing.T, b *tab)
	}{
		// The issuer comes after what needs tokens by a key that the API knows already.
		{"tour", tour}, {"explain", explain}, {"markup", markup}, {"issuer", issuer}, {"keyboard", keyboard},
		{"looks", looks},
	} {
		require.True(t, t.Run(part.name, func(t *testing.T) { part.test(t, b) }))
	}
	b.content(t)
}

// The tour comes line by line, and again.
func tour(t *testing.T, b *tab) {
	b.says(t, "#tour-state", "All 60 lines are as expected.")
	b.isTrue(t, `document.querySelectorAll("#lines tr.line").length === 60`)
	b.says(t, "#routes", "/notes")
	b.run(t, chromedp.Click("#again"))
	b.says(t, "#tour-state", "Under way")
	b.says(t, "#tour-state", "All 60 lines are as expected.")
}

// What the buttons do to the issuer is what the API makes of it a little later.
func issuer(t *testing.T, b *tab) {
	b.says(t, "#legend", "granted")
	b.isTrue(t, `document.querySelectorAll("#chart rect").length > 0`)
	b.run(t, chromedp.Click(`[data-action="rotate"]`))
	b.says(t, "#did", "New tokens are signed with")
	b.run(t, chromedp.Click(`[data-action="withdraw"]`))
	b.says(t, "#did", "Withdrawn:")
	b.says(t, "#legend", "refused: unknown_key")
	b.run(t, chromedp.Click(`[data-action="stop"]`))
	b.says(t, "#issuer-state", "is down")
	b.run(t, chromedp.Click(`[data-action="rotate"]`))
	b.says(t, "#legend", "unavailable: unavailable")
	b.run(t, chromedp.Click(`[data-action="start"]`))
	b.says(t, "#issuer-state", "works")
}

func explain(t *testing.T, b *tab) {
	b.run(t, chromedp.Click(`//button[text()="Good"]`))
	b.says(t, "#verdict", "The token is accepted.")
	b.run(t, chromedp.Click(`//button[text()="Four faults"]`))
	b.says(t, "#verdict", "The token is refused")
	b.isTrue(t, `document.querySelectorAll("#findings .outcome.bad").length === 4`)
	b.isTrue(t, `document.querySelectorAll("#findings .remedy").length === 4`)
	require.NotContains(t, b.text(t, `document.querySelector("#findings").innerText`),
		b.text(t, `document.querySelector("#token").value.split(".")[2]`), "the signature")
	b.run(t, chromedp.Click(`#explain-form [type="reset"]`))
	b.isTrue(t, `document.querySelector("#token").value + document.querySelector("#verdict").innerText === ""`)
}

// HTML in claims is text, and nothing that it names is asked for.
//
// checklist 221
func markup(t *testing.T, b *tab) {
	b.run(t, chromedp.Click(`//button[text()="With HTML in it"]`))
	b.says(t, "#findings", "<img/src=x")
	b.isTrue(t, `document.querySelectorAll("img, #findings script").length === 0`)
	b.isTrue(t, `performance.getEntriesByType("resource").every((e) => e.name.startsWith(location.origin + "/"))`)
	b.isTrue(t, `!performance.getEntriesByType("resource").some((e) => e.name.endsWith("/x"))`)
}

// Everything can be reached and used without a mouse, and shows where the focus is.
func keyboard(t *testing.T, b *tab) {
	b.run(t, chromedp.Evaluate[chromedp.Void](`document.activeElement.blur(); scrollTo(0, 0)`))
	seen := make(map[string]bool)
	for range 30 {
		b.run(t, chromedp.KeyEvent(kb.Tab))
		seen[b.text(t, `document.activeElement.id || document.activeElement.innerText`)] = true
		b.isTrue(t, `document.activeElement === document.body ||
			getComputedStyle(document.activeElement).outlineStyle !== "none"`)
	}
	for _, name := range []string{"pause", "Rotate the key", "Start it", "Good", "token", "Explain", "again"} {
		require.Contains(t, seen, name)
	}
	b.run(t, chromedp.Focus("#pause"), chromedp.KeyEvent(kb.Enter))
	b.isTrue(t, `document.querySelector("#pause").getAttribute("aria-pressed") === "true"`)
	b.run(t, chromedp.KeyEvent(" "))
	b.isTrue(t, `document.querySelector("#pause").getAttribute("aria-pressed") === "false"`)
}

// Nothing is cut off, wide or narrow, and every name has its text.
func looks(t *testing.T, b *tab) {
	b.run(t, chromedp.Click(`//button[text()="Four faults"]`))
	b.says(t, "#verdict", "The token is refused")
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1280, 360} {
			b.run(t, emulate(scheme), chromedp.EmulateViewport(width, 800))
			b.isTrue(t, `document.documentElement.scrollWidth <= innerWidth`)
			b.isTrue(t, `[...document.querySelectorAll("*")].every((e) => getComputedStyle(e).transitionDuration === "0s")`)
			b.picture(t, scheme+map[int64]string{1280: "", 360: "-narrow"}[width])
		}
	}
	b.isTrue(t, `[...document.querySelectorAll("button, textarea, th")].every((e) =>
		(e.labels?.[0] ?? e).innerText.trim() !== "")`)
}

// emulate makes the browser that of somebody with these preferences.
func emulate(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
			},
		})
		return err
	})
}
