package plans

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"stickbench/loadgen"
)

// TestEncodings sends values that break URLs, forms and JSON if they are put in as they are.
func TestEncodings(t *testing.T) {
	const value = "a b&c=\"d\"\\\n+%ü/?#"
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/first" {
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"v": "a b&c=\"d\"\\\n+%ü/?#"}`)
			return
		}
		if r.Header.Get("Content-Type") == "application/x-www-form-urlencoded" {
			r.Body = io.NopCloser(strings.NewReader(string(body)))
			body = []byte(r.PostFormValue("v"))
		}
		got = append(got, r.URL.Query().Get("v"), string(body))
	}))
	defer server.Close()
	p := read(t, `
[target]
url = "`+server.URL+`"
[[group]]
[[group.step]]
request = "GET /first"
extract = { v = "json:v" }
[[group.step]]
request = "POST /second?x"
query = { v = "ü ${v}" }
json = { v = "ü ${v}", "k\"" = 1 }
[[group.step]]
request = "POST /third?v=ü+${v}"
form = { v = "ü ${v}" }
[[group.step]]
request = "POST /fourth"
body = "ü ${v}"
`, Override{})
	runner, err := loadgen.New(&p.Load, discard{t})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := runner.Run(context.Background(), context.Background()); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"ü " + value, `{"v":"ü a b&c=\"d\"\\\n+%ü/?#","k\"":1}`,
		"ü a b", "ü " + value, // what separates the parts of a URL is left to its author
		"", "ü " + value,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// discard is a sink that wants no failures.
type discard struct{ t *testing.T }

func (d discard) Record(s *loadgen.Sample) error {
	if s.Failed() {
		d.t.Errorf("%s: %s: %s", s.Label, s.Kind, s.Failure)
	}
	return nil
}
func (d discard) Flush() error { return nil }
func (d discard) Close() error { return nil }
