package jtl

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stickbench/loadgen"
)

// TestJTLOfArrivals: how late an arrival began is half of its response time, and must outlive the run.
func TestJTLOfArrivals(t *testing.T) {
	prompt, late, later := usual(), usual(), usual()
	prompt.Arrival = true
	late.Arrival, late.Late = true, 1234567*time.Microsecond
	want := []loadgen.Sample{prompt, late, later}
	var b bytes.Buffer
	w := NewWriter(&b).WithLate()
	for i := range want {
		if err := w.Write(&want[i]); err != nil {
			t.Fatal(err)
		}
		want[i].Start -= want[i].Start % 1000
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(b.String(), "\n")
	if len(lines) != 5 || !strings.HasSuffix(lines[0], `"kind","late_us"`+"\n") || !strings.HasSuffix(lines[2], ",null,1234567\n") {
		t.Fatalf("%q", lines)
	}
	for name, file := range map[string]string{"with its header": b.String(), "without": strings.Join(lines[1:], "")} {
		got, _, err := readAll(strings.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for n := len(lines[0]) + 1; n < b.Len(); n++ {
		got, info, err := readAll(bytes.NewReader(b.Bytes()[:n]))
		if whole := bytes.Count(b.Bytes()[:n], []byte("\n")) - 1; err != nil || len(got) != whole || (info.Incomplete == 1) != (b.Bytes()[n-1] != '\n') {
			t.Fatalf("cut at %d: %d samples of %d, %+v, %v", n, len(got), whole, info, err)
		}
	}
}
