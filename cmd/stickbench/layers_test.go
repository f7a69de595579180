package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// layers says what each package of the project may import of the project and of third parties. Tests may
// import what they need.
var layers = map[string][]string{
	"stickbench":                      {},
	"stickbench/assert":               {"stickbench/internal/nearest", "github.com/expr-lang/expr"},
	"stickbench/loadgen":              {"stickbench/assert", "stickbench/internal/redact", "stickbench/loadgen/internal/wire", "github.com/andybalholm", "github.com/antchfx", "github.com/icholy/digest", "github.com/klauspost/compress", "github.com/nlnwa/whatwg-url", "github.com/theory/jsonpath", "github.com/tidwall/gjson", "golang.org/x/net", "golang.org/x/sync", "golang.org/x/sys"},
	"stickbench/report":               {"stickbench/assert", "stickbench/internal/format", "stickbench/internal/natural", "stickbench/loadgen"},
	"stickbench/report/fold":          {"stickbench/assert", "stickbench/internal/format", "stickbench/internal/hist", "stickbench/internal/natural", "stickbench/internal/stats", "stickbench/loadgen", "stickbench/report"},
	"stickbench/report/jtl":           {"stickbench/loadgen"},
	"stickbench/report/compare":       {"stickbench/internal/format", "stickbench/internal/hist", "stickbench/internal/stats", "stickbench/loadgen", "stickbench/report", "stickbench/report/fold", "github.com/montanaflynn/stats"},
	"stickbench/report/view":          {"stickbench/internal/format", "stickbench/report", "stickbench/report/compare"},
	"stickbench/report/text":          {"stickbench/internal/format", "stickbench/report", "stickbench/report/compare", "stickbench/report/view"},
	"stickbench/report/html":          {"stickbench/internal/format", "stickbench/internal/sequence", "stickbench/report", "stickbench/report/compare", "stickbench/report/view"},
	"stickbench/report/export":        {"stickbench/internal/format", "stickbench/report", "stickbench/report/compare", "stickbench/report/view"},
	"stickbench/report/reporttest":    {"stickbench/internal/sampletest", "stickbench/loadgen", "stickbench/report", "stickbench/report/compare", "stickbench/report/fold"},
	"stickbench/internal/format":      {"stickbench/internal/natural", "github.com/mattn/go-runewidth"},
	"stickbench/internal/hist":        {},
	"stickbench/internal/natural":     {},
	"stickbench/internal/sampletest":  {"stickbench/loadgen", "github.com/google/go-cmp"},
	"stickbench/internal/stats":       {"github.com/aclements/go-moremath", "github.com/montanaflynn/stats"},
	"stickbench/plans":                {"stickbench/assert", "stickbench/internal/bounded", "stickbench/internal/haproxy", "stickbench/internal/lab", "stickbench/internal/nearest", "stickbench/internal/redact", "stickbench/loadgen", "github.com/BurntSushi/toml", "golang.org/x/text"},
	"stickbench/internal/bench":       {},
	"stickbench/internal/steer":       {"stickbench/internal/events", "stickbench/internal/format", "stickbench/internal/nearest", "stickbench/loadgen", "stickbench/plans", "stickbench/report"},
	"stickbench/internal/events":      {"stickbench/internal/haproxy", "stickbench/internal/nearest", "stickbench/internal/redact", "stickbench/loadgen", "stickbench/plans", "stickbench/report"},
	"stickbench/internal/haproxy":     {"stickbench/internal/nearest"},
	"stickbench/internal/help":        {"github.com/mattn/go-runewidth", "github.com/yuin/goldmark"},
	"stickbench/internal/capture":     {"stickbench/assert", "stickbench/internal/draft", "stickbench/loadgen"},
	"stickbench/internal/draft":       {},
	"stickbench/internal/jmx":         {"stickbench/assert", "stickbench/internal/draft", "stickbench/internal/lazy", "stickbench/loadgen", "golang.org/x/net", "golang.org/x/text"},
	"stickbench/internal/jmx/parity":  {},
	"stickbench/internal/lab":         {"stickbench/internal/haproxy", "stickbench/internal/nearest"},
	"stickbench/internal/lazy":        {},
	"stickbench/internal/cluster":     {"stickbench/internal/redact", "stickbench/loadgen", "github.com/klauspost/compress", "github.com/nats-io", "golang.org/x/sync"},
	"stickbench/internal/probe":       {"stickbench/internal/draft", "stickbench/internal/format", "stickbench/internal/lazy", "stickbench/internal/natural", "stickbench/internal/redact", "stickbench/internal/stats", "github.com/nlnwa/whatwg-url"},
	"stickbench/internal/sequence":    {},
	"stickbench/internal/starter":     {"stickbench/internal/draft", "stickbench/internal/nearest", "stickbench/internal/probe"},
	"stickbench/internal/live":        {"stickbench/internal/format", "stickbench/internal/hist", "stickbench/internal/natural", "stickbench/loadgen", "stickbench/report", "stickbench/report/export", "stickbench/report/html", "github.com/vbauerster/mpb", "golang.org/x/sys", "golang.org/x/term"},
	"stickbench/internal/capacity":    {"stickbench/internal/format", "stickbench/report/view"},
	"stickbench/internal/nearest":     {},
	"stickbench/internal/redact":      {},
	"stickbench/internal/browsertest": {},
	"stickbench/internal/bounded":     {},
	"stickbench/internal/conntest":    {},
	"stickbench/internal/schematest":  {"github.com/BurntSushi/toml", "github.com/santhosh-tekuri/jsonschema"},
	"stickbench/cmd/stickbench":       {"stickbench/", "github.com/mattn/go-runewidth", "github.com/spf13/cobra", "github.com/spf13/pflag"},

	"stickbench/loadgen/internal/wire": {},
}

