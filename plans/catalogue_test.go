package plans

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

func TestCatalogue(t *testing.T) {
	entries := Catalogue()
	var names []string
	titles := map[string]string{}
	for _, e := range entries {
		names = append(names, e.Name)
		if first := titles[e.Title]; first != "" {
			t.Errorf("%s and %s have the same name %q", first, e.Name, e.Title)
		}
		titles[e.Title] = e.Name
		if strings.Count(e.Description, ". ") == 0 || strings.Contains(e.Description, "#") {
			t.Errorf("%s: the leading comment tells no experiment: %q", e.Name, e.Description)
		}
	}
	for _, name := range []string{
		"clear-cookies", "roundrobin", "two-users",
		"one-user", "task1-one-node", "task2-nodesessid", "task2-second-browser",
		"task3-drain", "task3-ready", "task3-maint", "task4-baseline", "task4-delay-250", "task4-delay-2500",
		"task4-weights", "task4-weights-clear-cookies", "task5-leastconn", "task5-source",
	} {
		if !slices.Contains(names, name) {
			t.Errorf("no plan %s", name)
		}
	}
	if !slices.IsSorted(names) {
		t.Errorf("not by name: %v", names)
	}
}

// TestCataloguePlans checks that the plans that come with stickbench show what a plan should have: their
// own name, expectations, and conditions.
func TestCataloguePlans(t *testing.T) {
	for _, e := range Catalogue() {
		source, _ := inCatalogue(e.Name)
		p := read(t, string(source), Override{})
		if p.Load.Name == "some plan" || p.Lab == nil || len(p.Expect) == 0 {
			t.Errorf("%s: name %q, lab %v, %d expectations", e.Name, p.Load.Name, p.Lab, len(p.Expect))
		}
		if n := p.Requests(); n.Most || n.Open {
			t.Errorf("%s: the number of requests is not known beforehand: %s", e.Name, n)
		}
		for _, s := range p.Load.Groups[0].Steps {
			if s.Request != nil && len(s.Request.Assert) == 0 {
				t.Errorf("%s: %s asserts nothing", e.Name, s.Request.Label)
			}
		}
	}
}

func TestOpen(t *testing.T) {
	t.Chdir(t.TempDir())
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("mine.toml", "mine")
	write("task2-nodesessid", "a file of that name")
	write("two-users/plan.toml", "a folder of that name")
	twoUsers, _ := inCatalogue("two-users")
	for _, tt := range []struct{ name, path, source, err string }{
		{"mine.toml", "mine.toml", "mine", ""},
		{"-", "<stdin>", "from standard input", ""},
		{"task2-nodesessid", "task2-nodesessid", "a file of that name", ""},
		{"two-users", "two-users", string(twoUsers), ""},
		{"plans/two-user.toml", "", "", "no plan \"plans/two-user.toml\": there is no such file; did you mean two-users, which comes with stickbench? `stickbench plans` lists them all"},
		{"mien.toml", "", "", "no plan \"mien.toml\": there is no such file, and `stickbench plans` lists those that come with stickbench"},
		{"", "", "", "no plan \"\": there is no such file, and `stickbench plans` lists those that come with stickbench"},
	} {
		path, source, err := Open(tt.name, strings.NewReader("from standard input"))
		message := ""
		if err != nil {
			message = err.Error()
		}
		if diff := cmp.Diff([]string{tt.path, tt.source, tt.err}, []string{path, string(source), message}); diff != "" {
			t.Errorf("Open(%q) (-want +got):\n%s", tt.name, diff)
		}
	}
	if _, _, err := Open("two-users/plan.toml/x", nil); err == nil {
		t.Error("Open of a file in a file: no error")
	}
	broken := errors.New("broken")
	if _, _, err := Open("-", iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("Open of a broken standard input: %v", err)
	}
	// An endless file is not read to its end.
	_, source, err := Open("-", endless{})
	if err != nil || len(source) != Largest+1 {
		t.Errorf("Open of endless input: %d bytes, %v", len(source), err)
	}
}

// endless is white space without end.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

func TestLeadingComment(t *testing.T) {
	for _, tt := range []struct{ source, want string }{
		{"", ""},
		{"name = 'x'\n# later", ""},
		{"# One.\n#  Two.\n#\n# Three.\n\n# Not this.\n", "One. Two.\n\nThree."},
		{"#One", "One"},
	} {
		if got := leadingComment(tt.source); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.source, got, tt.want)
		}
	}
}
