package architecture

import (
	"fmt"
	"go/types"
	"slices"
	"strings"
)

// API returns what a package exports, one line for each name, field and method, in order: what its users may rely on.
func API(pkg *types.Package) string {
	var lines []string
	for _, name := range pkg.Scope().Names() {
		if object := pkg.Scope().Lookup(name); object.Exported() {
			lines = append(lines, exported(pkg, object)...)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

func exported(pkg *types.Package, object types.Object) []string {
	short := func(other *types.Package) string {
		if other == pkg {
			return ""
		}
		return strings.TrimPrefix(other.Path(), Module+"/")
	}
	line := types.ObjectString(object, short)
	named, ok := object.(*types.TypeName)
	if !ok {
		if c, ok := object.(*types.Const); ok {
			line += " = " + c.Val().ExactString()
		}
		return []string{line}
	}
	if structure, ok := named.Type().Underlying().(*types.Struct); ok {
		line, _, _ = strings.Cut(line, " struct{")
		lines := append(methods(named, short), line+" struct")
		for field := range structure.Fields() {
			if field.Exported() {
				text := fmt.Sprintf("%s struct, %s %s", line, field.Name(), types.TypeString(field.Type(), short))
				lines = append(lines, text)
			}
		}
		return lines
	}
	return append(methods(named, short), line)
}

// methods are those that a value or a pointer of the type has, promoted ones among them.
func methods(named *types.TypeName, short types.Qualifier) (lines []string) {
	if types.IsInterface(named.Type()) {
		return nil // they stand in the line of the type
	}
	values := types.NewMethodSet(named.Type())
	for selection := range types.NewMethodSet(types.NewPointer(named.Type())).Methods() {
		method := selection.Obj()
		if !method.Exported() {
			continue
		}
		receiver := "*" + named.Name()
		if values.Lookup(method.Pkg(), method.Name()) != nil {
			receiver = named.Name()
		}
		signature := strings.TrimPrefix(types.TypeString(method.Type(), short), "func")
		lines = append(lines, fmt.Sprintf("method (%s) %s%s", receiver, method.Name(), signature))
	}
	return lines
}
