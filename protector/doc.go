// Package protector stands in front of HTTP handlers and lets requests with
// good access tokens through.
package protector
