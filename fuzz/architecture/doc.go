// Package architecture holds the rules of the house, each a function of the source tree that returns what is wrong
// with it, and the tests that apply them. A rule is itself tested: it is shown trees that break it once, and one that
// does not.
//
//   - borders.go: which room may import which, what of the standard library is not for it, and what of other modules
//   - jwx.go: where the JOSE library may be imported, and the few things that may be used of it
//   - modules.go: the modules, their Go version, and the few dependencies of the root
//   - layout.go: what stands at the top level, and what a package has to bring
//   - habits.go: what no file of the house does
//   - mentions.go: no exported name leads to a type of that library
//   - api.go: what the packages export is what testdata/api says they do
//
// A rule here is a decision. To change one, change its table in the same commit as the code that needs it, and say why.
package architecture
