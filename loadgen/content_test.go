package loadgen

import (
	"bytes"
	"cmp"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"stickbench/loadgen/internal/wire"
)

// coded is body in the codings, the first one innermost.
func coded(t testing.TB, body []byte, codings ...string) []byte {
	for _, coding := range codings {
		var b bytes.Buffer
		var w io.WriteCloser
		switch coding {
		case "gzip", "x-gzip":
			w = gzip.NewWriter(&b)
		case "deflate":
			w = zlib.NewWriter(&b)
		case "bare":
			w, _ = flate.NewWriter(&b, 5)
		case "br":
			w = brotli.NewWriter(&b)
		case "zstd":
			w, _ = zstd.NewWriter(&b)
		}
		if _, err := w.Write(body); err != nil {
			t.Fatal(err)
		}
		w.Close()
		body = b.Bytes()
	}
	return body
}

func TestDecode(t *testing.T) {
	const body = `{"tag":"s1","views":1}`
	for _, tt := range []struct {
		field string
		sent  []byte
		want  string
		err   string
	}{
		{"gzip", coded(t, []byte(body), "gzip"), body, ""},
		{"X-GZIP", coded(t, []byte(body), "gzip"), body, ""},
		{"deflate", coded(t, []byte(body), "deflate"), body, ""},
		{"deflate", coded(t, []byte(body), "bare"), body, ""},
		{"br", coded(t, []byte(body), "br"), body, ""},
		{"zstd", coded(t, []byte(body), "zstd"), body, ""},
		{"gzip, br", coded(t, []byte(body), "gzip", "br"), body, ""},
		{"deflate,identity,zstd,gzip", coded(t, []byte(body), "deflate", "zstd", "gzip"), body, ""},
		{"identity", []byte(body), body, ""},
		{"gzip", []byte(body), "", "the body is not what Content-Encoding: gzip says"},
		{"deflate", []byte("{"), "", "the body is not what Content-Encoding: deflate says"},
		{"br", []byte(body), "", "the body is not what Content-Encoding: br says"},
		{"zstd", []byte(body), "", "the body is not what Content-Encoding: zstd says"},
		{"lzma", []byte(body), "", `unknown content coding "lzma"`},
		{"gzip, gzip, gzip, gzip, gzip", []byte(body), "", "more than 4 content codings"},
		{"gzip", coded(t, bytes.Repeat([]byte("x"), 1<<20), "gzip")[:100], "x", "the body is not what Content-Encoding: gzip says"},
	} {
		for range 2 { // with decoders that are new, and that were used
			got, err := decode(nil, tt.sent, tt.field)
			if fmt.Sprint(err) != cmp.Or(tt.err, "<nil>") || tt.err == "" && string(got) != tt.want || tt.want == "x" && !strings.HasPrefix(string(got), "x") {
				t.Errorf("%s: %.40q, %v", tt.field, got, err)
			}
		}
	}
}

// A body is judged as what it decodes to, and counted as what went over the wire; nothing is asked for by itself.
func TestCodedBodies(t *testing.T) {
	body := []byte(`{"tag":"s1","sessionViews":1,"id":"0123456789"}` + strings.Repeat(" ", 5000))
	asked := ""
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked += r.Header.Get("Accept-Encoding") + "|"
		w.Header().Set("Content-Encoding", r.URL.Path[1:])
		w.Write(coded(t, body, r.URL.Path[1:]))
	}))
	defer srv.Close()
	for _, http2 := range []bool{false, true} {
		target := srv.URL
		if http2 {
			target = both(t, srv.Config.Handler, false).URL
		}
		plain := get(t, "/gzip", `json("tag") == "s1"`)
		own := get(t, "/br", "bytes < 1000", "len(body) > 5000", `header("Content-Encoding") == "br"`)
		own.Request.Header = []Field{{"Accept-Encoding", template(t, "br")}}
		samples, account := runPlan(t, &Plan{Target: target, HTTP2: http2, Session: sessionWords(t), Groups: []Group{{Name: "g", Users: 1, Iterations: 2, Steps: []Step{plain, own, get(t, "/zstd")}}}})
		onlyGood(t, samples)
		for _, s := range samples {
			if s.Node != "s1" || s.Counter != 1 || s.Received > 1000 {
				t.Errorf("%+v", s)
			}
		}
		if len(account.Warnings) != 0 {
			t.Errorf("warnings %q", account.Warnings)
		}
	}
	if asked != strings.Repeat("|br||", 4) {
		t.Errorf("asked for %s", asked)
	}
}

// Bodies that nothing looks at take no memory.
func TestBodiesThatNobodyReads(t *testing.T) {
	large := bytes.Repeat([]byte("x"), 3<<20)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write(large) }))
	defer srv.Close()
	set := func(value string) Step { return Step{Set: []Assignment{{"v", template(t, value)}}} }
	for _, tt := range []struct {
		name    string
		session Session
		steps   []Step
		kept    bool
	}{
		{"nothing", Session{}, []Step{get(t, "/", "status == 200", "bytes > 3000000", `header("Date") != ""`)}, false},
		{"headers and cookies", Session{Node: extractor(t, "header:X"), ID: extractor(t, "cookie:a")}, []Step{get(t, "/")}, false},
		{"session", Session{Node: extractor(t, "json:a")}, []Step{get(t, "/")}, true},
		{"assertion", Session{}, []Step{get(t, "/", `body contains "x"`)}, true},
		{"when", Session{}, []Step{get(t, "/"), {When: condition(t, `json("a") == 1`), Mark: "m"}}, true},
		{"value", Session{}, []Step{get(t, "/"), set(`${body}`)}, true},
		{"another value", Session{}, []Step{get(t, "/"), set(`${status}`)}, false},
	} {
		u := readyUserOnce(t, one(srv.URL, 1, tt.session, tt.steps...))
		if kept := cap(u.response.Body) > 1<<20; kept != tt.kept {
			t.Errorf("%s: kept %v, %d bytes", tt.name, kept, cap(u.response.Body))
		}
		if n := u.sample.Received; tt.steps[len(tt.steps)-1].Request != nil && n < 3<<20 {
			t.Errorf("%s: %d bytes received", tt.name, n)
		}
	}
}

func readyUserOnce(t *testing.T, plan *Plan) *user {
	plan.Timeout = 10_000_000_000
	r, err := New(plan, &memory{})
	if err != nil {
		t.Fatal(err)
	}
	u := r.groups[0].users[0]
	if _, err := r.Run(t.Context(), t.Context()); err != nil {
		t.Fatal(err)
	}
	return u
}

// FuzzDecode: whatever comes as a coded body is decoded or refused, within the limit.
func FuzzDecode(f *testing.F) {
	for _, coding := range []string{"gzip", "deflate", "br", "zstd"} {
		f.Add(coded(f, []byte(`{"a":1}`), coding), coding)
	}
	f.Add([]byte("x"), "gzip, identity,,br")
	f.Fuzz(func(t *testing.T, body []byte, codings string) {
		got, _ := decode(nil, body, codings)
		if len(got) > wire.MaxBody {
			t.Errorf("%d bytes", len(got))
		}
	})
}
