package loadgen

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

// Texts of targets and of other tools' files stand in everything that is written of a run: a reason of 60 KB with
// each response made a run.json of 60 MB, and one of another encoding a samples.jtl that is not UTF-8.
func TestBound(t *testing.T) {
	long := strings.Repeat("n", 60_000)
	s := Sample{Label: "l" + long, Thread: "t" + long, Session: long, Node: "1" + long, Reason: "gr\xfc\xdfe", Failure: "f" + strings.Repeat("ä", 5000), URL: "http://a/" + long, DataType: long}
	s.Bound()
	for _, text := range []struct {
		name, got string
		most      int
		start     string
	}{
		{"label", s.Label, maxName, "lnnn"}, {"thread", s.Thread, maxName, "tnnn"}, {"session", s.Session, maxName, "nnn"}, {"node", s.Node, maxNode, "1nnn"},
		{"reason", s.Reason, maxText, `gr\xfc\xdfe`}, {"failure", s.Failure, maxText, "fäää"}, {"URL", s.URL, maxText, "http://a/nnn"}, {"type", s.DataType, maxName, "nnn"},
	} {
		if len(text.got) > text.most || len(text.got) < len(text.start) || !utf8.ValidString(text.got) || !strings.HasPrefix(text.got, text.start) {
			t.Errorf("%s: %d bytes, %.100q", text.name, len(text.got), text.got)
		}
	}
	again := s
	if again.Bound(); again != s {
		t.Errorf("cut once more: %+v", again)
	}
	a, b := Sample{Node: long + "1"}, Sample{Node: long + "2"}
	a.Bound()
	b.Bound()
	if a.Node == b.Node {
		t.Errorf("two nodes have become one: %s", a.Node)
	}
	whole := Sample{Label: "GET /größe", Node: "10.0.0.1:80", Reason: "OK"}
	if got := whole; got != whole || testing.AllocsPerRun(100, got.Bound) != 0 || got != whole {
		t.Errorf("%+v", got)
	}
}

func FuzzBound(f *testing.F) {
	f.Add("a", 20, true)
	f.Add(strings.Repeat("\xff", 30), 25, false)
	f.Fuzz(func(t *testing.T, s string, most int, digest bool) {
		most = 20 + most&0x3ff
		got := bounded(s, most, digest)
		if !utf8.ValidString(got) || len(got) > most {
			t.Fatalf("%q of at most %d bytes: %q", s, most, got)
		}
		if len(s) <= most && utf8.ValidString(s) && got != s {
			t.Fatalf("%q has become %q", s, got)
		}
	})
}

// What a sample says is bounded when it is recorded.
func TestRecordedTextsAreBounded(t *testing.T) {
	o := served(t, func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			if _, err := http.ReadRequest(r); err != nil {
				return
			}
			fmt.Fprintf(c, "HTTP/1.1 500 gr\xfc\xdfe %s\r\nX-Node: kn\xf6ten-%s\r\nContent-Length: 0\r\n\r\n", strings.Repeat("r", 20_000), strings.Repeat("n", 20_000))
		}
	})
	node, err := ParseExtractor("header:X-Node")
	if err != nil {
		t.Fatal(err)
	}
	samples, _ := runPlan(t, one("http://"+o, 2, Session{Node: node}, get(t, "/")))
	for _, s := range samples {
		if !strings.HasPrefix(s.Reason, `gr\xfc\xdfe rrr`) || len(s.Reason) > maxText || !strings.HasPrefix(s.Node, `kn\xf6ten-nnn`) || len(s.Node) > maxNode || !utf8.ValidString(s.Failure) {
			t.Errorf("reason %.50s…, node %.50s…, failure %.50s…", s.Reason, s.Node, s.Failure)
		}
	}
}
