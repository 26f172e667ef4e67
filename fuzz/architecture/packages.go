package architecture

import (
	"bytes"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"strings"
)

// Packages returns an importer of the packages of the root module, of what they depend on, and of the further packages
// named, as the compiler sees them: go list compiles what is not in the build cache yet, and says which file holds the
// exported types of each package. It is to be called below the module's folder.
func Packages(further ...string) (types.Importer, error) {
	list := exec.Command("go", append([]string{
		"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", Module + "/...",
	}, further...)...)
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, stderr.String())
	}
	files := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		name, file, _ := strings.Cut(strings.TrimSpace(line), " ")
		files[name] = file
	}
	return importer.ForCompiler(token.NewFileSet(), "gc", func(name string) (io.ReadCloser, error) {
		if files[name] == "" {
			return nil, fmt.Errorf("%s is neither in this module nor among what it depends on", name)
		}
		return os.Open(files[name])
	}), nil
}