// keptFrom are modules that must not come in even by way of others.
var keptFrom = map[string][]string{
	"stickbench/assert":  {"stickbench/loadgen", "stickbench/report", "stickbench/plans"},
	"stickbench/loadgen": {"github.com/BurntSushi/toml", "github.com/vbauerster/mpb", "golang.org/x/term", "stickbench/internal/haproxy", "stickbench/internal/lab"},
	"stickbench/report":  {"stickbench/report/fold", "stickbench/internal/hist", "github.com/BurntSushi/toml", "github.com/vbauerster/mpb", "golang.org/x/term"},
	"stickbench/plans":   {"github.com/vbauerster/mpb", "golang.org/x/term", "stickbench/report"},
}

// mostRoomLines bounds each room of report, its tests left out: one that is larger is two.
const mostRoomLines = 4500

type goPackage struct {
	ImportPath, Dir        string
	GoFiles, Imports, Deps []string
}

// lines are those of the package's code, without its tests.
func (p *goPackage) lines(t *testing.T) (n int) {
	for _, name := range p.GoFiles {
		code, err := os.ReadFile(filepath.Join(p.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		n += bytes.Count(code, []byte("\n"))
	}
	return n
}

func TestLayers(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports,Deps", "stickbench/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); ; seen++ {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		allowed, ok := layers[p.ImportPath]
		if !ok {
			t.Errorf("%s has no layer: add it to the table", p.ImportPath)
		}
		for _, i := range p.Imports {
			if strings.Contains(i, ".") || strings.HasPrefix(i, "stickbench/") {
				if !slices.ContainsFunc(allowed, func(a string) bool { return under(i, a) }) {
					t.Errorf("%s must not import %s", p.ImportPath, i)
				}
			}
		}
		if strings.HasPrefix(p.ImportPath+"/", "stickbench/report/") {
			if n := p.lines(t); n >= mostRoomLines {
				t.Errorf("%s has %d lines, want fewer than %d: find the part of it that can be a room of its own", p.ImportPath, n, mostRoomLines)
			}
		}
		for _, banned := range keptFrom[p.ImportPath] {
			for _, dep := range p.Deps {
				if under(dep, banned) {
					t.Errorf("%s must not depend on %s", p.ImportPath, dep)
				}
			}
		}
	}
	if seen < len(layers) {
		t.Errorf("%d packages seen, %d in the table", seen, len(layers))
	}
}

// under reports whether a path is the package or module, or within the module. A package of the project
// stands for itself alone, unless it ends in a slash.
func under(path, module string) bool {
	if path == module {
		return true
	}
	within := strings.TrimSuffix(module, "/") + "/"
	return strings.HasPrefix(path, within) && (module == within || !strings.HasPrefix(module, "stickbench/"))
}
