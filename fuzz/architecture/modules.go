package architecture

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// goVersion is what every module asks for: the oldest that has what is used, so that nobody is made to upgrade by us.
const goVersion = "1.26.0"

// rootRequires are the modules that the root requires itself. Whoever wants net/http downloads no router, RPC,
// telemetry or database; chi and testify are for tests and documentation.
var rootRequires = []string{
	"github.com/go-chi/chi/v5", "github.com/go-json-experiment/json", "github.com/lestrrat-go/jwx/v2",
	"github.com/stretchr/testify", "golang.org/x/sync", "golang.org/x/time",
}

var (
	goDirective = regexp.MustCompile(`(?m)^go (\S+)$`)
	requirement = regexp.MustCompile(`(?m)^(?:require|\t) ?(\S+\.\S+/\S+) v\S+$`) // without "// indirect"
)

func oneGoVersion(t *tree) []string {
	var faults []string
	for _, module := range t.modules {
		name := path.Join(module, "go.mod")
		content, err := fs.ReadFile(t.root, name)
		if err != nil {
			return []string{err.Error()}
		}
		if m := goDirective.FindSubmatch(content); m == nil || string(m[1]) != goVersion {
			faults = append(faults, fmt.Sprintf("%s does not say go %s", name, goVersion))
		}
		if strings.Contains("\n"+string(content), "\ntoolchain ") {
			faults = append(faults, name+" names a toolchain")
		}
	}
	return faults
}

func rootRequiresLittle(t *tree) []string {
	content, err := fs.ReadFile(t.root, "go.mod")
	if err != nil {
		return []string{err.Error()}
	}
	var faults []string
	for _, m := range requirement.FindAllSubmatch(content, -1) {
		if !slices.Contains(rootRequires, string(m[1])) {
			faults = append(faults, fmt.Sprintf("go.mod requires %s", m[1]))
		}
	}
	return faults
}
