package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stickbench/internal/live"
)

// FuzzRecord reports a foreign folder with any run.json: it is refused, or the report is whole and what it prints is
// what it says to be.
func FuzzRecord(f *testing.F) {
	const (
		plan    = "expect = ['errors == 0', 'drained(\"s1\")', 'during(\"e\").samples >= 0', 'shares_ok']\n[target]\nurl = \"http://127.0.0.1\"\n[session]\nnode = \"json:tag\"\n[[group]]\n[[group.step]]\nrequest = \"GET /\"\n[[event]]\nat = \"1s\"\nname = \"e\"\nhttp = { method = \"GET\", url = \"/\" }\n"
		samples = "timeStamp,elapsed,label,responseCode,threadName,success,\"node\",\"counter\"\n" +
			"1795398094962,61,GET /,200,g 1-1,true,s1,1\n1795398095962,61,GET /,200,g 1-1,true,s2,2\n1795398096962,61,GET /,500,g 1-2,false,,\n"
		event = `{"at_ms":1000,"latest_ms":1500,"text":"set server nodes/s1 state drain","name":"e","node":"s1","state":"drain","ok":true,"phase":true,"weights":{"s1":0,"s2":3}}`
	)
	head := `{"schema":"stickbench.run/1","version":"x","plan":"p","seed":1,"start":"2026-11-22T23:41:34.9Z",`
	for _, rest := range []string{
		`"end":null}`,
		`"end":"2026-11-22T23:41:37Z","requests":{"started":3,"ok":2,"failed":1,"cut":0},"weights":{"s1":1,"s2":2},"algorithm":"roundrobin","placed_all":true,"events":[` + event + `]}`,
		`"end":"2026-11-22T23:41:37Z","requests":{"started":-3,"ok":9223372036854775807},"weights":{"s1":-1,"s2":1e308},"algorithm":"random","names":{"s1":"s2","s2":"s1"},"states":{"s1":"maint"},"events":[` +
			strings.ReplaceAll(event, "1000", "9223372036854775807") + "," + strings.ReplaceAll(event, "1000", "-9223372036854775807") + `],"stopped":"failed"}`,
		`"override":{"Target":"http://127.0.0.1:9","Set":{"a":"b"}},"generator":{"stall_ms":1e300},"arrivals":{"planned":1,"late_p99_ms":-1},"warnings":["\u001b[2J","a\nb"],"results":{"labels":[]}}`,
	} {
		f.Add([]byte(head + rest))
	}
	f.Add([]byte("[[[["))
	dir := f.TempDir()
	for name, content := range map[string]string{planFile: plan, samplesFile: samples} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		if err := os.WriteFile(filepath.Join(dir, recordFile), content, 0o600); err != nil {
			t.Fatal(err)
		}
		for _, format := range []string{"text", "json", "html", "junit"} {
			var out, errs bytes.Buffer
			a := &app{stdin: strings.NewReader(""), stdout: &out, stderr: &errs, notices: live.NewNotices(io.Discard)}
			switch code := a.main([]string{"report", dir, "--format", format}); {
			case code > exitUsage:
				t.Errorf("%s: exit code %d: %s", format, code, &errs)
			case code != exitUsage && out.Len() == 0:
				t.Errorf("%s: nothing was printed", format)
			case code != exitUsage && format == "json" && !json.Valid(out.Bytes()):
				t.Errorf("no JSON: %s", &out)
			case format == "text" && strings.ContainsAny(out.String(), "\x1b\x07"):
				t.Errorf("it speaks to the terminal: %q", &out)
			}
		}
	})
}
