package sequence

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	anna  = "s%3AannaXXXXXXXXXXXXXXXXXXXXXXXXXXXX.sigsigsig"
	bert  = "s%3AbertYYYYYYYYYYYYYYYYYYYYYYYYYYYY.sigsigsig"
	attrs = "; Path=/; HttpOnly"
)

// start is when the exchange of that number began.
func start(n int) time.Time { return time.Unix(1_000_000, 0).Add(time.Duration(n) * time.Second) }

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is now\n%s\ninstead of\n%s\nIf the change is meant: go test ./internal/sequence -update", name, got, want)
	}
}

// everything is one exchange of each sort, given in another order than that of their starts.
func everything() *Diagram {
	b := Builder{Title: "one of each; #1", Nodes: []Lifeline{{ID: "s1", Name: "s1"}, {ID: "s2", Name: "s2 (stopped)"}}}
	b.Add(Exchange{
		User: 2, Life: 1, Start: start(3), Method: "GET", Path: "/", Outcome: NoResponse,
		Kind: "timeout", Failure: "no response within 300ms", Seen: []Observation{{Node: "s1", Method: "GET", Path: "/"}},
	})
	b.Add(Exchange{
		User: 1, Life: 1, Start: start(1), Method: "GET", Path: "/?a=<b>;c",
		Status: 200, SetCookie: []string{"NODESESSID=" + anna + attrs, "SERVERID=s1; path=/"},
		Held: "NODESESSID=" + anna + "; SERVERID=s1",
		Seen: []Observation{{
			Node: "s1", Method: "GET", Path: "/?a=<b>;c", Status: 200, Detail: "tag s1, sessionViews 1",
			SetCookie: []string{"NODESESSID=" + anna + attrs},
		}},
	})
	b.Add(Exchange{
		User: 1, Life: 1, Start: start(2), Method: "GET", Path: "/",
		Cookie: "NODESESSID=" + anna + "; SERVERID=s1", Status: 200, Reason: "Fine",
		SetCookie: []string{"NODESESSID=" + bert + attrs, "SERVERID=; Max-Age=0"}, Held: "NODESESSID=" + bert,
		Kind: "assertion", Failure: "session is bertYYYYYYYYYYYYYYYYYYYYYYYYYYYY",
		Seen: []Observation{{
			Node: "s1", Method: "GET", Path: "/", Cookie: "NODESESSID=" + anna, Status: 200,
			SetCookie: []string{"NODESESSID=" + bert + attrs},
		}},
	})
	b.Add(Exchange{User: 1, Life: 2, Start: start(4), Method: "GET", Path: "/", Status: 503, Seen: []Observation{},
		Kind: "status", Failure: "503 Service Unavailable"})
	b.Add(Exchange{User: 2, Life: 1, Start: start(5), Server: "shop:81", Method: "GET", Path: "/", Outcome: Unreached,
		Kind: "connect_refused", Failure: "connection refused: shop:81"})
	b.Add(Exchange{User: 2, Life: 1, Start: start(6), Label: "POST /${token}", Outcome: Unsent,
		Kind: "variable", Failure: "${token} has no value: nothing was sent"})
	b.Add(Exchange{User: 1, Life: 2, Start: start(7), Method: "GET", Path: "/", Status: 200, Node: "s3", Detail: "counter 4"})
	b.Add(Exchange{User: 1, Life: 2, Start: start(8), Method: "GET", Path: "/", Status: 200, Detail: "counter 5"})
	return b.Freeze()
}
