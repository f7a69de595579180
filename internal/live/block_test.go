package live

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"stickbench/internal/format"
	"stickbench/loadgen"
	"stickbench/report"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// views are moments of runs whose block is kept in golden files.
func views() map[string]*view {
	drained := view{until: 12 * time.Second, next: &Upcoming{Name: "ready", In: 3400 * time.Millisecond, Left: -1}, past: []report.Event{
		{AtMS: 4000, Name: "drain", Text: "set server nodes/s1 state drain", OK: true},
		{AtMS: 8100, Name: "weight s3 5", Text: "set weight nodes/s3 5", Answer: "No such server."},
	}}
	drained.nodes = []nodeNow{
		{name: "s1", nodes: 1, requests: 1200, perSecond: 92.5, now: 0.26, soFar: 0.421, p95: 1023, history: wave(24, 92, 46, 8)},
		{name: "s2", nodes: 1, requests: 1650, perSecond: 263, now: 0.74, soFar: 0.579, p95: 135167, history: wave(24, 92, 131, 8)},
		{name: "", nodes: 1, requests: 31, errors: 31, perSecond: 0.5, now: -1, soFar: -1, p95: -1, history: wave(24, 0, 1, 20)},
	}
	crowd := view{until: 60 * time.Second, next: &Upcoming{Name: "node-1.shop.example.com slow after 100000 iterations", In: -1, Left: 38211}}
	for i := range 8 {
		crowd.nodes = append(crowd.nodes, nodeNow{
			name: fmt.Sprintf("node-%d.shop.example.com:8080", i+1), nodes: 1, requests: 123456, perSecond: 12345, now: 0.008, soFar: 0.995,
			errors: int64(i) * 99999, p95: 2_345_678, history: wave(120, int64(100*i), int64(1000-100*i), 60),
		})
	}
	crowd.nodes = append(crowd.nodes, nodeNow{name: "node-9", nodes: 34, more: []string{"node-9", "node-10", "node-11.shop.example.com:8080"}, now: -1, soFar: 0, p95: -1, history: make([]int64, 120)})
	return map[string]*view{
		"drained": &drained,
		"crowd":   &crowd,
		"first":   {nodes: []nodeNow{{name: "s1", nodes: 1, requests: 3, now: -1, soFar: 1, p95: -1}}, next: &Upcoming{Name: "drain", In: 1900 * time.Millisecond, Left: -1}},
		"unnamed": {until: 3 * time.Second, nodes: []nodeNow{{nodes: 1, requests: 60, perSecond: 20, now: -1, soFar: -1, p95: 512, history: wave(6, 9, 10, 3)}}},
		"hostile": {
			until: time.Second, nodes: []nodeNow{{name: "\x1b[2J\nüber", nodes: 1, requests: 1, perSecond: 0.5, now: 1, soFar: 1, p95: 80, history: wave(2, 0, 1, 1)}},
			past: []report.Event{{AtMS: 900, Text: "get", Answer: "\x1b]0;owned\a 買い物かご " + strings.Repeat("and on ", 20)}},
		},
	}
}

// wave is n slots of a requests, from slot at on of b.
func wave(n int, a, b int64, at int) []int64 {
	return append(slices.Repeat([]int64{a}, at), slices.Repeat([]int64{b}, n-at)...)
}

func TestBlock(t *testing.T) {
	for name, v := range views() {
		for _, columns := range []int{76, 116} { // of terminals of 80 and 120
			for _, p := range []paint{false, true} {
				file := fmt.Sprintf("%s-%d", name, columns+spareColumns)
				if p {
					file += "-colour"
				}
				if p && name != "drained" {
					continue
				}
				goldenLines(t, file, v.block(columns, 20, p))
			}
		}
	}
}

// goldenLines compares lines with testdata/live/<name>.golden; a bar at the end of each shows its end.
func goldenLines(t *testing.T, name string, lines []string) {
	t.Helper()
	path := "testdata/" + name + ".golden"
	got := strings.ReplaceAll(strings.Join(lines, "|\n")+"|\n", "\x1b", "ESC")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s; go test ./internal/live -run Block -update writes it anew (-want +got):\n%s", path, diff)
	}
}

// Whatever the terminal's size, nothing is wider or higher: what wraps cannot be erased again.
func TestBlockFits(t *testing.T) {
	for name, v := range views() {
		for columns := -4; columns < 200; columns++ {
			for _, lines := range []int{-1, 0, 1, 2, 3, 5, 8, 20} {
				block := v.block(columns, lines, false)
				if len(block) > max(0, lines) {
					t.Fatalf("%s: %d lines of %d", name, len(block), lines)
				}
				for _, line := range block {
					if n := format.Cells.StringWidth(line); n > max(columns, leastTable) {
						t.Fatalf("%s: %d columns of %d: %q", name, n, columns, line)
					}
				}
			}
		}
	}
}

