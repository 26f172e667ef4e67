// Package child is for programs that tests and examples start as processes of their own.
package child
