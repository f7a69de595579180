package jtl

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stickbench/loadgen"
)

// append writes samples to the file as one run.
func appendTo(t *testing.T, name string, o FileOptions, samples ...loadgen.Sample) {
	t.Helper()
	f, err := OpenFile(name, o)
	if err != nil {
		t.Fatal(err)
	}
	for i := range samples {
		if err := f.Record(&samples[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A file that holds samples is continued: no second header, and XML stays one document.
func TestFilesAreContinued(t *testing.T) {
	failed := usual()
	failed.Kind, failed.Failure, failed.Label = loadgen.KindAssertion, `status == 200: 500 <&>`, "a,\n\"b\""
	mark := loadgen.Sample{Start: usual().Start, Fine: true, Label: "S1 reached", Thread: "Thread Group 1-1", User: 1, Iteration: 3,
		ActiveGroup: 2, ActiveAll: 2, Status: 200, Reason: "OK", DataType: "text", Mark: true, Node: "s1", Session: "1f2e3d4c5b6a7988", Life: 1}
	for form, o := range map[string]FileOptions{"csv": {}, "xml": {XML: true}} {
		name := filepath.Join(t.TempDir(), "out.jtl")
		appendTo(t, name, o, usual(), failed)
		appendTo(t, name, o)
		appendTo(t, name, o, mark)
		text := content(t, name)
		if n := strings.Count(text, "timeStamp") + strings.Count(text, "</testResults>"); n != 1 {
			t.Errorf("%s: %d beginnings or ends\n%s", form, n, text)
		}
		got, _, err := readAll(strings.NewReader(text))
		if err != nil {
			t.Fatalf("%s: %v\n%s", form, err, text)
		}
		var want []loadgen.Sample
		for _, s := range []loadgen.Sample{usual(), failed, mark} {
			s.Start = s.StartMillis() * 1000
			want = append(want, s)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s\n%s", form, diff, text)
		}
	}
}

// The user may choose columns, and a file with other columns goes on with those.
func TestChosenColumns(t *testing.T) {
	name := filepath.Join(t.TempDir(), "out.jtl")
	appendTo(t, name, FileOptions{Columns: []string{"success", "label", "timeStamp", "node"}}, usual())
	appendTo(t, name, FileOptions{}, usual())
	const want = "timeStamp,label,success,\"node\"\n1795398094962,GET /,true,s1\n1795398094962,GET /,true,s1\n"
	if diff := cmp.Diff(want, content(t, name)); diff != "" {
		t.Error(diff)
	}
	name = filepath.Join(t.TempDir(), "jmeter.jtl")
	appendTo(t, name, FileOptions{Columns: JMeterColumns}, usual())
	if got, want := content(t, name), strings.Join(JMeterColumns, ",")+"\n1795398094962,61,GET /,200,OK,Thread Group 1-1,text,true,,566,120,2,2,http://127.0.0.1:8080/,61,0,0\n"; got != want {
		t.Error(cmp.Diff(want, got))
	}
}

// What cannot be continued, and names that are no columns, are told before anything is written.
func TestFilesThatCannotBeContinued(t *testing.T) {
	for _, c := range []struct {
		content string
		o       FileOptions
		want    string
	}{
		{"hello\n", FileOptions{}, "cannot be continued"},
		{"1795398094962,61,GET /,200,OK,Thread Group 1-1,text,true,566,1,1,61\n", FileOptions{}, "cannot be continued"},
		{"hello\n", FileOptions{XML: true}, "cannot be continued"},
		{"", FileOptions{Columns: []string{"elapsd"}}, `unknown column "elapsd"`},
	} {
		name := filepath.Join(t.TempDir(), "out.jtl")
		if err := os.WriteFile(name, []byte(c.content), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenFile(name, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.content, err, c.want)
		}
		if got := content(t, name); got != c.content {
			t.Errorf("%q became %q", c.content, got)
		}
	}
}

// A system lets files be removed that are being written, and a run whose samples are gone would end as if all were well.
func TestRemovedFile(t *testing.T) {
	for name, replace := range map[string]bool{"gone.jtl": false, "other.jtl": true} {
		name := filepath.Join(t.TempDir(), name)
		f, err := OpenFile(name, FileOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if os.Remove(name) != nil {
			t.Skip("this system keeps files that are open")
		}
		if replace {
			appendTo(t, name, FileOptions{}, usual())
		}
		if err := f.Close(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v", err)
		}
	}
}
