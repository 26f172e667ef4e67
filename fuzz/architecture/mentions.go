package architecture

import (
	"go/types"
	"slices"
	"strings"
)

// mentions returns the exported names of a package from which a type of a package with the prefix can be reached: by
// parameter, result, exported field, exported method, type argument or constraint, through any unexported type between.
func mentions(pkg *types.Package, prefix string) []string {
	var found []string
	for _, name := range pkg.Scope().Names() {
		object := pkg.Scope().Lookup(name)
		walk := walker{home: pkg, prefix: prefix, seen: make(map[types.Type]bool)}
		if object.Exported() && walk.reaches(object.Type()) {
			found = append(found, name)
		}
	}
	return found
}

type walker struct {
	home   *types.Package
	prefix string
	seen   map[types.Type]bool
}

func (w walker) reaches(t types.Type) bool {
	if t == nil || w.seen[t] {
		return false
	}
	w.seen[t] = true
	switch t := t.(type) {
	case *types.Alias:
		return w.foreign(t.Obj()) || w.reaches(t.Rhs())
	case *types.Named:
		return w.foreign(t.Obj()) || w.params(t.TypeParams()) || w.arguments(t.TypeArgs()) || w.local(t)
	case *types.TypeParam:
		return w.reaches(t.Constraint())
	case *types.Signature:
		return w.params(t.TypeParams()) || w.reaches(t.Params()) || w.reaches(t.Results())
	case *types.Tuple:
		return slices.ContainsFunc(slices.Collect(t.Variables()), func(v *types.Var) bool { return w.reaches(v.Type()) })
	case *types.Struct:
		return slices.ContainsFunc(slices.Collect(t.Fields()), func(v *types.Var) bool {
			return (v.Exported() || v.Embedded()) && w.reaches(v.Type())
		})
	case *types.Interface:
		return slices.ContainsFunc(slices.Collect(t.Methods()), func(m *types.Func) bool { return w.reaches(m.Type()) }) ||
			slices.ContainsFunc(slices.Collect(t.EmbeddedTypes()), w.reaches)
	case *types.Union:
		return slices.ContainsFunc(slices.Collect(t.Terms()), func(term *types.Term) bool { return w.reaches(term.Type()) })
	case *types.Map:
		return w.reaches(t.Key()) || w.reaches(t.Elem())
	case interface{ Elem() types.Type }: // pointer, slice, array, channel
		return w.reaches(t.Elem())
	}
	return false
}

func (w walker) foreign(name *types.TypeName) bool {
	return name.Pkg() != nil && strings.HasPrefix(name.Pkg().Path(), w.prefix)
}

// local looks inside the types of the package itself. What other packages are made of is theirs.
func (w walker) local(t *types.Named) bool {
	if t.Obj().Pkg() != w.home {
		return false
	}
	return w.reaches(t.Underlying()) || slices.ContainsFunc(slices.Collect(t.Methods()), func(m *types.Func) bool {
		return m.Exported() && w.reaches(m.Type())
	})
}

func (w walker) params(list *types.TypeParamList) bool {
	return slices.ContainsFunc(slices.Collect(list.TypeParams()), func(p *types.TypeParam) bool { return w.reaches(p) })
}

func (w walker) arguments(list *types.TypeList) bool {
	return slices.ContainsFunc(slices.Collect(list.Types()), w.reaches)
}
