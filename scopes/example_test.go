package scopes_test

import (
	"fmt"

	"example.com/resourceserver/scopes"
)

func Example() {
	// (profile AND email) OR user
	required := scopes.MustAnyOf("profile email", "user")

	fmt.Println(required.SatisfiedBy(scopes.Parse("email profile")))
	fmt.Println(required.SatisfiedBy(scopes.Parse("user")))
	fmt.Println(required.SatisfiedBy(scopes.Parse("profile")))
	// Output:
	// true
	// true
	// false
}

func ExampleRequirement_Nearest() {
	required := scopes.MustAnyOf("profile email phone", "admin", "profile email")
	fmt.Println(required.Nearest(scopes.Parse("profile")))
	// Output: admin
}

func ExampleAnyOf_faults() {
	_, err := scopes.AnyOf("profile", "  ", `"`)
	fmt.Println(err)
	// Output:
	// scopes: alternative 2 is blank: it would let everybody in
	// scopes: alternative 3 ("\"") holds "\"": a scope may hold only the visible ASCII characters other than '"' and '\'
}

func ExampleNewSet() {
	// A name from a JSON array is never split.
	granted := scopes.NewSet("profile email")
	fmt.Println(granted.Has("profile"), granted.Len())
	// Output: false 1
}

func ExampleHierarchy() {
	hierarchy, err := scopes.NewHierarchy(map[string][]string{"admin": {"write"}, "write": {"read"}})
	if err != nil {
		panic(err)
	}
	required := scopes.MustAnyOf("read")
	fmt.Println(required.SatisfiedBy(hierarchy.Expand(scopes.Parse("admin"))))
	fmt.Println(required.Nearest(hierarchy.Expand(scopes.Parse("profile"))))
	// Output:
	// true
	// read
}

func ExampleNewHierarchy_faults() {
	_, err := scopes.NewHierarchy(map[string][]string{"edit": {"read"}, "read": {"edit"}, "": nil})
	fmt.Println(err)
	// Output:
	// scopes: the name "" in the hierarchy is blank: name a scope
	// scopes: "" implies nothing: name what it implies, or remove it
	// scopes: the hierarchy goes round in a circle: "edit" implies "read" implies "edit": remove one of these implications
}
