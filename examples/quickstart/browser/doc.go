// Package browser looks at the quickstart's page with a browser, and sees what a test of its HTTP cannot. It exports
// nothing, and is a module of its own so that nobody else downloads what drives the browser.
//
// Its tests need Chromium or Chrome, and say so where there is none. On Debian and Ubuntu:
//
//	apt-get install chromium
//	cd examples/quickstart/browser && go test -v .
//
// With -pictures DIR they leave pictures of the page there, to be looked at.
package browser
