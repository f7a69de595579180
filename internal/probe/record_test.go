package probe

import (
	"strings"
	"testing"
)

// sample is a file of samples of two exchanges.
func sample(t *testing.T, stopped string) string {
	var b strings.Builder
	w := NewWriter(&b, &Record{Schema: recordSchema, URL: "http://h/", Address: "127.0.0.1:80", Seed: 7})
	w.Exchange(&Exchange{N: 1, Phase: PhaseFirst, Method: "GET", Path: "/", Status: 200, Header: []Pair{{"set-cookie", "a=1"}, {"X-Node", "s1"}}, Body: "<x> & \u2028"})
	w.Exchange(&Exchange{N: 2, Phase: PhaseOrder, Method: "GET", Path: "/", Error: "timeout"})
	if err := w.Close(stopped); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A file that was cut by a kill keeps what its complete lines say.
func TestReadACutFile(t *testing.T) {
	whole := sample(t, "")
	lines := strings.SplitAfter(whole, "\n")
	for _, test := range []struct {
		name, file string
		exchanges  int
		stopped    bool
	}{
		{"whole", whole, 2, false},
		{"stopped", sample(t, "status 429"), 2, true},
		{"without its end", lines[0] + lines[1] + lines[2], 2, true},
		{"within a line", lines[0] + lines[1] + lines[2][:20], 1, true},
		{"before the first", lines[0], 0, true},
	} {
		r, err := Read(strings.NewReader(test.file))
		if err != nil || len(r.Exchanges) != test.exchanges || (r.Stopped != "") != test.stopped || r.Seed != 7 {
			t.Errorf("%s: %+v, %v", test.name, r, err)
			continue
		}
		Judge(r)
	}
}

func TestReadOtherFiles(t *testing.T) {
	lines := strings.SplitAfter(sample(t, ""), "\n")
	for _, test := range []struct{ name, file, want string }{
		{"empty", "", "line 1: the file is empty"},
		{"a plan", "[target]\n", "line 1: not stickbench.probe-samples/1"},
		{"other JSON", "{}\n", "line 1: not stickbench.probe-samples/1"},
		{"a broken line", lines[0] + "{\n" + lines[1], "line 2: "},
		{"a line that is missing", lines[0] + lines[2], "line 2: exchange 2: want 1"},
	} {
		if _, err := Read(strings.NewReader(test.file)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"schema":"stickbench.probe-samples/1","url":"http://h/"}` + "\n" + `{"n":1,"phase":"order","status":200,"header":[{"name":"Set-Cookie","value":"a=b"}],"home":9}` + "\n")
	f.Fuzz(func(t *testing.T, file string) {
		r, err := Read(strings.NewReader(file))
		if err != nil {
			return
		}
		report := Judge(r)
		if len(report.Verdict) != 3 {
			t.Errorf("verdict %q", report.Verdict)
		}
		report.Plan()
		if err := WriteText(&strings.Builder{}, report, TextOptions{}); err != nil {
			t.Error(err)
		}
	})
}
