package lab

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// observations are what nodes told of requests, health checks left out.
type observations struct {
	mu  sync.Mutex
	all []NodeExchange
}

func (o *observations) take(n NodeExchange) {
	if n.Method == http.MethodHead {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all = append(o.all, n)
}

func TestObserve(t *testing.T) {
	var o observations
	l, err := Start(context.Background(), Config{
		Sticky: "cookie SERVERID insert indirect nocache", Nodes: []Node{{Tag: "s1"}}, Observe: o.take,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r, _ := http.NewRequest("GET", l.URL()+"/?a=1", nil)
	r.Header.Set("Cookie", "SERVERID=s1; other=1")
	before := time.Now()
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if err := l.Close(); err != nil { // and now all was told
		t.Fatal(err)
	}
	if len(o.all) != 1 {
		t.Fatalf("%d exchanges", len(o.all))
	}
	n := o.all[0]
	if n.Node != "s1" || n.Method != "GET" || n.URI != "/?a=1" || n.Status != 200 || n.Arrived.Before(before) {
		t.Errorf("%+v", n)
	}
	if got := n.Header["Cookie"]; !slices.Equal(got, []string{"other=1"}) {
		t.Errorf("the node got the cookies %q: the balancer takes its own out", got)
	}
	if len(n.SetCookie) != 1 || !strings.HasPrefix(n.SetCookie[0], "NODESESSID=s%3A") {
		t.Errorf("the node set %q", n.SetCookie)
	}
	if !strings.Contains(string(n.Body), `"sessionViews":1`) {
		t.Errorf("body %s", n.Body)
	}
}

// A node that dies over a request has received it all the same.
func TestObserveANodeThatDies(t *testing.T) {
	var o observations
	dying := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	srv := httptest.NewServer(observed("s1", dying, o.take))
	defer srv.Close()
	res, err := http.Post(srv.URL, "text/plain", strings.NewReader("not sent again"))
	if err == nil {
		res.Body.Close()
		t.Error("it had a response")
	}
	srv.Close()
	if len(o.all) != 1 || o.all[0].Node != "s1" || o.all[0].Status != 0 || o.all[0].Body != nil {
		t.Errorf("%+v", o.all)
	}
}

func TestNobodyObserves(t *testing.T) {
	h := http.NewServeMux()
	if observed("s1", h, nil) != http.Handler(h) {
		t.Error("a node that nobody observes pays for it")
	}
}
