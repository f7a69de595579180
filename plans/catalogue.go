package plans

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"stickbench/internal/bounded"
	"stickbench/internal/nearest"
)

//go:embed *.toml
var catalogue embed.FS

// Entry is a plan of the catalogue.
type Entry struct {
	Name        string // what `stickbench run` takes
	Title       string // the plan's own name
	Description string // its leading comment, as one paragraph or several
}

// Catalogue is the plans that come with stickbench, by name.
func Catalogue() []Entry {
	var all []Entry
	for _, name := range catalogueNames() {
		source, _ := inCatalogue(name)
		p, err := Read(name, source, Override{})
		if err != nil {
			panic(err) // a test reads them all
		}
		all = append(all, Entry{Name: name, Title: p.Load.Name, Description: leadingComment(string(source))})
	}
	return all
}

func catalogueNames() []string {
	files, _ := fs.Glob(catalogue, "*.toml") // the pattern is a good one
	for i, f := range files {
		files[i] = strings.TrimSuffix(f, ".toml")
	}
	slices.Sort(files) // by name, which is not the order of the files' names
	return files
}

func inCatalogue(name string) ([]byte, bool) {
	source, err := catalogue.ReadFile(name + ".toml")
	return source, err == nil
}

// leadingComment is the comment that a plan begins with: its lines joined, an empty one between
// paragraphs.
func leadingComment(source string) string {
	var paragraphs []string
	start := true
	for line := range strings.Lines(source) {
		text, comment := strings.CutPrefix(strings.TrimSpace(line), "#")
		if strings.HasPrefix(text, ":schema ") {
			continue
		}
		text = strings.TrimSpace(text)
		switch {
		case !comment:
			return strings.Join(paragraphs, "\n\n")
		case text == "":
			start = true
		case start:
			paragraphs = append(paragraphs, text)
			start = false
		default:
			paragraphs[len(paragraphs)-1] += " " + text
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

// standardInput is how messages name a plan read from there.
const standardInput = "<stdin>"

// Open returns the text of the plan that name means, and how messages name it: the file of that name,
// or else the plan of the catalogue; "-" is stdin. The error of a name that is neither names the nearest
// plan of the catalogue.
func Open(name string, stdin io.Reader) (path string, source []byte, err error) {
	if name == "-" {
		source, err = readPlan(stdin)
		if err != nil {
			return "", nil, fmt.Errorf("read the plan from standard input: %w", err)
		}
		return standardInput, source, nil
	}
	source, err = readFile(name)
	if err == nil {
		return name, source, nil
	}
	if source, ok := inCatalogue(name); ok {
		return name, source, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil, missing(name)
	}
	return "", nil, fmt.Errorf("read the plan: %w", err)
}

func readFile(name string) ([]byte, error) {
	return bounded.Beginning(name, Largest+1) // a little more than a plan can have, so that Read can say so
}

// readPlan reads a little more than a plan can have, so that Read can say so, and no endless file.
func readPlan(from io.Reader) ([]byte, error) {
	return io.ReadAll(io.LimitReader(from, Largest+1))
}

// missing is the error of a name that is neither a file nor in the catalogue.
func missing(name string) error {
	names := catalogueNames()
	near := nearest.Word(strings.TrimSuffix(filepath.Base(name), ".toml"), names)
	if near == "" {
		return fmt.Errorf("no plan %q: there is no such file, and `stickbench plans` lists those that come with stickbench", name)
	}
	return fmt.Errorf("no plan %q: there is no such file; did you mean %s, which comes with stickbench? `stickbench plans` lists them all", name, near)
}