// leastTable are the columns of a name and a rate, below which nothing is left out any more.
const leastTable = 4 + 2 + 7

// An event is marked under the column in which it was, also when columns are of a second and begin in
// the middle of the history.
func TestMarksAreUnderTheirColumns(t *testing.T) {
	for slots := 2; slots < 120; slots++ {
		for event := max(0, slots-30); event < slots; event++ {
			history := make([]int64, slots)
			history[event] = 1
			v := view{until: time.Duration(slots) * slotTime, nodes: []nodeNow{{name: "s1", nodes: 1, history: history}}}
			v.past = []report.Event{{AtMS: (time.Duration(event)*slotTime + slotTime/3).Milliseconds(), OK: true}}
			c := v.chart(20)
			line, marks := []rune(c.draw(&v.nodes[0])), []rune(c.marks(&v))
			if at := len(marks) - 1; at < 0 || marks[at] != 'a' || line[at] != '█' {
				t.Fatalf("slot %d of %d:\n%s\n%s", event, slots, string(line), string(marks))
			}
		}
	}
}

func TestGroupBars(t *testing.T) {
	group := loadgen.Progress{
		Group: "Thread Group", Users: 20, Started: 20, Active: 18, Ended: 2,
		Iterations: 250, OfIterations: 1000, Elapsed: 10 * time.Second,
	}
	s := status{Progress: group, requests: 250, errors: 3, perSecond: 812.4, shares: []share{{"s1", 0.5}, {"s2", 0.5}}}
	other := status{Progress: loadgen.Progress{Group: "new", Users: 3, Ended: 3, Elapsed: 20 * time.Second, OfDuration: 10 * time.Second}, errors: 1005}
	for columns, want := range map[int][]string{
		116: {
			"Thread Group 18/20 users ━━━━━─────────────────   25%  812/s     3 errors  0:30 left  s1 50.0% s2 50.0%  250 of 1000",
			"new 0/3 users            ━━━━━━━━━━━━━━━━━━━━━━  100%    0/s  1005 errors",
		},
		76: {
			"Thread Group 18/20 users ━━━───────────   25%  812/s     3 errors  0:30 left",
			"new 0/3 users            ━━━━━━━━━━━━━━  100%    0/s  1005 errors",
		},
		40: {"Thread Group 18/20 users ━━───────   25%", "new 0/3 users            ━━━━━━━━━  100%"},
		20: {"Thread Group 18/20 u", "new 0/3 users       "},
	} {
		if diff := cmp.Diff(want, groupBars([]status{s, other}, columns)); diff != "" {
			t.Errorf("%d columns (-want +got):\n%s", columns, diff)
		}
	}
	for columns := -4; columns < 200; columns++ {
		for _, line := range groupBars([]status{s, other}, columns) {
			if n := format.Cells.StringWidth(line); n > max(0, columns) {
				t.Fatalf("%d columns: %d taken", columns, n)
			}
		}
	}
	if got, want := s.line(), "Thread Group: 18 of 20 users, 25%, 250 requests, 812.4/s, 3 errors, s1 50.0% s2 50.0%, 0:30 left"; got != want {
		t.Errorf("line %q, want %q", got, want)
	}
}

func TestLatencyText(t *testing.T) {
	for micros, want := range map[int64]string{-1: "–", 0: "0 ms", 511: "0.511 ms", 9994: "9.99 ms", 9999: "10.0 ms", 99_960: "100 ms", 999_600: "1000 ms", 12_300_000: "12 s", 71 * 60e6: "4260 s"} {
		if got := latency(micros); got != want {
			t.Errorf("%d µs: %q, want %q", micros, got, want)
		}
	}
}

// Each machine of a run on many has a line beneath the nodes; of a crowd the first ones have.
func TestMachines(t *testing.T) {
	v := view{}
	for i := range mostMachines + 2 {
		v.machines = append(v.machines, Machine{Agent: fmt.Sprint("a", i), Users: 5, OfUsers: 5, Iterations: 100})
	}
	lines := v.block(40, 30, false)
	if len(lines) != mostMachines+1 || !strings.HasPrefix(lines[0], "a0: 5 of 5") || lines[mostMachines] != "and 2 more" {
		t.Errorf("%q", lines)
	}
}
